"""The input part of all steps,  out[t] = bias + W_in u[t],  and other products of rows with a dense matrix, compiled.

A library's matrix product rounds by the number of rows it is given, and chunks would differ from the
whole. Here every unit's sum is the same chain of fused multiply-adds in the order of the channels.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.esn import panels
from millpond.esn.tanh import JIT
from millpond.reservoir.compiled import njit

FAST: dict[str, Any] = {"cache": True, "nogil": True, **JIT}
_MANY = 4  # channels from which panels pay


def packed(W_in: np.ndarray) -> np.ndarray:
    """Return W_in (n_units, n_channels) as `drive` reads it: (1, n_channels, n_units) of few channels, else panels."""
    return np.ascontiguousarray(W_in.T)[None] if W_in.shape[1] < _MANY else panelled(W_in)


def panelled(W: np.ndarray) -> np.ndarray:
    """Return W (n_units, n_channels) as panels (n_panels, n_channels, width) of units next to each other.

    The last panel is filled up with zeros.
    """
    width = panels.width(W.itemsize)
    rows = np.zeros((-(-len(W) // width) * width, W.shape[1]), W.dtype)
    rows[: len(W)] = W
    return np.ascontiguousarray(rows.reshape(-1, width, W.shape[1]).transpose(0, 2, 1))


@njit(**FAST)
def drive(U: np.ndarray, W_in: np.ndarray, bias: np.ndarray, out: np.ndarray) -> None:
    """Write bias + W_in u to every row of `out` (n_steps, n_units), for `packed` W_in."""
    if U.shape[1] >= _MANY:
        for t in range(len(out)):
            o = out[t]
            for i in range(o.size):  # a loop compiles in a fraction of the time of o[:] = bias
                o[i] = bias[i]
        accumulate(U, W_in, out)
        return
    for t in range(len(U)):
        o, u, w = out[t], U[t, 0], W_in[0, 0]
        for i in range(o.size):
            o[i] = bias[i] + u * w[i]
        for c in range(1, U.shape[1]):
            u, w = U[t, c], W_in[0, c]
            for i in range(o.size):
                o[i] += u * w[i]


@njit(**FAST)
def accumulate(U: np.ndarray, W: np.ndarray, out: np.ndarray) -> None:
    """Add W u to every row of `out` (n_rows, n_units), for the rows u of U (n_rows, n_channels) and `panelled` W."""
    n_rows, n_units = out.shape
    n_channels, width, size = U.shape[1], W.shape[2], out.itemsize
    o, o_row = out.ctypes.data, n_units * size
    u, u_row = U.ctypes.data, n_channels * size
    w, step = W.ctypes.data, width * size
    aside = np.zeros(4 * width, out.dtype)
    for p in range(len(W)):  # the weights of a panel stay in the second cache for all rows
        weights, first, rest = w + p * n_channels * step, p * width, min(width, n_units - p * width)
        whole = rest == width  # units that do not fill a panel are summed aside
        for t in range(0, n_rows, 4):
            n = min(4, n_rows - t)
            sums, distance = o + t * o_row + p * step, o_row
            if not whole:
                sums, distance = aside.ctypes.data, step
                for k in range(n):
                    for i in range(rest):
                        aside[k * width + i] = out[t + k, first + i]
            if n == 4:
                panels.rows_by_panel(sums, distance, u + t * u_row, u_row, weights, n_channels, out)
            else:
                for k in range(n):
                    panels.row_by_panel(sums + k * distance, step, u + (t + k) * u_row, u_row, weights, n_channels, out)
            if not whole:
                for k in range(n):
                    for i in range(rest):
                        out[t + k, first + i] = aside[k * width + i]
