"""The input part of all steps,  out[t] = bias + W_in u[t],  compiled.

A library's matrix product rounds by the number of rows it is given, and chunks would differ from the
whole. Here every unit's sum is the same chain of fused multiply-adds in the order of the channels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from esn.tanh import JIT

FAST: dict[str, Any] = {"cache": True, "nogil": True, **JIT}
TILE = 256  # units whose sums for four steps stay in the first cache, together with four channels' weights
_MANY = 4  # channels from which four by four pays


def packed(W_in: np.ndarray) -> np.ndarray:
    """Return W_in (n_units, n_channels) as `drive` reads it.

    Few channels: (n_channels, n_units). Many: tiles of `TILE` units, (n_tiles, n_channels, TILE), the last
    tile and the channels up to a multiple of four filled with zeros.
    """
    n_units, n_channels = W_in.shape
    if n_channels < _MANY:
        return np.ascontiguousarray(W_in.T)[None]
    tiles = np.zeros((-(-n_units // TILE) * TILE, -(-n_channels // 4) * 4), W_in.dtype)
    tiles[:n_units, :n_channels] = W_in
    return np.ascontiguousarray(tiles.reshape(-1, TILE, tiles.shape[1]).transpose(0, 2, 1))


def padded(U: np.ndarray) -> np.ndarray:
    """Return U (n_steps, n_channels) with zeros up to a multiple of four channels, where they are many."""
    extra = -U.shape[1] % 4
    return np.pad(U, ((0, 0), (0, extra))) if extra and U.shape[1] >= _MANY else U


@njit(**FAST)
def drive(U: np.ndarray, W_in: np.ndarray, bias: np.ndarray, out: np.ndarray) -> None:
    """Write bias + W_in u to every row of `out` (n_steps, n_units), for `padded` U and `packed` W_in."""
    if U.shape[1] >= 4:
        _four_by_four(U, W_in, bias, out)
        return
    for t in range(len(U)):
        o = out[t]
        o[:] = bias
        for c in range(U.shape[1]):
            u, w = U[t, c], W_in[0, c]
            for i in range(o.size):
                o[i] += u * w[i]


@njit(**FAST)
def _four_by_four(U: np.ndarray, W_in: np.ndarray, bias: np.ndarray, out: np.ndarray) -> None:
    # Four steps share each weight that is read, four channels each sum. Sums and weights lie in one array
    # each: with a view for every row, the compiler would have to test so many pairs for overlap that it
    # leaves the loop scalar.
    n_steps, n_units = out.shape
    sums = np.empty(4 * TILE, out.dtype)
    one, two, three = np.uint64(TILE), np.uint64(2 * TILE), np.uint64(3 * TILE)
    for tile in range(len(W_in)):
        first = tile * TILE
        size = min(TILE, n_units - first)
        for t in range(0, n_steps, 4):
            # past the end the last step is computed again, and not kept
            a, b, c, d = U[t], U[min(t + 1, n_steps - 1)], U[min(t + 2, n_steps - 1)], U[min(t + 3, n_steps - 1)]
            for s in range(4):
                sums[s * TILE : s * TILE + size] = bias[first : first + size]
            for j in range(0, U.shape[1], 4):
                w = W_in[tile, j : j + 4].ravel()
                a0, a1, a2, a3 = a[j], a[j + 1], a[j + 2], a[j + 3]
                b0, b1, b2, b3 = b[j], b[j + 1], b[j + 2], b[j + 3]
                c0, c1, c2, c3 = c[j], c[j + 1], c[j + 2], c[j + 3]
                d0, d1, d2, d3 = d[j], d[j + 1], d[j + 2], d[j + 3]
                for k in range(TILE):
                    i = np.uint64(k)
                    w0, w1, w2, w3 = w[i], w[one + i], w[two + i], w[three + i]
                    sums[i] = (((sums[i] + a0 * w0) + a1 * w1) + a2 * w2) + a3 * w3
                    sums[one + i] = (((sums[one + i] + b0 * w0) + b1 * w1) + b2 * w2) + b3 * w3
                    sums[two + i] = (((sums[two + i] + c0 * w0) + c1 * w1) + c2 * w2) + c3 * w3
                    sums[three + i] = (((sums[three + i] + d0 * w0) + d1 * w1) + d2 * w2) + d3 * w3
            for s in range(min(4, n_steps - t)):
                out[t + s, first : first + size] = sums[s * TILE : s * TILE + size]
