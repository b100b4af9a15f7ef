"""The leaky update, compiled:  h <- (1 - a) h + a f(W_in u + W h + bias).

One call runs one sequence. Rows of `out` first take the input part of a block of steps, then each step adds
the recurrent part and applies the activation in place, so nothing is allocated on the way. Every unit
of every step is the same chain of fused multiply-adds whatever the length of the run: a sequence cut
into chunks gives the same bits. `run_plain` is the same computation for reading.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.esn.drive import FAST, drive
from millpond.esn.recurrence import Cycle, add
from millpond.esn.tanh import tanh
from millpond.reservoir.compiled import njit

ACTIVATIONS = ("tanh", "identity", "relu", "sigmoid")
FUNCTIONS: dict[str, Any] = {
    "tanh": np.tanh,
    "identity": lambda v: v,
    "relu": lambda v: np.maximum(v, 0),
    "sigmoid": lambda v: 0.5 + 0.5 * np.tanh(0.5 * v),
}


def run_plain(
    W: Any, W_in: np.ndarray, bias: np.ndarray, leak: Any, activation: str, U: np.ndarray, h: np.ndarray,
    noise: np.ndarray | None = None,
) -> np.ndarray:  # fmt: skip
    """Return the states (n_steps, n_units) of input `U` from state `h`, step by step in numpy."""
    states = np.empty((len(U), len(h)), h.dtype)
    for t, u in enumerate(U):
        net = W_in @ u + W @ h + bias + (0 if noise is None else noise[t])
        h = (1 - leak) * h + leak * FUNCTIONS[activation](net)
        states[t] = h
    return states


def run(
    W: Any, W_in: np.ndarray, bias: np.ndarray, leak: np.ndarray, activation: str, U: np.ndarray, h: np.ndarray,
    out: np.ndarray, noise: np.ndarray | None = None,
) -> None:  # fmt: skip
    """Fill `out` (n_steps, n_units) with the states of `U` from state `h`.

    Parameters
    ----------
    W, W_in : tuple of ndarray, ndarray
        Recurrent and input weights as `recurrence.prepared` and `drive.packed` return them.
    bias, leak, h : ndarray (n_units,)
        Leak rates a lie in (0, 1].
    activation : str
        One of `ACTIVATIONS`.
    U : ndarray (n_steps, n_channels)
    out : ndarray (n_steps, n_units), C-ordered
    noise : ndarray (n_steps, n_units), optional
        Added inside the activation.
    """
    if isinstance(W, Cycle) and U.shape[1] == 1 and activation == "tanh" and noise is None:
        _run_cycle(W, W_in, bias, leak, U, h, out)
        return
    # the input part of a block is still in the second cache when its recurrent part is added
    block = max(4, 2**18 // out[0].nbytes)
    for first in range(0, len(U), block):
        part = out[first : first + block]
        drive(U[first : first + block], W_in, bias, part)
        if noise is not None:
            part += noise[first : first + block]
        _advance(W, leak, ACTIVATIONS.index(activation), h, part)
        h = part[-1]


@njit(**FAST)
def _advance(W, leak, kind, h, out) -> None:  # type: ignore[no-untyped-def]
    """Turn the input part in each row of `out` into the state."""
    for t in range(len(out)):
        o = out[t]
        add(W, h, o)
        step(o, h, leak, kind)
        h = o


@njit(**FAST)
def _run_cycle(W, W_in, bias, leak, U, h, out) -> None:  # type: ignore[no-untyped-def]
    """Run the smallest network there is, one weight and one channel, in a single pass over the units for each step."""
    one, w, n = out.dtype.type(1), W_in[0, 0], bias.size
    for t in range(len(U)):
        o, u = out[t], U[t, 0]
        after, before, same = o[1:], h[:-1], h[1:]
        b, v, a = bias[1:], w[1:], leak[1:]
        for i in range(n - 1):
            after[i] = (one - a[i]) * same[i] + a[i] * tanh((b[i] + u * v[i]) + W.weight * before[i])
        o[0] = (one - leak[0]) * h[0] + leak[0] * tanh((bias[0] + u * w[0]) + W.closing * h[-1])
        h = o


@njit(**FAST)
def step(o, h, leak, kind) -> None:  # type: ignore[no-untyped-def]
    """Turn the net input in `o` into the next state; the choice stands outside the loops to keep them vectors."""
    one, half = o.dtype.type(1), o.dtype.type(0.5)
    if kind == 0:
        for i in range(o.size):
            o[i] = (one - leak[i]) * h[i] + leak[i] * tanh(o[i])
    elif kind == 1:
        for i in range(o.size):
            o[i] = (one - leak[i]) * h[i] + leak[i] * o[i]
    elif kind == 2:
        for i in range(o.size):
            o[i] = (one - leak[i]) * h[i] + leak[i] * max(o[i], o.dtype.type(0))
    else:
        for i in range(o.size):
            o[i] = (one - leak[i]) * h[i] + leak[i] * (half + half * tanh(half * o[i]))
