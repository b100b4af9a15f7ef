"""What a sensor makes of light: noise, grey levels, edges, cells; compiled, with plain twins for reading.

Noise is a function of (seed, step, surface): a counter-based generator (splitmix64; Steele, Lea and Flood 2014,
doi:10.1145/2660193.2660195) keyed by the three. So it is another for every picture, and the same bits whatever the
order of the sequences, the chunks, the workers; no generator has a state to pass on.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from scipy.ndimage import sobel
from scipy.special import ndtri

from physical.waves import FAST

_BITS = 12
_MIDDLES = ndtri((np.arange(2**_BITS) + 0.5) / 2**_BITS)
NORMAL = (_MIDDLES / _MIDDLES.std()).astype(np.float32)
"""The 4096 middle quantiles of a normal distribution: a number is drawn by drawing its place here."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S12, _S27, _S30, _S31 = (np.uint64(n) for n in (_BITS, 27, 30, 31))
_MASK = np.uint64(2**_BITS - 1)
_PER_WORD = 5  # numbers of 12 bits in a word of 64


def key_plain(seed: int, step: int, a: np.ndarray) -> int:
    """Return the key of the noise over a surface of amplitudes `a` (n_modes,) at a step."""
    words = a.view(np.uint32).astype(np.uint64)
    total = int(np.sum(words * (2 * np.arange(len(words), dtype=np.uint64) + np.uint64(1)))) % 2**32
    return (seed + (step << 32) + total) % 2**64


@njit(**FAST)
def key(seed, step, a):  # type: ignore[no-untyped-def]
    """Return `key_plain`, compiled."""
    words = a.view(np.uint32)
    total = np.uint64(0)
    for i in range(words.size):
        total += np.uint64(words[i]) * np.uint64(2 * i + 1)
    return seed + (np.uint64(step) << np.uint64(32)) + (total & np.uint64(0xFFFFFFFF))


def add_noise_plain(picture: np.ndarray, scale: float, key: int) -> np.ndarray:
    """Return `picture` plus normal noise of standard deviation `scale`."""
    count = -(-picture.size // _PER_WORD)
    with np.errstate(over="ignore"):
        x = np.uint64(key) + (np.arange(count, dtype=np.uint64) + np.uint64(1)) * _GOLDEN
        x = (x ^ (x >> _S30)) * _FIRST
        x = (x ^ (x >> _S27)) * _SECOND
        x ^= x >> _S31
    places = (x[:, None] >> (np.arange(_PER_WORD, dtype=np.uint64) * _S12)) & _MASK
    return picture + scale * NORMAL.astype(picture.dtype)[places.ravel()[: picture.size]].reshape(picture.shape)


@njit(**FAST)
def add_noise(picture, scale, key, normal) -> None:  # type: ignore[no-untyped-def]
    """Do as `add_noise_plain` in place."""
    flat = picture.ravel()
    x = key
    for first in range(0, flat.size, _PER_WORD):
        x += _GOLDEN
        bits = (x ^ (x >> _S30)) * _FIRST
        bits = (bits ^ (bits >> _S27)) * _SECOND
        bits ^= bits >> _S31
        for i in range(first, min(first + _PER_WORD, flat.size)):
            flat[i] += scale * normal[bits & _MASK]
            bits >>= _S12


def quantized_plain(picture: np.ndarray, black: float, white: float, levels: int) -> np.ndarray:
    """Return `picture` on `levels` steps from black to white, clipped at both."""
    share = np.clip((picture - black) / (white - black), 0, 1)
    return black + np.rint(share * levels) * ((white - black) / levels)


@njit(**FAST)
def quantize(picture, black, white, levels) -> None:  # type: ignore[no-untyped-def]
    """Do as `quantized_plain` in place."""
    flat = picture.ravel()
    up, down = levels / (white - black), (white - black) / levels
    for i in range(flat.size):
        flat[i] = black + np.rint(min(max((flat[i] - black) * up, black * 0), levels)) * down


@njit(**FAST)
def develop(picture, black, white, out) -> None:  # type: ignore[no-untyped-def]
    """Write `picture` into `out` as uint8, 0 for black, 255 for white, with x along its width."""
    for i in range(picture.shape[0]):
        for j in range(picture.shape[1]):
            out[j, i] = np.uint8(min(max(255 * (picture[i, j] - black) / (white - black), 0), 255) + 0.5)


def edges_plain(picture: np.ndarray) -> np.ndarray:
    """Return the strength of edges: the length of the Sobel gradient, the border repeated outwards."""
    return np.hypot(sobel(picture, 0, mode="nearest"), sobel(picture, 1, mode="nearest"))


@njit(**FAST)
def edges(picture, across, out) -> None:  # type: ignore[no-untyped-def]
    """Write `edges_plain` into `out`; `across` (2, n_y + 2) is room for one row, smoothed and differenced."""
    n_x, n_y = picture.shape
    smooth, change = across[0], across[1]
    for i in range(n_x):
        above, row, below = picture[max(i - 1, 0)], picture[i], picture[min(i + 1, n_x - 1)]
        for j in range(n_y):
            smooth[j + 1] = above[j] + 2 * row[j] + below[j]
            change[j + 1] = below[j] - above[j]
        smooth[0], smooth[n_y + 1] = smooth[1], smooth[n_y]
        change[0], change[n_y + 1] = change[1], change[n_y]
        o = out[i]
        for j in range(n_y):
            gx = change[j] + 2 * change[j + 1] + change[j + 2]
            gy = smooth[j + 2] - smooth[j]
            o[j] = np.sqrt(gx * gx + gy * gy)


def pooled_plain(picture: np.ndarray, cells: tuple[int, int]) -> np.ndarray:
    """Return the means over blocks of pixels, `cells` of them along x and y, as one row."""
    (n_x, n_y), (p, q) = picture.shape, cells
    return picture.reshape(p, n_x // p, q, n_y // q).mean((1, 3)).ravel()


@njit(**FAST)
def pool(picture, cells, out) -> None:  # type: ignore[no-untyped-def]
    """Write `pooled_plain` into `out` (n_cells,)."""
    p, q = cells
    high, wide = picture.shape[0] // p, picture.shape[1] // q
    share = out.dtype.type(1) / out.dtype.type(high * wide)
    for a in range(p):
        o = out[a * q : (a + 1) * q]
        o[:] = 0
        for i in range(a * high, (a + 1) * high):
            row = picture[i]
            for j in range(wide):
                for b in range(q):
                    o[b] += row[b * wide + j]
        for b in range(q):
            o[b] *= share
