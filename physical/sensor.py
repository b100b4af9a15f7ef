"""What a sensor makes of light: noise, grey levels, edges, cells; compiled, with plain twins for reading.

Noise is a function of (seed, step, surface): a counter-based generator (splitmix64; Steele, Lea and Flood 2014,
doi:10.1145/2660193.2660195) keyed by the three. So it is another for every picture, and the same bits whatever the
order of the sequences, the chunks, the workers; no generator has a state to pass on. From the mixed key and the number
of a pixel a word of 32 bits is mixed (xor-shifts and multipliers of Wellons 2018, https://nullprogram.com/blog/2018/07/31).
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import sobel

from millpond.physical.waves import FAST
from millpond.reservoir.compiled import njit

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31, _S32 = (np.uint64(n) for n in (27, 30, 31, 32))

_STEP, _THIRD, _FOURTH = np.uint32(0x9E3779B9), np.uint32(0x7FEB352D), np.uint32(0x846CA68B)
_S8, _S15, _S16, _BYTES = np.uint32(8), np.uint32(15), np.uint32(16), np.uint32(0x00FF00FF)

# The sum of four random bytes has this mean and this standard deviation. In units of that, 0.949... times the sum plus
# 0.0186... times its cube has variance 1, kurtosis 3 and a distribution within 0.0021 of the normal one.
_MEAN, _DEVIATION = 4 * 255 / 2, np.sqrt(4 * (256**2 - 1) / 12)
_LINEAR, _CUBIC = 0.94903328 / _DEVIATION, 0.01864238 / _DEVIATION**3


def key_plain(seed: int, step: int, a: np.ndarray) -> int:
    """Return the key of the noise over a surface of amplitudes `a` (n_modes,) at a step."""
    words = a.view(np.uint32).astype(np.uint64) + np.arange(1, a.nbytes // 4 + 1, dtype=np.uint64) * _GOLDEN
    words *= _FIRST
    words ^= words >> _S32
    return (seed + (step << 32) + int(np.sum(words))) % 2**64


@njit(**FAST)
def key(seed, step, a):  # type: ignore[no-untyped-def]
    """Return `key_plain`, compiled."""
    words = a.view(np.uint32)
    total, place = np.uint64(0), np.uint64(0)
    for i in range(words.size):
        place += _GOLDEN
        word = (np.uint64(words[i]) + place) * _FIRST
        total += word ^ (word >> _S32)
    return seed + (np.uint64(step) << _S32) + total


def add_noise_plain(picture: np.ndarray, scale: float, key: int) -> np.ndarray:
    """Return `picture` plus normal noise of standard deviation `scale`, made of each pixel's number and the key."""
    low, high = _mixed(np.uint64(key))
    bits = np.arange(picture.size, dtype=np.uint32) * _STEP + low
    bits = (bits ^ (bits >> 16)) * _THIRD + high
    bits = (bits ^ (bits >> 15)) * _FOURTH
    bits ^= bits >> 16
    total = bits.view(np.uint8).reshape(*picture.shape, 4).sum(-1).astype(picture.dtype) - picture.dtype.type(_MEAN)
    return picture + scale * (_LINEAR * total + _CUBIC * total**3)


@njit(**FAST)
def add_noise(picture, scale, key) -> None:  # type: ignore[no-untyped-def]
    """Do as `add_noise_plain` in place."""
    flat = picture.ravel()
    number = flat.dtype.type
    low, high = _mixed(key)
    linear, cubic, mean = scale * number(_LINEAR), scale * number(_CUBIC), number(_MEAN)
    for i in range(flat.size):
        # numpy's functions, as operators would go on with 64 bits, in half as many lanes
        bits = np.add(np.multiply(np.uint32(i), _STEP), low)
        bits = np.add(np.multiply(np.bitwise_xor(bits, np.right_shift(bits, _S16)), _THIRD), high)
        bits = np.multiply(np.bitwise_xor(bits, np.right_shift(bits, _S15)), _FOURTH)
        bits = np.bitwise_xor(bits, np.right_shift(bits, _S16))
        pairs = (bits & _BYTES) + ((bits >> _S8) & _BYTES)
        total = number(np.int32((pairs + (pairs >> _S16)) & 0xFFFF)) - mean
        flat[i] += total * (linear + cubic * (total * total))


@njit(**FAST)
def _mixed(key):  # type: ignore[no-untyped-def]
    """Return two words of 32 bits, each of them made of all of the key (splitmix64)."""
    x = key + _GOLDEN
    x = (x ^ (x >> _S30)) * _FIRST
    x = (x ^ (x >> _S27)) * _SECOND
    x ^= x >> _S31
    return np.uint32(x), np.uint32(x >> _S32)


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
def edges(picture, smooth, change, out) -> None:  # type: ignore[no-untyped-def]
    """Write `edges_plain` into `out`; `smooth` and `change`, sums and differences along x, are room to work in.

    Loops run over the pixels as they lie in memory, and the ends of rows, whose neighbours there are of other rows,
    are done again.
    """
    n_x, n_y = picture.shape
    p, s, c = picture.ravel(), smooth.ravel(), change.ravel()
    _along_x(p[: -2 * n_y], p[n_y:-n_y], p[2 * n_y :], s[n_y:-n_y], c[n_y:-n_y])
    _along_x(p[:n_y], p[:n_y], p[n_y : 2 * n_y], s[:n_y], c[:n_y])
    _along_x(p[-2 * n_y : -n_y], p[-n_y:], p[-n_y:], s[-n_y:], c[-n_y:])
    _along_y(s[:-2], s[2:], c[:-2], c[1:-1], c[2:], out.ravel()[1:-1])
    for i in range(n_x):
        for j, before, after in ((0, 0, 1), (n_y - 1, n_y - 2, n_y - 1)):
            gx = (change[i, before] + change[i, after]) + (change[i, j] + change[i, j])
            gy = smooth[i, after] - smooth[i, before]
            out[i, j] = np.sqrt(gx * gx + gy * gy)


@njit(**FAST)
def _along_x(before, here, after, smooth, change) -> None:  # type: ignore[no-untyped-def]
    for i in range(smooth.size):
        smooth[i] = (before[i] + after[i]) + (here[i] + here[i])  # 2 * here would be of double precision
        change[i] = after[i] - before[i]


@njit(**FAST)
def _along_y(smooth_before, smooth_after, before, here, after, out) -> None:  # type: ignore[no-untyped-def]
    for i in range(out.size):
        gx = (before[i] + after[i]) + (here[i] + here[i])
        gy = smooth_after[i] - smooth_before[i]
        out[i] = np.sqrt(gx * gx + gy * gy)


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
    total = np.empty(picture.shape[1], out.dtype)
    cell = out.reshape(cells)
    for a in range(p):
        total[:] = 0
        for i in range(a * high, (a + 1) * high):
            for j in range(total.size):
                total[j] += picture[i, j]
        if wide == 2:  # a stride known beforehand makes vectors
            for b in range(q):
                cell[a, b] = share * (total[2 * b] + total[2 * b + 1])
        else:
            cell[a] = 0
            for j in range(wide):
                for b in range(q):
                    cell[a, b] += share * total[b * wide + j]
