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

from esn.tanh import JIT, tanh

ACTIVATIONS = ("tanh", "identity", "relu", "sigmoid")
_FAST: dict[str, Any] = {"cache": True, "nogil": True, **JIT}


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
    W: Any, W_inT: np.ndarray, bias: np.ndarray, leak: float, activation: str, U: np.ndarray, h: np.ndarray,
    out: np.ndarray,
) -> None:  # fmt: skip
    """Fill `out` (n_steps, n_units) with the states of `U` from state `h`.

    Parameters
    ----------
    W : csr_array or ndarray
        Recurrent weights; the sparse kernel or the dense one follows. A dense W is given transposed.
    W_inT : ndarray (n_channels, n_units)
        Input weights, transposed, so that a channel's weights lie side by side.
    bias, h : ndarray (n_units,)
    leak : float
        Leak rate a in (0, 1].
    activation : str
        One of `ACTIVATIONS`.
    U : ndarray (n_steps, n_channels)
    out : ndarray (n_steps, n_units), C-ordered
    """
    kind = ACTIVATIONS.index(activation)
    leak = out.dtype.type(leak)
    # the input part of a block is still in the second cache when its recurrent part is added
    block = max(1, 2**18 // out[0].nbytes)
    for first in range(0, len(U), block):
        part = out[first : first + block]
        _drive(U[first : first + block], W_inT, bias, part)
        if isinstance(W, csr_array):
            # unsigned indices: signed ones would be tested for counting from the end at every access
            _step_sparse(W.indptr.view(np.uint32), W.indices.view(np.uint32), W.data, leak, kind, h, part)
        else:
            _step_dense(W, leak, kind, h, part)
        h = part[-1]


@njit(**_FAST)
def _drive(U: np.ndarray, W_inT: np.ndarray, bias: np.ndarray, out: np.ndarray) -> None:
    """Write out[t] = bias + W_in u[t]."""
    n_units = out.shape[1]
    tile = 512  # the weights of so many units stay in the cache for all steps of the block
    for first in range(0, n_units, tile):
        last = min(first + tile, n_units)
        b = bias[first:last]
        for t in range(len(U)):
            o = out[t][first:last]
            for i in range(o.size):
                o[i] = b[i]
            _add_product(U[t], W_inT, first, last, o)


@njit(**_FAST)
def _add_product(u: np.ndarray, WT: np.ndarray, first: int, last: int, o: np.ndarray) -> None:
    """Add rows first to last of W u to `o`: rows of the transposed W times the entries of `u`, in order."""
    whole = len(u) & ~3
    for c in range(0, whole, 4):
        u0, u1, u2, u3 = u[c], u[c + 1], u[c + 2], u[c + 3]
        w0, w1, w2, w3 = WT[c][first:last], WT[c + 1][first:last], WT[c + 2][first:last], WT[c + 3][first:last]
        for i in range(o.size):
            o[i] = (((o[i] + u0 * w0[i]) + u1 * w1[i]) + u2 * w2[i]) + u3 * w3[i]
    for c in range(whole, len(u)):
        u0, w0 = u[c], WT[c][first:last]
        for i in range(o.size):
            o[i] += u0 * w0[i]


@njit(**_FAST)
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


@njit(**_FAST)
def _step_dense(WT, leak, kind, h, out) -> None:  # type: ignore[no-untyped-def]
    for t in range(out.shape[0]):
        o = out[t]
        _add_product(h, WT, 0, o.size, o)
        _leak(o, h, leak, kind)
        h = o


@njit(**_FAST)
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
