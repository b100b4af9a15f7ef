"""How W is kept for the kernels, and the product  o += W h  of each way.

`prepared` looks at the numbers of W and takes the cheapest way that gives this product: a cycle or a line is
found by its diagonals, whoever made it, and costs O(n_units) with every access in order.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import overload
from scipy.sparse import csr_array, issparse

from millpond.esn.drive import FAST, accumulate, panelled
from millpond.esn.hadamard import HadamardMatrix, transform
from millpond.esn.tanh import JIT
from millpond.reservoir import checks
from millpond.reservoir.compiled import njit

DENSE_ABOVE = 0.25  # share of non-zeros from which rows of a dense matrix run faster than lists of indices
_MOST_DIAGONALS = 4  # a cycle has one, with jumps three


class Sparse(NamedTuple):
    """Rows as lists of columns; indices are unsigned, as signed ones would be tested for counting from the end."""

    indptr: np.ndarray
    indices: np.ndarray
    data: np.ndarray


class Dense(NamedTuple):
    """All weights, as `drive.panelled` lays them out."""

    panels: np.ndarray


class Diagonals(NamedTuple):
    """Unit i receives unit i - offsets[k] (cyclic) with weights[k, i]; weights (n_diagonals, n_units)."""

    offsets: np.ndarray
    weights: np.ndarray


class Cycle(NamedTuple):
    """Unit i receives unit i - 1 with a constant weight; unit 0 receives the last unit with `closing`."""

    weight: float
    closing: float


class Hadamard(NamedTuple):
    """Fast transforms between diagonals of signs (3, n_units), the last of them scaled."""

    diagonals: np.ndarray


def checked(W: Any, n: int) -> Any:
    """Return W given by a caller, (n, n) and finite: an array, a CSR array or a Hadamard matrix."""
    if isinstance(W, HadamardMatrix):
        return W
    if not issparse(W):
        return checks.matrix("W", W, (n, n))
    checks.matrix("W", W.tocsr().data, (None,))
    if W.shape != (n, n):
        raise checks.InputError(f"W has shape {W.shape}, but ({n}, {n}) is needed; give a square matrix")
    return csr_array(W)


def fastest(W: Any, dtype: np.dtype) -> Any:
    """Return W as CSR with 32-bit indices or as a dense array, whichever runs faster; a Hadamard matrix as it is."""
    if isinstance(W, HadamardMatrix):
        return W.astype(dtype)
    n_stored = W.nnz if issparse(W) else np.count_nonzero(W)
    if n_stored > DENSE_ABOVE * W.shape[0] ** 2:
        return np.array(W.toarray() if issparse(W) else W, dtype=dtype, order="C")
    W = csr_array(W, dtype=dtype, copy=True)
    W.sort_indices()
    W.indices, W.indptr = W.indices.astype(np.int32), W.indptr.astype(np.int32)
    return W


def prepared(W: Any) -> Sparse | Dense | Diagonals | Cycle | Hadamard:
    """Return W, as `fastest` gives it, the way the kernels read it.

    Indices are short where that reaches: large networks wait for memory.
    """
    if isinstance(W, HadamardMatrix):
        return Hadamard(W.diagonals)
    if isinstance(W, csr_array):
        return _few_diagonals(W) or Sparse(
            W.indptr.astype(np.uint32), W.indices.astype(np.uint16 if W.shape[0] <= 2**16 else np.uint32), W.data
        )
    return Dense(panelled(W))


def _few_diagonals(W: csr_array) -> Diagonals | Cycle | None:
    n = W.shape[0]
    if not n <= 2 * W.nnz <= 2 * _MOST_DIAGONALS * n:
        return None
    rows = np.repeat(np.arange(n), np.diff(W.indptr))
    offset = (rows - W.indices) % n
    offsets, which = np.unique(offset, return_inverse=True)
    if len(offsets) > _MOST_DIAGONALS or not W.has_canonical_format:
        return None
    weights = np.zeros((len(offsets), n), W.dtype)
    weights[which, rows] = W.data
    if offsets.tolist() == [1] and (weights[0, 1:] == weights[0, -1]).all():
        return Cycle(weights[0, -1], weights[0, 0])
    return Diagonals(offsets.astype(np.uint64), weights)


def add(W: Any, h: np.ndarray, o: np.ndarray) -> None:
    """Add W h to `o` (n_units,), for W as `prepared` returns it; the same bits whatever ran before."""
    _COMPILED[type(W)](W, h, o)


@overload(add, jit_options=JIT)  # type: ignore[arg-type]
def _add(W, h, o):  # type: ignore[no-untyped-def]
    if isinstance(W, types.BaseNamedTuple):
        chosen = _COMPILED[W.instance_class]  # type: ignore[attr-defined]
        return lambda W, h, o: chosen(W, h, o)
    return None


@njit(**FAST)
def _add_sparse(W, h, o) -> None:  # type: ignore[no-untyped-def]
    indptr, indices, data = W.indptr, W.indices, W.data
    one, two, three, four = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
    zero = data.dtype.type(0)
    k = np.uint64(0)
    for i in range(o.size):
        end = np.uint64(indptr[i + 1])
        whole = k + ((end - k) & ~three)
        a = b = c = d = zero  # four sums: one alone would wait for each multiply-add to finish
        while k < whole:
            a += data[k] * h[indices[k]]
            b += data[k + one] * h[indices[k + one]]
            c += data[k + two] * h[indices[k + two]]
            d += data[k + three] * h[indices[k + three]]
            k += four
        while k < end:
            a += data[k] * h[indices[k]]
            k += one
        o[i] += (a + b) + (c + d)


@njit(**FAST)
def _add_dense(W, h, o) -> None:  # type: ignore[no-untyped-def]
    accumulate(h.reshape((1, h.size)), W.panels, o.reshape((1, o.size)))


@njit(**FAST)
def _add_diagonals(W, h, o) -> None:  # type: ignore[no-untyped-def]
    for k in range(W.offsets.size):
        s = np.int64(W.offsets[k])
        _times(W.weights[k, s:], h[: o.size - s], o[s:])
        _times(W.weights[k, :s], h[o.size - s :], o[:s])


@njit(**FAST)
def _times(w, h, o) -> None:  # type: ignore[no-untyped-def]
    for i in range(o.size):
        o[i] += w[i] * h[i]


@njit(**FAST)
def _add_cycle(W, h, o) -> None:  # type: ignore[no-untyped-def]
    before, after = h[:-1], o[1:]
    for i in range(after.size):
        after[i] += W.weight * before[i]
    o[0] += W.closing * h[-1]


@njit(**FAST)
def _add_hadamard(W, h, o) -> None:  # type: ignore[no-untyped-def]
    v = h.copy()
    for k in range(3):
        transform(v)
        d = W.diagonals[k]
        for i in range(v.size):
            v[i] *= d[i]
    for i in range(v.size):
        o[i] += v[i]


_COMPILED: dict[type, Any] = {
    Sparse: _add_sparse,
    Dense: _add_dense,
    Diagonals: _add_diagonals,
    Cycle: _add_cycle,
    Hadamard: _add_hadamard,
}
