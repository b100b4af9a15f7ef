"""How a score grows with the number of training sequences: nested parts of them, on which the readout is trained too.

States are computed once, and inputs stay scaled by the whole training part: what sees fewer sequences is the readout
and the choice of its penalty.
"""

from __future__ import annotations

import numpy as np

from millpond.evaluation.folds import Fold
from millpond.reservoir import Question

SHARES = (1 / 8, 1 / 4, 1 / 2)
"""Parts of the training sequences; all of them are trained on anyway."""

Part = tuple[float, np.ndarray]
"""A share, and the places within ``fold.train`` of the sequences that make it up."""


def parts(fold: Fold, question: Question, seed: int) -> list[Part]:
    """Return nested parts of the training sequences of a fold, alike for every model.

    Each holds its share of every validation group and, where a sequence has one answer, of every answer, as far as
    whole sequences can. A part of fewer than two groups (no penalty can be chosen in it) or of one answer alone
    is left out.
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
    """Return how many of `n_train` sequences a share is."""
    return max(1, round(share * n_train))


def _can_be_learned(asked: Question, groups: np.ndarray) -> bool:
    answers = np.concatenate(asked.answers)
    return len(np.unique(groups)) > 1 and (asked.score != "accuracy" or len(np.unique(answers)) > 1)
