r"""Ridge regression from moments: one penalty by Cholesky, all of them by one eigendecomposition.

Minimised is the sum over rows of :math:`|y - W x - b|^2` plus penalty times :math:`|W|^2`; the intercept
b is free. With rows and targets about their means, Z and Y,

.. math:: W^T = (Z^T Z + \lambda)^{-1} Z^T Y = Z^T (Z Z^T + \lambda)^{-1} Y

(Hoerl and Kennard 1970, doi:10.1080/00401706.1970.10488634); the second form serves where there are
fewer rows than columns. Weights of rows multiply the rows of Z and Y by their square roots.

A penalty below the rounding error of the matrix regularises nothing. There the limit of a vanishing penalty is
returned, the least-squares solution of least norm: by a singular value decomposition where the rows are at hand,
else from the Gram matrix (`millpond.readout.limit`).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, eigh, lapack

from millpond.readout.limit import factor_of_inverse, least_norm
from millpond.readout.moments import Moments
from millpond.reservoir.checks import InputError

_EPS = float(np.finfo(float).eps)
_WELL_CONDITIONED = 1e-6  # reciprocal condition number of the Gram matrix from which Cholesky gives ten digits

Table = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Rows (n_rows, n_columns), targets (n_rows, n_outputs) and the roots of the weights (n_rows,)."""


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
        The scale of a constant column is infinity, and its weight 0.
    weight : float
        Sum of the weights of the rows; without weights their number.
    level : float
        Mean diagonal of the matrix that the penalty is added to: what makes a grid of penalties relative.
    rounding : float
        Penalties up to this one are lost in the rounding errors of the matrix.
    """

    def __init__(self, moments: Moments, standardize: bool) -> None:
        self.moments, self.standardize, self.weight = moments, standardize, moments.weight
        self.mean, self.target_mean = moments.mean()
        spread = np.sqrt(moments.variance())
        self.scale = np.where(spread > 0, spread if standardize else 1.0, np.inf)
        if moments.rows is not None:
            self.root = np.concatenate([root for *_, root in moments.rows])
            mean = moments.sum_x / self.weight
            self.Z: np.ndarray | None = (np.concatenate([x for x, _, _ in moments.rows]) - mean) / self.scale
            self.Y: np.ndarray | None = np.concatenate([y for _, y, _ in moments.rows]) - self.target_mean
            self.Z *= self.root[:, None]
            self.Y *= self.root[:, None]
            self.matrix, self.right = self.Z @ self.Z.T, self.Y
        else:
            self.Z = self.Y = None
            gram, xy = moments.centred()
            self.matrix, self.right = gram / np.outer(self.scale, self.scale), xy / self.scale[:, None]
        self.level = float(np.trace(self.matrix) / moments.n_columns)
        size = len(self.matrix) + 10 * np.sqrt(moments.n)  # of the eigenvalues' rounding errors
        self.rounding = float(_EPS * size * np.abs(self.matrix).sum(0).max(initial=0.0))

    def solve(self, penalty: float, table: Callable[[], Table | None] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return weights (n_columns, n_outputs) and intercept (n_outputs,) for one penalty.

        `table` returns all rows where they fit into memory. They are used where the penalty is lost in rounding
        and the Gram matrix is ill-conditioned.
        """
        weak = penalty <= self.rounding
        if weak and self.Z is not None and self.Y is not None:
            return self._unscaled(least_norm(self.Z, self.Y, penalty))
        coefficients = self._by_cholesky(penalty, _WELL_CONDITIONED if weak else 0.0)
        if coefficients is None and table is not None and (found := table()) is not None:
            x, y, root = found
            x = (x - self.mean) / self.scale * root[:, None]
            return self._unscaled(least_norm(x, (y - self.target_mean) * root[:, None], penalty))
        if coefficients is None:
            F = factor_of_inverse(self.matrix, penalty, self.moments.n)
            coefficients = F @ (F.T @ self.right)
        return self._unscaled(coefficients if self.Z is None else self.Z.T @ coefficients)

    def _by_cholesky(self, penalty: float, least: float) -> np.ndarray | None:
        """Return the solution, or None where the reciprocal condition number is below `least`."""
        A = self.matrix.copy()
        A[np.diag_indices(len(A))] += penalty
        size = np.sqrt(np.diag(A))
        try:
            factor, lower = cho_factor(A)
        except LinAlgError:
            return None
        if least:  # columns of unit size: a factor of Cholesky is as accurate as theirs
            condition, _ = lapack.dpocon(factor / size, np.abs(A / np.outer(size, size)).sum(0).max())
            if not condition > least:
                return None
        return np.asarray(cho_solve((factor, lower), self.right))

    def decompose(self) -> None:
        """Prepare `path` and the left-out errors by the one eigendecomposition."""
        matrix = self.matrix
        if self.Z is not None:
            # Rows about their mean have the constant direction as null space. Lifted above all others, it
            # comes out last and alone, and leaves no remainder where penalties are small.
            size = np.trace(matrix)
            lift = 2 * size + min(size, 1.0) or 1.0
            matrix = matrix + lift / self.weight * np.outer(self.root, self.root)
        values, self.vectors = eigh(matrix)
        self.values = np.maximum(values, 0)
        if self.Z is not None:
            self.values[-1] = np.inf
        self.rotated = self.vectors.T @ self.right

    def path(self, penalties: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return weights (n_penalties, n_columns, n_outputs) and intercepts; `decompose` comes first."""
        weak = penalties <= self.rounding
        with np.errstate(divide="ignore", invalid="ignore"):
            shrunk = self.rotated / (self.values[:, None] + penalties[:, None, None])
        coefficients = np.matmul(self.vectors, np.where(weak[:, None, None], 0.0, shrunk))
        if self.Z is not None:
            coefficients = np.matmul(self.Z.T, coefficients)
        W, b = self._unscaled(coefficients)
        for k in np.flatnonzero(weak):
            W[k], b[k] = self.solve(penalties[k])
        return W, b

    def without(self, x: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> Problem:
        """Return the problem of the other rows than row x (1, n_columns), which is one of them."""
        one = Moments(self.moments.n_columns, self.moments.n_outputs, self.moments.shift)
        one.add(x.copy(), y, weight)
        return Problem(self.moments.without(one), self.standardize)

    def _unscaled(self, coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        W = coefficients / self.scale[:, None]
        return W, self.target_mean - self.mean @ W


def check_penalty(penalty: object) -> np.ndarray | None:
    """Return penalties as an array, or None where a grid is to be made from the data."""
    if penalty is None:
        return None
    try:
        values = np.atleast_1d(np.asarray(penalty, dtype=float))
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all() or (values < 0).any():
        raise InputError(f"penalty is {penalty!r}, but it must be a number of at least 0 or a list of those; give that")
    return values
