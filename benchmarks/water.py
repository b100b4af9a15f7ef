"""The bucket of water: times faster than numpy and scipy, and than stepping the waves in time.

numpy and scipy do the same computation on a whole sequence at a time: powers of the modes step by step, fields by
matrix products, scipy.ndimage for edges, numpy's noise. py-pde steps a wave equation over as much time, on a grid of as
many points as the tank has modes times two each way, undamped and without dispersion: less physics for its time.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from scipy.ndimage import correlate1d

from benchmarks.measure import Row, in_turns, ratio
from millpond.physical import WaveTank
from millpond.physical.camera import BRIGHTEST, optics
from millpond.physical.modes import eigenvalues
from millpond.physical.motors import on_carrier, pushes, responses
from millpond.readout import Pool

_CELLS = (28, 25)


def rows() -> list[Row]:
    """Measure tank and camera against numpy, the waves against py-pde, and 3000 words."""
    rng = np.random.default_rng(0)
    u = rng.normal(size=(200, 8))
    tank = WaveTank(
        modes=(32, 32), camera="sobel", distance=0.005, reference=0.0, pressure=5.0, noise=0.02, random_state=0
    ).fit(u)
    theirs, silent = _Plain(tank), _silent(tank, u)
    difference = np.abs(theirs.run(u, noise=False) - silent).max() / np.abs(silent).max()
    assert difference < 1e-3, f"states differ by {difference}"
    seconds = in_turns(lambda: theirs.run(u), lambda: tank.transform(u), rounds=7)
    step = 1e6 * np.median(seconds[1]) / len(u)
    found = [
        Row("tank and edges, 32 x 32 modes, 8 motors, 56 x 50 pixels: a row", step, "µs"),
        Row("the same against numpy and scipy", ratio(seconds), "x", 15.0),
    ]
    return [*found, *_against_stepping(tank, u), *_words(rng)]


def _silent(tank: WaveTank, u: np.ndarray) -> np.ndarray:
    """Return the states without the sensor's noise, which numpy would draw otherwise."""
    quiet = WaveTank(**tank.get_params() | {"noise": 0.0}).fit(u)
    return quiet.transform(u) * quiet._camera.unit


class _Plain:
    """The tank in numpy and scipy, a whole sequence at a time, single precision."""

    def __init__(self, tank: WaveTank) -> None:
        basin, motors = tank._water.basin, tank._water.motors
        lam = eigenvalues(basin).ravel()
        H = responses(lam, pushes(basin, motors), motors.carriers, tank.hold) * tank._water.pressures[:, None]
        self.E, self.H = np.exp(lam * tank.hold).astype("c8"), H.reshape(-1, len(lam)).astype("c8")
        self.heights = np.divide(1, lam.imag, out=np.zeros(len(lam)), where=lam.imag > 0).astype("f4")
        self.X, self.Y = optics(basin, tank._camera.pixels, np.dtype("f4"))
        self.tank, self.rng = tank, np.random.default_rng(0)

    def run(self, u: np.ndarray, noise: bool = True) -> np.ndarray:
        """Return the cells (n_rows, n_cells), in units of brightness."""
        water = self.tank._water
        V = on_carrier(water.motors.told(u.astype("f4")), water._turns(np.arange(len(u))))
        push, z, a = V @ self.H, np.zeros(len(self.E), "c8"), np.empty((len(u), len(self.E)), "f4")
        for t, p in enumerate(push):
            z = self.E * z + p
            a[t] = z.imag * self.heights
        a = a.reshape(len(u), *water.basin.modes)

        def field(x: int, y: int) -> np.ndarray:
            return self.X[x] @ (a @ self.Y[y])

        d = np.float32(self.tank.distance)
        spread = (1 + d * field(2, 0)) * (1 + d * field(0, 2)) - (d * field(1, 1)) ** 2
        light = 1 / np.maximum(np.abs(spread), np.float32(1 / BRIGHTEST))
        if noise:
            light += np.float32(self.tank.noise) * self.rng.standard_normal(light.shape, "f4")
        edges = np.hypot(_slope_along(light, 1, 2), _slope_along(light, 2, 1))
        p, q = _CELLS
        return edges.reshape(len(u), p, 56 // p, q, 50 // q).mean((2, 4)).reshape(len(u), -1)


def _slope_along(light: np.ndarray, axis: int, other: int) -> np.ndarray:
    """Return the Sobel derivative of every picture; scipy's own would smooth over time as well."""
    return correlate1d(correlate1d(light, [-1, 0, 1], axis, mode="nearest"), [1, 2, 1], other, mode="nearest")


def _against_stepping(tank: WaveTank, u: np.ndarray) -> list[Row]:
    """Measure the waves alone, and waves with the camera, per second of water, against py-pde on the same stretch."""
    what = "per second of water, against py-pde (64 x 64, Runge-Kutta 4): waves alone"
    try:
        pde: Any = importlib.import_module("pde")
    except ImportError:
        return [Row(what, None, "x", 50.0, note="py-pde is not installed: pip install 'millpond[peers]'")]
    span = 0.2
    grid = pde.CartesianGrid([[0, 0.30], [0, 0.24]], [64, 64])
    wave = pde.WavePDE(speed=0.5, bc="neumann")
    start = wave.get_initial_condition(pde.ScalarField.random_uniform(grid))
    step = 0.5 * 0.24 / 64 / 0.5
    solver = pde.RungeKuttaSolver(wave, adaptive=False, backend="numba")
    run = solver.make_stepper(start, dt=step)
    short = u[:50]  # ten seconds

    def theirs() -> None:
        run(start.copy(), 0, span)

    seconds = in_turns(
        theirs, lambda: tank._water.run(short, tank.initial_state()), lambda: tank.transform(short), rounds=7
    )  # fmt: skip
    seconds[0] /= span
    seconds[1:] /= len(short) * tank.hold
    return [
        Row(what, ratio(seconds), "x", 50.0),
        Row("the same, waves and edges", ratio(seconds[[0, 2]]), "x", 50.0),
    ]


def _words(rng: np.random.Generator) -> list[Row]:
    words = [rng.normal(size=(n, 16)) for n in rng.integers(15, 46, 3000)]
    found = []
    for camera, asked in (("slope", 3.0), ("sobel", 8.0)):
        tank = WaveTank(camera=camera, distance=0.005, random_state=0).fit(words)
        pool = Pool("segments", n_segments=3)

        def features(tank: WaveTank = tank, pool: Pool = pool) -> None:
            for i in range(0, len(words), 64):
                pool.fit_transform(tank.transform(words[i : i + 64]))

        seconds = float(np.median(in_turns(features, rounds=3)))
        found.append(
            Row(f"3000 words, {sum(map(len, words))} rows, {camera} camera, pooled", seconds, "s", asked, at_most=True)
        )
    return found
