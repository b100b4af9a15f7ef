"""The input part of all steps,  out[t] = bias + W_in u[t],  and other products of rows with a dense matrix, compiled.

A library's matrix product rounds by the number of rows it is given, and chunks would differ from the
whole. Here every unit's sum is the same chain of fused multiply-adds in the order of the channels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from esn import panels
from esn.tanh import JIT

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
    if U.shape[1] >= 4:
        for t in range(len(out)):
            out[t] = bias
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
    fours, whole = n_rows & ~3, n_units // width
    o, o_row = out.ctypes.data, n_units * size
    u, u_row = U.ctypes.data, n_channels * size
    w, step = W.ctypes.data, width * size
    for p in range(whole):  # the weights of a panel stay in the second cache for all rows
        for t in range(0, fours, 4):
            panels.rows_by_panel(
                o + t * o_row + p * step, o_row, u + t * u_row, u_row, w + p * n_channels * step, n_channels, out
            )
    for t in range(fours, n_rows):
        for p in range(0, whole & ~1, 2):
            panels.row_by_panels(
                o + t * o_row + p * step, o_row, u + t * u_row, u_row, w + p * n_channels * step, n_channels, out
            )
        if whole & 1:
            p = whole - 1
            panels.row_by_panel(
                o + t * o_row + p * step, o_row, u + t * u_row, u_row, w + p * n_channels * step, n_channels, out
            )
    if whole < len(W):  # units that do not fill a panel are summed aside
        last = np.zeros(width, out.dtype)
        rest = n_units - whole * width
        for t in range(n_rows):
            last[:rest] = out[t, whole * width :]
            panels.row_by_panel(
                last.ctypes.data, o_row, u + t * u_row, u_row, w + whole * n_channels * step, n_channels, out
            )
            out[t, whole * width :] = last[:rest]
