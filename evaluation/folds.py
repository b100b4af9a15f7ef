"""Division of a set of sequences into training and test parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Fold:
    """One division into training and test part.

    Parameters
    ----------
    name : str
        Name in tables: the held-out speaker or speakers, or the block.
    train, test : ndarray of int
        Disjoint indices of the sequences.
    validation : ndarray (n_train,)
        A group for each training sequence. Penalties are cross-validated over these groups, which repeats the
        test procedure within the training part.
    """

    name: str
    train: np.ndarray
    test: np.ndarray
    validation: np.ndarray


def by_class(labels: np.ndarray, n_groups: int) -> np.ndarray:
    """Return a group for each sequence, so that the groups have equal shares of each class."""
    groups = np.empty(len(labels), int)
    groups[np.argsort(labels, kind="stable")] = np.arange(len(labels)) % n_groups
    return groups


def in_turn(n_sequences: int, n_folds: int) -> list[Fold]:
    """Divide sequences into `n_folds` folds for cross-validation; the other parts are the validation groups."""
    part = np.arange(n_sequences) % n_folds
    trains = [np.flatnonzero(part != k) for k in range(n_folds)]
    return [Fold(f"part {k}", train, np.flatnonzero(part == k), part[train]) for k, train in enumerate(trains)]
