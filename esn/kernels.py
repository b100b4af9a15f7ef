"""The leaky update, compiled:  h <- (1 - a) h + a f(W_in u + W h + bias).

One call runs one sequence. Rows of `out` first take the input part of all steps, then each step adds
the recurrent part and applies the activation in place, so nothing is allocated on the way. Every unit
of every step is the same chain of fused multiply-adds whatever the length of the run: a sequence cut
into chunks gives the same bits. `run_plain` is the same computation for reading.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from scipy.sparse import csr_array

from esn.drive import FAST, drive, padded
from esn.tanh import tanh

ACTIVATIONS = ("tanh", "identity", "relu", "sigmoid")


def run_plain(
    W: Any, W_in: np.ndarray, bias: np.ndarray, leak: float, activation: str, U: np.ndarray, h: np.ndarray
) -> np.ndarray:
    """Return the states (n_steps, n_units) of input `U` from state `h`, step by step in numpy."""
    functions: dict[str, Any] = {
        "tanh": np.tanh,
        "identity": lambda v: v,
        "relu": lambda v: np.maximum(v, 0),
        "sigmoid": lambda v: 0.5 + 0.5 * np.tanh(0.5 * v),
    }
    states = np.empty((len(U), len(h)), h.dtype)
    for t, u in enumerate(U):
        h = (1 - leak) * h + leak * functions[activation](W_in @ u + W @ h + bias)
        states[t] = h
    return states


def run(
    W: Any, W_in: np.ndarray, bias: np.ndarray, leak: float, activation: str, U: np.ndarray, h: np.ndarray,
    out: np.ndarray,
) -> None:  # fmt: skip
    """Fill `out` (n_steps, n_units) with the states of `U` from state `h`.

    Parameters
    ----------
    W, W_in : tuple of ndarray, ndarray
        Recurrent and input weights as `prepared` and `drive.packed` return them.
    bias, h : ndarray (n_units,)
    leak : float
        Leak rate a in (0, 1].
    activation : str
        One of `ACTIVATIONS`.
    U : ndarray (n_steps, n_channels)
    out : ndarray (n_steps, n_units), C-ordered
    """
    kind, leak, U = ACTIVATIONS.index(activation), out.dtype.type(leak), padded(U)
    # the input part of a block is still in the second cache when its recurrent part is added
    block = max(4, 2**18 // out[0].nbytes)
    loop = _run_sparse if len(W) == 3 else _run_dense
    loop(*W, W_in, bias, leak, kind, U, h, out, block)


def prepared(W: Any) -> tuple[np.ndarray, ...]:
    """Return W as the kernels read it: (indptr, indices, data) of a sparse array, or a dense one transposed.

    Indices are unsigned, as signed ones would be tested for counting from the end at every access, and
    short where that reaches: large networks wait for memory.
    """
    if isinstance(W, csr_array):
        return W.indptr.astype(np.uint32), W.indices.astype(np.uint16 if W.shape[0] <= 2**16 else np.uint32), W.data
    return (np.ascontiguousarray(W.T),)


@njit(**FAST)
def _run_sparse(indptr, indices, data, W_in, bias, leak, kind, U, h, out, block) -> None:  # type: ignore[no-untyped-def]
    for first in range(0, len(U), block):
        part = out[first : first + block]
        drive(U[first : first + block], W_in, bias, part)
        _step_sparse(indptr, indices, data, leak, kind, h, part)
        h = part[-1]


@njit(**FAST)
def _run_dense(WT, W_in, bias, leak, kind, U, h, out, block) -> None:  # type: ignore[no-untyped-def]
    for first in range(0, len(U), block):
        part = out[first : first + block]
        drive(U[first : first + block], W_in, bias, part)
        _step_dense(WT, leak, kind, h, part)
        h = part[-1]


@njit(**FAST)
def _step_sparse(indptr, indices, data, leak, kind, h, out) -> None:  # type: ignore[no-untyped-def]
    one, two, three, four = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
    zero = data.dtype.type(0)
    for t in range(out.shape[0]):
        o = out[t]
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
        _leak(o, h, leak, kind)
        h = o


@njit(**FAST)
def _step_dense(WT, leak, kind, h, out) -> None:  # type: ignore[no-untyped-def]
    for t in range(out.shape[0]):
        o = out[t]
        whole = o.size & ~3
        for c in range(0, whole, 4):  # rows of the transposed W times the entries of h, in their order
            h0, h1, h2, h3 = h[c], h[c + 1], h[c + 2], h[c + 3]
            w0, w1, w2, w3 = WT[c], WT[c + 1], WT[c + 2], WT[c + 3]
            for i in range(o.size):
                o[i] = (((o[i] + h0 * w0[i]) + h1 * w1[i]) + h2 * w2[i]) + h3 * w3[i]
        for c in range(whole, o.size):
            h0, w0 = h[c], WT[c]
            for i in range(o.size):
                o[i] += h0 * w0[i]
        _leak(o, h, leak, kind)
        h = o


@njit(**FAST)
def _leak(o, h, leak, kind) -> None:  # type: ignore[no-untyped-def]
    """Turn the drive in `o` into the next state; the choice stands outside the loops to keep them vectors."""
    keep = o.dtype.type(1) - leak
    half = o.dtype.type(0.5)
    if kind == 0:
        for i in range(o.size):
            o[i] = keep * h[i] + leak * tanh(o[i])
    elif kind == 1:
        for i in range(o.size):
            o[i] = keep * h[i] + leak * o[i]
    elif kind == 2:
        for i in range(o.size):
            o[i] = keep * h[i] + leak * max(o[i], o.dtype.type(0))
    else:
        for i in range(o.size):
            o[i] = keep * h[i] + leak * (half + half * tanh(half * o[i]))
