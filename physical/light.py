"""Brightness over a surface, compiled: the twin of `millpond.physical.camera.light_plain`.

Fields are small matrix products for each picture, always of the same shape, so that a picture's bits do not depend
on what else is computed. Pixels lie in mirror image about the middle of the tank, where the modes along x are even
in turn and odd: half of the pixels need a product with the even modes and one with the odd, whose sum is the field
there and whose difference (up to a sign, which all kinds of light square away) the field in the mirror.
"""

from __future__ import annotations

import numpy as np

from millpond.physical.waves import FAST
from millpond.reservoir.compiled import njit

BRIGHTEST = 5.0


@njit(**FAST)
def fields(a, even, odd, Y, sorted_modes, along_y, parts) -> None:  # type: ignore[no-untyped-def]
    """Fill `parts` (2, n_fields, n_half, n_pixels_y): what even and odd modes along x add up to in half of the pixels.

    `sorted_modes` (n_x, n_y), in which the even come first, and `along_y` (n_x, n_pixels_y) are room to work in.
    """
    n_even = even.shape[2]
    for m in range(a.shape[0]):
        place = m // 2 + m % 2 * n_even
        for n in range(a.shape[1]):
            sorted_modes[place, n] = a[m, n]
    for f in range(Y.shape[0]):
        np.dot(sorted_modes, Y[f], along_y)
        np.dot(even[f], along_y[:n_even], parts[0, f])
        np.dot(odd[f], along_y[n_even:], parts[1, f])


@njit(**FAST)
def light(parts, sign, d, gain, out) -> None:  # type: ignore[no-untyped-def]
    """Write gain times the brightness of half of the pixels, or for sign -1 of those that mirror them, into `out`."""
    flat, n_fields = out.ravel(), parts.shape[1]
    even, odd = parts[0].reshape(n_fields, flat.size), parts[1].reshape(n_fields, flat.size)
    e, o, e1, o1, e2, o2 = even[0], odd[0], even[-1], odd[-1], even[n_fields // 2], odd[n_fields // 2]
    if n_fields == 1:
        for i in range(flat.size):
            flat[i] = gain * (e[i] + sign * o[i])
    elif n_fields == 2:
        for i in range(flat.size):
            along_x, along_y = e[i] + sign * o[i], e1[i] + sign * o1[i]
            flat[i] = gain * (along_x * along_x + along_y * along_y)
    else:
        one, darkest = out.dtype.type(1), out.dtype.type(1 / BRIGHTEST)
        for i in range(flat.size):
            xx, yy, xy = d * (e[i] + sign * o[i]), d * (e2[i] + sign * o2[i]), d * (e1[i] + sign * o1[i])
            flat[i] = gain / max(abs((one + xx) * (one + yy) - xy * xy), darkest)


@njit(**FAST)
def add_halves(halves, picture) -> None:  # type: ignore[no-untyped-def]
    """Add the brightness of half of the rows, and of those that mirror them, to `picture`."""
    last = picture.shape[0] - 1
    for i in range(halves.shape[1]):
        for j in range(picture.shape[1]):
            picture[i, j] += halves[0, i, j]
    for i in range(picture.shape[0] // 2):  # the row in the middle, if there is one, is its own mirror image
        for j in range(picture.shape[1]):
            picture[last - i, j] += halves[1, i, j]
