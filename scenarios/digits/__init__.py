"""Spoken digits: corpora, front ends, splits."""

from scenarios.digits.corpus import Corpus
from scenarios.digits.loading import CORPORA, load
from scenarios.digits.splits import KINDS, folds

__all__ = ["CORPORA", "KINDS", "Corpus", "folds", "load"]
