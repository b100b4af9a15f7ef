r"""A recurrent matrix of any size that is never written down: W = r D_3 H D_2 H D_1 H.

H is the Walsh-Hadamard matrix divided by the root of its size, the D are random signs. Each factor is orthogonal,
so all eigenvalues of W lie on the circle of radius r; a product costs O(n log n) and three rows of memory, and in
what it does to a state it is close to a dense Gaussian W (Dong et al. 2020, arXiv:2006.07310).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.esn.drive import FAST
from millpond.reservoir import checks
from millpond.reservoir.compiled import njit


class HadamardMatrix:
    """W = r D_3 H D_2 H D_1 H as an operator: ``W @ h``, ``W.toarray()``, ``W.shape``.

    Parameters
    ----------
    diagonals : ndarray (3, n_units)
        Signs D_1, D_2 and r D_3, divided by the root of n_units.
    """

    def __init__(self, diagonals: np.ndarray) -> None:
        self.diagonals = diagonals
        self.shape = (diagonals.shape[1], diagonals.shape[1])

    @classmethod
    def drawn(cls, n_units: int, radius: float, rng: np.random.Generator) -> HadamardMatrix:
        """Return a matrix with random signs; `n_units` is a power of two."""
        if n_units & (n_units - 1):
            below = 2 ** (n_units.bit_length() - 1)
            raise checks.InputError(
                f"n_units is {n_units}, but a Hadamard matrix needs a power of two; take {below} or {2 * below}"
            )
        diagonals = rng.choice([-1.0, 1.0], (3, n_units)) / np.sqrt(n_units)
        diagonals[2] *= radius
        return cls(diagonals)

    def astype(self, dtype: Any) -> HadamardMatrix:
        """Return a copy in another precision."""
        return HadamardMatrix(self.diagonals.astype(dtype))

    def __matmul__(self, h: np.ndarray) -> np.ndarray:
        """Return W h by sums and differences, for h (n_units,) or (n_units, n)."""
        v = np.asarray(h, dtype=np.result_type(h, self.diagonals)).copy()
        for d in self.diagonals:
            v = _transform_plain(v) * (d if v.ndim == 1 else d[:, None])
        return v

    def toarray(self) -> np.ndarray:
        """Return W (n_units, n_units)."""
        return self @ np.eye(self.shape[0], dtype=self.diagonals.dtype)


def _transform_plain(v: np.ndarray) -> np.ndarray:
    half = 1
    while half < len(v):
        pairs = v.reshape(-1, 2, half, *v.shape[1:])
        v = np.stack([pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]], axis=1).reshape(v.shape)
        half *= 2
    return v


@njit(**FAST)
def transform(v) -> None:  # type: ignore[no-untyped-def]
    """Replace `v` (a power of two long) by its Walsh-Hadamard transform, not scaled: the plain one in place."""
    n, half = v.size, 1
    if n & 0x2AAAAAAAAAAAAAAA:  # an odd power of two: one pass of pairs, then passes of fours
        for i in range(0, n, 2):
            v[i], v[i + 1] = v[i] + v[i + 1], v[i] - v[i + 1]
        half = 2
    while half < n:
        for first in range(0, n, 4 * half):
            a, b = v[first : first + half], v[first + half : first + 2 * half]
            c, d = v[first + 2 * half : first + 3 * half], v[first + 3 * half : first + 4 * half]
            for i in range(half):
                p, q, r, s = a[i] + b[i], a[i] - b[i], c[i] + d[i], c[i] - d[i]
                a[i], b[i], c[i], d[i] = p + r, q + s, p - r, q - s
        half *= 4
