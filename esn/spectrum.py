"""The spectral radius of a recurrent matrix, also where the usual call is silently wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg
from scipy.sparse import csr_array, issparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import ArpackNoConvergence, eigs

from millpond.reservoir.checks import InputError
from millpond.reservoir.provenance import digest
from millpond.reservoir.threads import few_threads

_DENSE = 400  # up to here, all eigenvalues cost less than those of largest modulus
_KEPT = 64  # radii that are remembered: comparisons and searches draw the same matrix again
_DENSE_LIMIT = 5000  # above, the fallback would take minutes and gigabytes
_LARGE = 20_000  # above, the largest eigenvalues lie too close to each other to be told apart in minutes


def spectral_radius(W: Any) -> float:
    """Return the largest absolute eigenvalue of the square matrix `W`.

    Up to 400 units all eigenvalues are computed. Above, ARPACK (the implicitly restarted Arnoldi
    method) looks for six of them in a subspace of 60 from a fixed start: with the common ``k=1`` it
    sometimes returns, without an error, a smaller eigenvalue of a random matrix, because the
    largest ones come as complex pairs of nearly equal modulus. Above 20 000 units it looks in a subspace of
    120 and stops at a thousandth of the radius, which is as far apart as these eigenvalues are.

    Parameters
    ----------
    W : ndarray or sparse array (n_units, n_units)

    Raises
    ------
    InputError
        Above 5000 units, if the iteration does not settle.
    """
    W = csr_array(W, dtype=np.float64) if issparse(W) else np.asarray(W, dtype=np.float64)
    key = digest([W.data, W.indices, W.indptr] if issparse(W) else [W], W.shape)
    found = _radii.get(key)
    if found is None:
        with few_threads(W.shape[0] ** 2):
            found = _largest(W)
        if len(_radii) >= _KEPT:
            _radii.clear()
        _radii[key] = found
    return found


_radii: dict[str, float] = {}


def _largest(W: Any) -> float:
    if W.shape[0] <= _DENSE:
        return _of_all(W)
    W = csr_array(W)
    _, component = connected_components(W, connection="strong")
    in_loop = np.bincount(component)[component] > 1
    # units outside every loop have their own diagonal as eigenvalue and no part in the others
    alone = float(np.abs(W.diagonal()[~in_loop]).max(initial=0.0))
    W = W[in_loop][:, in_loop]
    if W.shape[0] <= _DENSE:
        return max(alone, _of_all(W))
    ncv, tol = (120, 1e-3) if W.shape[0] > _LARGE else (60, 0)
    try:
        found = eigs(
            W, k=6, ncv=ncv, tol=tol, which="LM", v0=np.ones(W.shape[0]), maxiter=200, return_eigenvectors=False
        )
        return max(alone, float(np.abs(found).max()))
    except ArpackNoConvergence:
        if W.shape[0] <= _DENSE_LIMIT:
            return max(alone, _of_all(W))
        raise InputError(
            f"the spectral radius of this matrix of {len(in_loop)} units could not be found; give W already scaled"
        ) from None


def _of_all(W: Any) -> float:
    return float(np.abs(linalg.eigvals(W.toarray() if issparse(W) else W)).max(initial=0.0)) if W.shape[0] else 0.0
