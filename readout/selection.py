"""Choosing a ridge penalty on rows that the fit has not seen."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from millpond.readout.left_out import left_out_groups, left_out_rows
from millpond.readout.moments import Moments
from millpond.readout.rows import Rows, blocks
from millpond.readout.solve import Problem
from millpond.reservoir import checks

RELATIVE_PENALTIES = 10.0 ** np.arange(-10, 3)
"""The grid tried where none is given, in units of the mean diagonal of the Gram matrix."""

_MAX_FOLDS = 10

Loss = Callable[[np.ndarray, np.ndarray, np.ndarray | None], np.ndarray]
"""Sums a loss over predictions (n_penalties, k, n_outputs) of y (k, n_outputs) with weights (k,) or None:
(n_penalties, n_criteria)."""


def squared_error(predicted: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Return the sum of squared errors for each penalty."""
    squares = (predicted - y) ** 2
    return (squares if weight is None else squares * weight[:, None]).sum((1, 2))[:, None]


def error_count(predicted: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Return the number of wrong classes for each penalty and, to settle ties, the squared error."""
    wrong = predicted.argmax(2) != y.argmax(1)
    count = wrong.sum(1) if weight is None else wrong @ weight
    return np.column_stack([count, squared_error(predicted, y, weight)])


def folds_of(rows: Rows, groups: Any, washout: int) -> np.ndarray | None:
    """Return the validation fold of each sequence (of each row in a table), or None: every row by itself.

    Sequences without groups are a group each; a single one is left out row by row. More than ten groups
    share ten folds, in turn.
    """
    if rows.is_table:
        return None if groups is None else _folds(len(rows[0]), groups, washout)
    return folds_of_sequences(len(rows), groups)


def folds_of_sequences(n: int, groups: Any) -> np.ndarray | None:
    """Return the validation fold of each of `n` sequences, as `folds_of`."""
    return None if groups is None and n == 1 else _folds(n, np.arange(n) if groups is None else groups, 0)


def _folds(n: int, groups: Any, skipped: int) -> np.ndarray:
    found, member = np.unique(checks.per_sequence("groups", groups, n)[skipped:], return_inverse=True)
    if len(found) < 2:
        raise checks.InputError(
            "a list of penalties needs held-out groups, but there is only one group; give more groups, or one penalty"
        )
    return np.concatenate([np.zeros(skipped, int), member % _MAX_FOLDS])


def gather(
    rows: Rows, targets: Any, n_outputs: int, washout: int, fold_of: np.ndarray | None,
    n_folds: int | None = None, shift: np.ndarray | None = None,
) -> list[Moments]:  # fmt: skip
    """Return the moments of each fold about one shift (the mean of the first rows), or of all rows together."""
    n_folds = (1 if fold_of is None else max(fold_of) + 1) if n_folds is None else n_folds
    parts: list[Moments] = []
    for x, y, owner, weight in blocks(rows, targets, washout):
        if not parts:
            shift = x.mean(0) if shift is None else shift
            parts = [Moments(rows.n_columns, n_outputs, shift, eps=rows.eps) for _ in range(n_folds)]
        if fold_of is None:
            parts[0].add(x, y, weight)
            continue
        member = fold_of[owner]
        for fold in np.unique(member):
            own = member == fold
            parts[fold].add(x[own], y[own], None if weight is None else weight[own])
    return parts


def merged(parts: list[Moments]) -> Moments:
    """Return the moments of all parts together."""
    total = parts[0]
    for part in parts[1:]:
        total = total.merge(part)
    return total


def losses(
    problem: Problem, all_rows: Moments, parts: list[Moments], by_row: bool, penalties: np.ndarray,
    standardize: bool, loss: Loss, judge: Callable[[Any], np.ndarray],
) -> np.ndarray:  # fmt: skip
    """Return the loss (n_penalties, n_criteria) over all rows, each predicted without its fold.

    Fewer rows than columns: exact from the one eigendecomposition of all rows. Otherwise single rows come
    exactly from one eigendecomposition and a second pass over the rows; folds take one each, of the Gram
    matrices of the others. `judge` makes that pass: `judged`, of what it is given here.
    """
    if problem.Y is not None:
        problem.decompose()
        sizes = [1] * problem.moments.n if by_row else [p.n for p in parts]
        edges = np.concatenate([[0], np.cumsum(sizes)])
        groups = [np.arange(a, b) for a, b in pairwise(edges) if b > a]
        y = problem.Y / problem.root[:, None] + problem.target_mean
        weight = None if (problem.root == 1).all() else problem.root**2
        return loss(y - left_out_groups(problem, groups, penalties), y, weight)
    if by_row:
        problem.decompose()
        return judge(problem)
    paths = []
    for part in parts:
        others = Problem(all_rows.without(part), standardize)
        others.decompose()
        paths.append(others.path(penalties))
    return judge(paths)


def judged(
    candidates: Any, rows: Rows, targets: Any, washout: int, fold_of: np.ndarray | None, penalties: np.ndarray,
    loss: Loss,
) -> np.ndarray:  # fmt: skip
    """Return the loss (n_penalties, n_criteria) over rows that were left out.

    `candidates` are the weights and intercepts fitted without each fold, or where every row is one by itself the
    decomposed problem.
    """
    total = np.zeros(1)
    for x, y, owner, weight in blocks(rows, targets, washout):
        if fold_of is None:
            total = total + loss(y - left_out_rows(candidates, x, y, penalties, weight), y, weight)
            continue
        member = fold_of[owner]
        for fold in np.unique(member):
            (W, b), own = candidates[fold], member == fold
            total = total + loss(np.matmul(x[own], W) + b[:, None], y[own], None if weight is None else weight[own])
    return total


def best(found: np.ndarray) -> int:
    """Return the index of the smallest loss; later criteria settle ties of the earlier ones."""
    return int(np.lexsort(found.T[::-1])[0])
