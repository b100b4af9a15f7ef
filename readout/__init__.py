"""Models that are trained on states: linear readouts and pooling."""

from millpond.readout.logistic import Logistic
from millpond.readout.online import LMS, RLS
from millpond.readout.pool import Pool
from millpond.readout.ridge import Ridge, RidgeClassifier
from millpond.readout.rows import concat

__all__ = ["Logistic", "LMS", "Pool", "Ridge", "RidgeClassifier", "RLS", "concat"]
