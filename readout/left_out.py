"""Errors of rows that were left out of a ridge fit, for all penalties from one decomposition.

Where a penalty is lost in rounding (`Problem.rounding`), the formulas would divide 0 by 0; the errors are those of
the solution of least norm without the rows.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh

from millpond.readout.limit import factor_of_inverse
from millpond.readout.solve import Problem

_ALONE = 1e-8  # one minus the leverage of a row that alone decides a weight
_NULL = 1e-9  # squared length below which a row has no part in the null space of the others


def left_out_rows(
    problem: Problem, x: np.ndarray, y: np.ndarray, penalties: np.ndarray, weight: np.ndarray | None = None
) -> np.ndarray:
    """Return the errors (n_penalties, k, n_outputs) at rows x, each predicted by a fit without it.

    With Q the rows in the eigenbasis, h = 1/n + sum_j Q_j^2 / (w_j + penalty) is a row's leverage, and its
    left-out error is its error divided by 1 - h (Allen 1974, doi:10.1080/00401706.1974.10489157).
    """
    scaled = (x - problem.mean) / problem.scale
    target = y - problem.target_mean
    Q = scaled @ problem.vectors
    errors = np.empty((len(penalties), *target.shape))
    times = 1.0 if weight is None else weight[:, None]
    weak = penalties <= problem.rounding
    inverse = 1 / (problem.values + np.where(weak, np.inf, penalties)[:, None])
    leverages = times * (1 / problem.weight + (Q * Q) @ inverse.T)
    for k, penalty in enumerate(penalties):
        if not weak[k]:
            residual = target - Q @ (inverse[k][:, None] * problem.rotated)
            errors[k] = residual / np.maximum(1 - leverages[:, k], 1e-12)[:, None]
            continue
        F = factor_of_inverse(problem.matrix, penalty, problem.moments.n)
        G = scaled @ F
        rest = 1 - (times * (1 / problem.weight + (G * G).sum(1, keepdims=True)))[:, 0]
        errors[k] = (target - G @ (F.T @ problem.right)) / np.maximum(rest, _ALONE)[:, None]
        for i in np.flatnonzero(rest <= _ALONE):
            one = slice(i, i + 1)
            W, b = problem.without(x[one], y[one], None if weight is None else weight[one]).solve(penalty)
            errors[k, i] = y[i] - x[i] @ W - b
    return errors


def left_out_groups(problem: Problem, groups: list[np.ndarray], penalties: np.ndarray) -> np.ndarray:
    """Return the errors (n_penalties, n, n_outputs) at each group of rows, predicted by a fit without it.

    For a problem that keeps its rows. M = I - 11'/n - Z (Z'Z + penalty)^-1 Z' gives the errors M Y of the
    fit to all; those without group g are the solution e of M_gg e = (M Y)_g, the identity of
    `left_out_rows` for more rows than one. Mean and scale of the columns are those of all rows given.
    """
    assert problem.Y is not None
    errors = np.empty((len(penalties), *problem.Y.shape))
    single = all(len(g) == 1 for g in groups)
    for k, penalty in enumerate(penalties):
        if penalty <= problem.rounding:
            errors[k] = _without_penalty(problem, groups)
            continue
        kept = penalty / (problem.values + penalty)
        residual = problem.vectors @ (kept[:, None] * problem.rotated)
        if single:
            diagonal = (problem.vectors**2) @ kept
            errors[k] = residual / np.where(diagonal > 0, diagonal, np.inf)[:, None]
            continue
        for g in groups:
            V = problem.vectors[g] * np.sqrt(kept)
            errors[k, g] = _solve_symmetric(V @ V.T, residual[g])
    return errors / problem.root[:, None]


def _without_penalty(problem: Problem, groups: list[np.ndarray]) -> np.ndarray:
    """Return the errors (n, n_outputs) as the penalty goes to 0.

    There M = P + penalty K with the projection P on the null space of Z' and the pseudo-inverse K of Z Z'. In the
    directions of a group that P sees, the equation is P_gg e = (P Y)_g; in the others P vanishes on both sides, and
    it is K_gg e = (K Y)_g.
    """
    null = problem.values <= problem.rounding
    P = problem.vectors[:, null]
    K = problem.vectors / np.sqrt(np.where(null, np.inf, problem.values))
    PY = P @ problem.rotated[null]
    KY = K @ (K.T @ problem.right)
    errors = np.empty_like(KY)
    for g in groups:
        seen, U = eigh(P[g] @ P[g].T)
        seen_by_P, other = U[:, seen > _NULL], U[:, seen <= _NULL]
        e = seen_by_P @ ((seen_by_P.T @ PY[g]) / seen[seen > _NULL, None])
        Kg = K[g].T @ other
        e += other @ _solve_symmetric(Kg.T @ Kg, other.T @ KY[g] - Kg.T @ (K[g].T @ e))
        errors[g] = e
    return errors


def _solve_symmetric(M: np.ndarray, right: np.ndarray) -> np.ndarray:
    try:
        return np.asarray(cho_solve(cho_factor(M, check_finite=False), right, check_finite=False))
    except LinAlgError:
        return np.asarray(np.linalg.lstsq(M, right, rcond=None)[0])
