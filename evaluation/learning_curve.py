"""Learning curve: the readout is also trained on nested parts of the training sequences.

States are computed once, and inputs are scaled by the whole training part. Only the readout and the selection of its
penalty use fewer sequences.
"""

from __future__ import annotations

import numpy as np

from millpond.evaluation.folds import Fold
from millpond.reservoir import Question

SHARES = (1 / 8, 1 / 4, 1 / 2)
"""Shares of the training sequences; the full set is always evaluated."""

Part = tuple[float, np.ndarray]
"""A share, and the indices into ``fold.train`` of its sequences."""


def parts(fold: Fold, question: Question, seed: int) -> list[Part]:
    """Return nested parts of the training sequences of a fold, the same for every model.

    Each part is stratified by validation group and, if sequences have a single answer, by answer. A part with fewer
    than two groups (too few to select a penalty) or with only one answer is omitted.
    """
    asked = question.of(fold.train)
    n = len(fold.train)
    named = question.score == "accuracy" and (asked.counts == 1).all()
    answer = np.unique(np.concatenate(asked.answers), return_inverse=True)[1] if named else np.zeros(n, int)
    group = np.unique(fold.validation, return_inverse=True)[1]
    _, stratum = np.unique(np.column_stack([group, answer]), axis=0, return_inverse=True)
    rng = np.random.default_rng([21, seed])
    shuffled, place = rng.permutation(n), np.empty(n)
    for k in range(stratum.max() + 1):
        members = shuffled[stratum[shuffled] == k]
        place[members] = (np.arange(len(members)) + rng.random()) / len(members)
    order = np.argsort(place, kind="stable")
    found = [(share, np.sort(order[: size(share, n)])) for share in SHARES]
    return [(share, part) for share, part in found if _can_be_learned(asked.of(part), group[part])]


def size(share: float, n_train: int) -> int:
    """Return the number of sequences of a share of `n_train`."""
    return max(1, round(share * n_train))


def _can_be_learned(asked: Question, groups: np.ndarray) -> bool:
    answers = np.concatenate(asked.answers)
    return len(np.unique(groups)) > 1 and (asked.score != "accuracy" or len(np.unique(answers)) > 1)
