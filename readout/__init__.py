"""What is trained on states: linear readouts and pooling."""

from readout.logistic import Logistic
from readout.online import LMS, RLS
from readout.pool import Pool
from readout.ridge import Ridge, RidgeClassifier
from readout.rows import concat

__all__ = ["Logistic", "LMS", "Pool", "Ridge", "RidgeClassifier", "RLS", "concat"]
