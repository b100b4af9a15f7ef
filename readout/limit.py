"""Least squares where the penalty regularises nothing: the solution of least norm."""

from __future__ import annotations

import numpy as np
from scipy.linalg import cholesky, eigh, qr, solve_triangular, svd

_EPS = float(np.finfo(float).eps)
_NO_PART = 1e-12  # entries of null vectors up to this are rounding errors, which a column in small units would enlarge


def least_norm(Z: np.ndarray, Y: np.ndarray, penalty: float) -> np.ndarray:
    """Return the weights (n_columns, n_outputs) for rows Z and targets Y, both about their means."""
    U, values, V = svd(Z, full_matrices=False, check_finite=False)
    kept = values > max(Z.shape) * _EPS * values.max(initial=0.0)
    values = values[kept]
    return np.asarray(V[kept].T @ ((U[:, kept].T @ Y) / (values + penalty / values)[:, None]))


def factor_of_inverse(matrix: np.ndarray, penalty: float, n_rows: int) -> np.ndarray:
    """Return F (n_columns, rank) such that F F' is the inverse of ``matrix + penalty`` on the range of `matrix`.

    `matrix` is a Gram matrix of `n_rows` rows. Its rank is found with all columns scaled to unit size, so that units
    do not matter. A null direction N changes no prediction; the part of a solution along N is removed.
    """
    size = np.sqrt(np.diag(matrix))
    size = np.where(size > 0, size, 1.0)
    values, V = eigh(matrix / np.outer(size, size))
    kept = values > _EPS * (len(values) + 10 * np.sqrt(n_rows)) * max(values[-1], 0.0)
    B = V[:, kept] / size[:, None]
    if not kept.all():
        null = np.where(np.abs(V[:, ~kept]) > _NO_PART, V[:, ~kept], 0.0)
        N = qr(null / size[:, None], mode="economic")[0]
        B -= N @ (N.T @ B)
    if not penalty:
        return np.asarray(B / np.sqrt(values[kept]))
    L = cholesky(np.diag(values[kept]) + penalty * (B.T @ B), lower=True)
    return np.asarray(solve_triangular(L, B.T, lower=True).T)
