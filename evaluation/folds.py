"""One way to part a set of sequences into what trains and what tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Fold:
    """One division.

    Parameters
    ----------
    name : str
        What to call it in tables: the speaker or speakers left out, or the block.
    train, test : ndarray of int
        Indices of the sequences; none is in both.
    validation : ndarray (n_train,)
        A group for each training sequence. To choose a penalty, leave out one group after the other: that
        repeats inside the training part what the test does outside.
    """

    name: str
    train: np.ndarray
    test: np.ndarray
    validation: np.ndarray


def in_turn(n_sequences: int, n_folds: int) -> list[Fold]:
    """Deal sequences out to `n_folds` parts and leave each out in turn; the other parts are the validation groups."""
    part = np.arange(n_sequences) % n_folds
    trains = [np.flatnonzero(part != k) for k in range(n_folds)]
    return [Fold(f"part {k}", train, np.flatnonzero(part == k), part[train]) for k, train in enumerate(trains)]
