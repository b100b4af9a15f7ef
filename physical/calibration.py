"""How hard the motors press and how bright is white: set once by training signals, fixed from then on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from millpond.physical.camera import Camera, crossed, light_plain
from millpond.physical.driven import DrivenWater
from millpond.physical.modes import mean_square
from millpond.reservoir import checks

_SEQUENCES, _ROWS = 32, 3200  # looked at, spread over all that are given
_PICTURES = 8  # of each of them
_FLAT = 1e-9  # 1 Pa commonly raises a slope of a hundredth


def part(signals: list[np.ndarray]) -> list[np.ndarray]:
    """Return signals spread over all that are given, short enough to look at in a moment."""
    places = np.unique(np.linspace(0, len(signals) - 1, _SEQUENCES).round().astype(int))
    return [signals[i][: _ROWS // len(places)] for i in places]


def rms_slope(water: DrivenWater, signals: list[np.ndarray]) -> float:
    """Return the root mean square slope over the pictures of the signals."""
    total, count = 0.0, 0
    for u in signals:
        for samples, _ in water.blocks(u, water.rest()):
            squares = mean_square(water.basin, samples.astype(float), 1)
            total, count = total + float(squares.sum()), count + len(squares)
    return float(np.sqrt(total / count))


def press(water: DrivenWater, shown: list[np.ndarray], slope: float, pressure: float | None, reference: float) -> None:
    """Set the pressures of `water`: of the signals' motors for a `slope`, or as given, and of the reference.

    Raises
    ------
    InputError
        Motors that raise no waves.
    """
    alone = np.zeros(len(water.pressures))
    alone[-1] = 1
    if not any(u.any() for u in shown):  # nothing to go by: then for a signal of one
        shown = [np.ones_like(u) for u in shown]
    water.press(1 - alone)
    signal = rms_slope(water, shown)
    water.press(alone)
    steady = rms_slope(water, shown)
    if not (0 < signal < np.inf and _FLAT < steady < np.inf):
        raise checks.InputError(
            f"a pressure of 1 Pa raises waves of slope {signal:.3g} by the signals and {steady:.3g} by the reference, "
            "so the pressure cannot be calibrated; check footprint, hold, carrier and the scale of the signals"
        )
    pressed = slope / signal if pressure is None else pressure
    water.press((1 - alone) * pressed + alone * reference * abs(pressed) * signal / steady)


def exposed(camera: Camera, water: DrivenWater, shown: list[np.ndarray]) -> tuple[Camera, float]:
    """Return the camera with unit, black and white set by pictures of `shown`, and how much of them light crosses."""
    surfaces = [a for u in shown for a in _some(water, u)]
    light = np.stack([light_plain(camera, a) for a in surfaces])
    unit = float(light.std()) or 1.0  # of a surface that stays flat
    low, high = float(light.min()), float(light.max())
    margin = 0.1 * (high - low) or 1.0
    camera = replace(camera, unit=unit, black=(low - margin) / unit, white=(high + margin) / unit)
    return camera, float(np.mean([crossed(camera, a) for a in surfaces]))


def _some(water: DrivenWater, u: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the surfaces of a few pictures of a signal."""
    every = max(1, len(u) * water.clock.kept_per_row // _PICTURES)
    seen = 0
    for samples, _ in water.blocks(u, water.rest()):
        yield from samples[-seen % every :: every]
        seen += len(samples)
