"""The spectral radius of a recurrent matrix, right also where the usual call is silently wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg
from scipy.sparse import csr_array, issparse
from scipy.sparse.linalg import ArpackNoConvergence, eigs

from reservoir.checks import InputError

_DENSE = 1000  # below, all eigenvalues cost less than half a second
_DENSE_LIMIT = 5000  # above, the fallback would take minutes and gigabytes


def spectral_radius(W: Any) -> float:
    """Return the largest absolute eigenvalue of the square matrix `W`.

    Up to 1000 units all eigenvalues are computed. Above, ARPACK (the implicitly restarted Arnoldi
    method) looks for six of them in a subspace of 60 from a fixed start: with the common ``k=1`` it
    returns, without an error, a smaller eigenvalue for about one random matrix in ten, because the
    largest ones come as complex pairs of nearly equal modulus.

    Parameters
    ----------
    W : ndarray or sparse array (n_units, n_units)

    Raises
    ------
    InputError
        Above 5000 units, if the iteration does not settle (a nilpotent matrix, for example).
    """
    n = W.shape[0]
    if n <= _DENSE:
        return float(np.abs(linalg.eigvals(W.toarray() if issparse(W) else W)).max())
    try:
        found = eigs(
            csr_array(W, dtype=np.float64), k=6, ncv=60, which="LM", v0=np.ones(n), return_eigenvectors=False
        )
        return float(np.abs(found).max())
    except ArpackNoConvergence:
        if n <= _DENSE_LIMIT:
            return float(np.abs(linalg.eigvals(W.toarray() if issparse(W) else W)).max())
        raise InputError(
            f"the spectral radius of this {n} x {n} matrix could not be found; give W already scaled"
        ) from None
