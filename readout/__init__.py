"""What is trained on states: linear readouts and pooling."""

from readout.logistic import Logistic
from readout.pool import Pool
from readout.ridge import Ridge, RidgeClassifier
from readout.rows import concat

__all__ = ["Logistic", "Pool", "Ridge", "RidgeClassifier", "concat"]
