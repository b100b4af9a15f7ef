"""Spoken digits as a task: the names `scenarios.tasks` asks for."""

from __future__ import annotations

import numpy as np

from reservoir import Sequences
from scenarios.digits.corpus import Corpus
from scenarios.digits.frontends import FRONTENDS, compute_all
from scenarios.digits.loading import CORPORA, load
from scenarios.digits.recipes import Recipe, recipe
from scenarios.digits.splits import KINDS, folds

__all__ = ["CORPORA", "FRONT_ENDS", "SPLITS", "Recipe", "folds", "load", "recipe", "represent"]

SPLITS = KINDS
FRONT_ENDS = tuple(FRONTENDS)


def represent(spoken: Corpus, front_end: str) -> tuple[Sequences, np.ndarray | None]:
    """Return the corpus behind a front end, and the weights its channels take after scaling."""
    return compute_all(spoken, front_end), FRONTENDS[front_end].weights
