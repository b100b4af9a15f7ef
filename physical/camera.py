r"""The camera over the tank: from amplitudes of modes to a row of cells.

=========== ==================================================================================================
height      \eta itself (m): the linear control, which no camera sees
slope       |\nabla \eta|^2: light that a schlieren stop dims by the square of its deflection
shadowgraph 1 / |det(1 + d \nabla\nabla \eta)|: light bent at the surface, brighter where rays come together
sobel       the edges in the shadowgraph: the length of its Sobel gradient
=========== ==================================================================================================

The shadowgraph is geometrical optics: a ray that meets slope \nabla \eta lands at x + d \nabla \eta, with d the
distance to the screen times the deflection per slope ((n - 1) / n just under water; Moisy, Rabaud and Salsac 2009,
doi:10.1007/s00348-008-0608-z). Where rays cross (a caustic) brightness is cut at `BRIGHTEST`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from millpond.physical import light, sensor
from millpond.physical.light import BRIGHTEST
from millpond.physical.modes import Basin, cosines
from millpond.physical.waves import FAST
from millpond.reservoir.compiled import njit

CAMERAS = ("slope", "sobel", "shadowgraph", "height")
_SLOPES, _CURVATURES = ((1, 0), (0, 1)), ((2, 0), (0, 2), (1, 1))
_FIELDS = {"height": ((0, 0),), "slope": _SLOPES, "shadowgraph": _CURVATURES, "sobel": _CURVATURES}  # along x, along y


@dataclass(frozen=True)
class Camera:
    """What stays the same from picture to picture.

    Attributes
    ----------
    kind : str
        One of `CAMERAS`.
    X, Y : ndarray (3, n_pixels_x, n_modes_x), (3, n_modes_y, n_pixels_y)
        Modes at the pixels along an axis, their first and second derivatives.
    cells : tuple of int
        Cells along x and y; whole blocks of pixels.
    distance : float
        d of the shadowgraph, m.
    unit : float
        Brightness that counts as 1 in what the sensor returns.
    noise : float
        Standard deviation at each pixel, in that unit.
    black, white : float
        What the sensor can tell from less and from more, in that unit.
    levels : int
        Steps of grey from black to white; 0 for as many as there are numbers.
    seed : int
        Of the noise.
    """

    kind: str
    X: np.ndarray
    Y: np.ndarray
    cells: tuple[int, int]
    distance: float
    unit: float = 1.0
    noise: float = 0.0
    black: float = 0.0
    white: float = 1.0
    levels: int = 0
    seed: int = 0

    @property
    def pixels(self) -> tuple[int, int]:
        """Pixels along x and y."""
        return self.X.shape[1], self.Y.shape[2]

    @cached_property
    def factors(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Factors of the fields: even modes and odd ones at half of the pixels along x, all modes along y."""
        along_x, along_y = zip(*_FIELDS[self.kind], strict=True)
        half = self.X[list(along_x), : (self.pixels[0] + 1) // 2]
        even, odd = (np.ascontiguousarray(half[:, :, first::2]) for first in (0, 1))
        return even, odd, self.Y[list(along_y)]


def centres(side: float, count: int) -> np.ndarray:
    """Return the middles of `count` equal parts of a side."""
    return (np.arange(count) + 0.5) * side / count


def optics(basin: Basin, pixels: tuple[int, int], dtype: np.dtype) -> tuple[np.ndarray, np.ndarray]:
    """Return X and Y of a `Camera` whose pixels fill the tank."""
    x, y = (centres(side, n) for side, n in zip(basin.size, pixels, strict=True))
    X = np.stack([cosines(basin, 0, x, d) for d in range(3)])
    Y = np.stack([cosines(basin, 1, y, d).T for d in range(3)])
    return np.ascontiguousarray(X, dtype), np.ascontiguousarray(Y, dtype)


def light_plain(camera: Camera, a: np.ndarray) -> np.ndarray:
    """Return the brightness of each pixel (n_pixels_x, n_pixels_y) over a surface of amplitudes `a` (n_x, n_y)."""

    def field(along_x: int, along_y: int) -> np.ndarray:
        return camera.X[along_x] @ a @ camera.Y[along_y]

    if camera.kind == "height":
        return field(0, 0)
    if camera.kind == "slope":
        return field(1, 0) ** 2 + field(0, 1) ** 2
    return 1 / np.maximum(np.abs(spread_plain(camera, a)), 1 / BRIGHTEST)


def spread_plain(camera: Camera, a: np.ndarray) -> np.ndarray:
    """Return det(1 + d grad grad eta) at each pixel: the area light spreads over, negative behind a crossing."""

    def bent(along_x: int, along_y: int) -> np.ndarray:
        return camera.distance * (camera.X[along_x] @ a @ camera.Y[along_y])

    return (1 + bent(2, 0)) * (1 + bent(0, 2)) - bent(1, 1) ** 2


def crossed(camera: Camera, a: np.ndarray) -> float:
    """Return the share of pixels whose rays have crossed before the screen; 0 for cameras without one."""
    return float(np.mean(spread_plain(camera, a) < 0)) if camera.kind in ("shadowgraph", "sobel") else 0.0


def row_plain(camera: Camera, samples: np.ndarray, step: int) -> np.ndarray:
    """Return the cells of the picture exposed over `samples` (n_samples, n_x, n_y), the readable way."""
    picture = np.mean([light_plain(camera, a) for a in samples], axis=0) / camera.unit
    if camera.noise:
        key = sensor.key_plain(camera.seed, step, samples[-1].ravel())
        picture = sensor.add_noise_plain(picture, camera.noise, key)
    if camera.levels:
        picture = sensor.quantized_plain(picture, camera.black, camera.white, camera.levels)
    if camera.kind == "sobel":
        picture = sensor.edges_plain(picture)
    return sensor.pooled_plain(picture, camera.cells)


def photograph(
    camera: Camera, samples: np.ndarray, exposed: int, first_step: int, out: np.ndarray, frames: np.ndarray,
    frames_at: np.ndarray,
) -> None:  # fmt: skip
    """Fill `out` (n_pictures, n_cells), each picture from `exposed` of the `samples` in turn.

    Parameters
    ----------
    camera : Camera
    samples : ndarray (n_pictures * exposed, n_x, n_y)
        Amplitudes of the modes.
    first_step : int
        The number of the first picture in its run, counted from rest.
    out : ndarray (n_pictures, n_cells)
    frames : ndarray of uint8 (n_frames, n_pixels_y, n_pixels_x)
        Takes what the sensor saw in the pictures `frames_at` (n_frames,), in rising order.
    """
    kind = out.dtype.type
    _photograph(
        samples, exposed, *camera.factors, kind(camera.distance), kind(1 / camera.unit), kind(camera.noise),
        kind(camera.black), kind(camera.white), kind(camera.levels), camera.kind == "sobel", camera.pixels,
        camera.cells, np.uint64(camera.seed), first_step, out, frames, frames_at,
    )  # fmt: skip


@njit(**FAST)
def _photograph(  # type: ignore[no-untyped-def]
    samples, exposed, even, odd, Y, distance, gain, noise, black, white, levels, sobel, pixels, cells, seed,
    first_step, out, frames, frames_at,
) -> None:  # fmt: skip
    picture, strength = np.empty(pixels, out.dtype), np.empty(pixels, out.dtype)
    smooth, change = np.empty(pixels, out.dtype), np.empty(pixels, out.dtype)
    parts = np.empty((2, *even.shape[:2], pixels[1]), out.dtype)
    halves = np.empty(parts.shape[:1] + parts.shape[2:], out.dtype)
    sorted_modes = np.empty(samples.shape[1:], out.dtype)
    along_y = np.empty((samples.shape[1], pixels[1]), out.dtype)
    signs = np.array([1, -1], out.dtype)
    k = 0
    for t in range(out.shape[0]):
        picture[:] = 0
        for s in range(t * exposed, (t + 1) * exposed):
            light.fields(samples[s], even, odd, Y, sorted_modes, along_y, parts)
            for half in range(2):
                light.light(parts, signs[half], distance, gain / exposed, halves[half])
            light.add_halves(halves, picture)
        if noise > 0:
            key = sensor.key(seed, first_step + t, samples[(t + 1) * exposed - 1].ravel())
            sensor.add_noise(picture, noise, key)
        if levels > 0:
            sensor.quantize(picture, black, white, levels)
        if k < frames_at.size and frames_at[k] == t:
            sensor.develop(picture, black, white, frames[k])
            k += 1
        seen = picture
        if sobel:
            sensor.edges(picture, smooth, change, strength)
            seen = strength
        sensor.pool(seen, cells, out[t])
