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
CHANNELS = 64  # channels whose weights for a tile stay in the second cache
_MANY = 4  # channels from which four by four pays


def packed(W_in: np.ndarray) -> np.ndarray:
    """Return W_in (n_units, n_channels) as `drive` reads it: (1, n_channels, n_units) of few channels, else `tiled`."""
    return np.ascontiguousarray(W_in.T)[None] if W_in.shape[1] < _MANY else tiled(W_in)


def tiled(W: np.ndarray) -> np.ndarray:
    """Return W (n_units, n_channels) as tiles (n_tiles, n_channels, width) of units next to each other.

    The last tile, and the channels up to a multiple of four, are filled with zeros.
    """
    n_units, n_channels = W.shape
    width = min(TILE, -(-n_units // 8) * 8)
    tiles = np.zeros((-(-n_units // width) * width, -(-n_channels // 4) * 4), W.dtype)
    tiles[:n_units, :n_channels] = W
    return np.ascontiguousarray(tiles.reshape(-1, width, tiles.shape[1]).transpose(0, 2, 1))


def padded(U: np.ndarray) -> np.ndarray:
    """Return U (n_steps, n_channels) with zeros up to a multiple of four channels, where they are many."""
    extra = -U.shape[1] % 4
    return np.pad(U, ((0, 0), (0, extra))) if extra and U.shape[1] >= _MANY else U


@njit(**FAST)
def drive(U: np.ndarray, W_in: np.ndarray, bias: np.ndarray, out: np.ndarray) -> None:
    """Write bias + W_in u to every row of `out` (n_steps, n_units), for `padded` U and `packed` W_in."""
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
def accumulate(U: np.ndarray, tiles: np.ndarray, out: np.ndarray) -> None:
    """Add W u to every row of `out` (n_rows, n_units), for W in tiles and rows u as long as these have channels.

    Each sum is one chain in the order of the channels, whatever the number of rows.
    """
    # Four rows share each weight that is read, four channels each sum; the weights of a tile and a few channels
    # stay in the second cache for all rows. Sums and weights lie in one array each: with a view for every row,
    # the compiler would have to test so many pairs for overlap that it leaves the loop scalar.
    n_rows, n_units = out.shape
    width = tiles.shape[2]
    sums = np.zeros(4 * width, out.dtype)
    one, two, three = np.uint64(width), np.uint64(2 * width), np.uint64(3 * width)
    for tile in range(len(tiles)):
        first = tile * width
        size = min(width, n_units - first)
        for channel in range(0, U.shape[1], CHANNELS):
            end = min(channel + CHANNELS, U.shape[1])
            for t in range(0, n_rows, 4):
                # past the end the last row is computed again, and not kept
                last = n_rows - 1
                a, b, c, d = U[t], U[min(t + 1, last)], U[min(t + 2, last)], U[min(t + 3, last)]
                for s in range(4):
                    sums[s * width : s * width + size] = out[min(t + s, last), first : first + size]
                for j in range(channel, end, 4):
                    w = tiles[tile, j : j + 4].ravel()
                    a0, a1, a2, a3 = a[j], a[j + 1], a[j + 2], a[j + 3]
                    b0, b1, b2, b3 = b[j], b[j + 1], b[j + 2], b[j + 3]
                    c0, c1, c2, c3 = c[j], c[j + 1], c[j + 2], c[j + 3]
                    d0, d1, d2, d3 = d[j], d[j + 1], d[j + 2], d[j + 3]
                    for k in range(width):
                        i = np.uint64(k)
                        w0, w1, w2, w3 = w[i], w[one + i], w[two + i], w[three + i]
                        sums[i] = (((sums[i] + a0 * w0) + a1 * w1) + a2 * w2) + a3 * w3
                        sums[one + i] = (((sums[one + i] + b0 * w0) + b1 * w1) + b2 * w2) + b3 * w3
                        sums[two + i] = (((sums[two + i] + c0 * w0) + c1 * w1) + c2 * w2) + c3 * w3
                        sums[three + i] = (((sums[three + i] + d0 * w0) + d1 * w1) + d2 * w2) + d3 * w3
                for s in range(min(4, n_rows - t)):
                    out[t + s, first : first + size] = sums[s * width : s * width + size]
