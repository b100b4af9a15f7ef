"""Spoken digits: corpora, front ends, splits."""

from millpond.scenarios.speech.corpus import Corpus
from millpond.scenarios.speech.loading import CORPORA, load
from millpond.scenarios.speech.splits import KINDS, folds

__all__ = ["CORPORA", "KINDS", "Corpus", "folds", "load"]
