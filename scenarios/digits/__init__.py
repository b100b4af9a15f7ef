"""Spoken digits: corpora, front ends, splits."""

from scenarios.digits.corpus import CORPORA, Corpus, load
from scenarios.digits.splits import KINDS, folds

__all__ = ["CORPORA", "KINDS", "Corpus", "folds", "load"]
