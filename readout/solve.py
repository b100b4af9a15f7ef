r"""Ridge regression from moments: one penalty by Cholesky, all of them by one eigendecomposition.

Minimised is the sum over rows of :math:`|y - W x - b|^2` plus penalty times :math:`|W|^2`; the intercept
b is free. With rows and targets about their means, Z and Y,

.. math:: W^T = (Z^T Z + \lambda)^{-1} Z^T Y = Z^T (Z Z^T + \lambda)^{-1} Y

(Hoerl and Kennard 1970, doi:10.1080/00401706.1970.10488634); the second form serves where there are
fewer rows than columns.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh

from readout.moments import Moments
from reservoir.checks import InputError


class Problem:
    """A ridge problem ready to be solved for any penalty.

    Parameters
    ----------
    moments : Moments
    standardize : bool
        Divide each column by its standard deviation first; solutions are given for the columns as they were.

    Attributes
    ----------
    mean, target_mean, scale : ndarray
    level : float
        Mean diagonal of the matrix that the penalty is added to: what makes a grid of penalties relative.
    """

    def __init__(self, moments: Moments, standardize: bool) -> None:
        self.n = moments.n
        self.mean, self.target_mean = moments.mean()
        self.scale = moments.scale() if standardize else np.ones(moments.n_columns)
        if moments.rows is not None:
            mean = moments.sum_x / moments.n
            self.Z: np.ndarray | None = (np.concatenate([x for x, _ in moments.rows]) - mean) / self.scale
            self.Y: np.ndarray | None = np.concatenate([y for _, y in moments.rows]) - self.target_mean
            self.matrix, self.right = self.Z @ self.Z.T, self.Y
        else:
            self.Z = self.Y = None
            gram, xy = moments.centred()
            self.matrix, self.right = gram / np.outer(self.scale, self.scale), xy / self.scale[:, None]
        self.level = float(np.trace(self.matrix) / moments.n_columns)

    def solve(self, penalty: float) -> tuple[np.ndarray, np.ndarray]:
        """Return weights (n_columns, n_outputs) and intercept (n_outputs,) for one penalty."""
        A = self.matrix.copy()
        A[np.diag_indices(len(A))] += penalty
        try:
            coefficients = cho_solve(cho_factor(A, overwrite_a=True), self.right)
        except LinAlgError:  # no penalty on dependent columns: the solution of least norm
            values, vectors = eigh(self.matrix)
            kept = values > len(values) * np.finfo(float).eps * max(values[-1], 0)
            inverse = np.divide(1.0, values + penalty, out=np.zeros_like(values), where=kept)
            coefficients = vectors @ (inverse[:, None] * (vectors.T @ self.right))
        return self._unscaled(coefficients if self.Z is None else self.Z.T @ coefficients)

    def decompose(self) -> None:
        """Prepare `path` and the left-out errors by the one eigendecomposition."""
        matrix = self.matrix
        if self.Z is not None:
            # Rows about their mean have the constant direction as null space. Lifted above all others, it
            # comes out last and alone, and leaves no remainder where penalties are small.
            matrix = matrix + (2 * np.trace(matrix) + 1) / self.n
        values, self.vectors = eigh(matrix)
        self.values = np.maximum(values, 0)
        if self.Z is not None:
            self.values[-1] = np.inf
        self.rotated = self.vectors.T @ self.right

    def path(self, penalties: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return weights (n_penalties, n_columns, n_outputs) and intercepts; `decompose` comes first."""
        shrunk = self.rotated / (self.values[:, None] + penalties[:, None, None])
        coefficients = np.matmul(self.vectors, shrunk)
        if self.Z is not None:
            coefficients = np.matmul(self.Z.T, coefficients)
        return self._unscaled(coefficients)

    def _unscaled(self, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        W = coefficients / self.scale[:, None]
        return W, self.target_mean - self.mean @ W


def left_out_rows(problem: Problem, x: np.ndarray, y: np.ndarray, penalties: np.ndarray) -> np.ndarray:
    """Return the errors (n_penalties, k, n_outputs) at rows x, each predicted by a fit without it.

    With Q the rows in the eigenbasis, h = 1/n + sum_j Q_j^2 / (w_j + penalty) is a row's leverage, and its
    left-out error is its error divided by 1 - h (Allen 1974, doi:10.1080/00401706.1974.10489157).
    """
    Q = ((x - problem.mean) / problem.scale) @ problem.vectors
    target = y - problem.target_mean
    inverse = 1 / (problem.values + penalties[:, None])
    errors = np.empty((len(penalties), *target.shape))
    leverage = 1 / problem.n + (Q * Q) @ inverse.T
    for k, weight in enumerate(inverse):
        errors[k] = target - Q @ (weight[:, None] * problem.rotated)
    return errors / np.maximum(1 - leverage, 1e-12).T[:, :, None]


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
        kept = penalty / (problem.values + penalty)
        residual = problem.vectors @ (kept[:, None] * problem.rotated)
        if single:
            diagonal = (problem.vectors**2) @ kept
            errors[k] = residual / np.where(diagonal > 0, diagonal, np.inf)[:, None]
            continue
        for g in groups:
            V = problem.vectors[g] * np.sqrt(kept)
            errors[k, g] = _solve_symmetric(V @ V.T, residual[g])
    return errors


def _solve_symmetric(M: np.ndarray, right: np.ndarray) -> np.ndarray:
    try:
        return cho_solve(cho_factor(M, check_finite=False), right, check_finite=False)
    except LinAlgError:
        return np.linalg.lstsq(M, right, rcond=None)[0]


def check_penalty(penalty: object) -> np.ndarray | None:
    """Return penalties as an array, or None where a grid is to be made from the data."""
    if penalty is None:
        return None
    values = np.atleast_1d(np.asarray(penalty, dtype=float))
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all() or (values < 0).any():
        raise InputError(f"penalty is {penalty!r}, but it must be a number of at least 0 or a list of those; give that")
    return values
