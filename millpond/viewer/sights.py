"""What is to be seen of a liquid while it hears one utterance: plain facts, and arrays small enough for a page."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np

from millpond.lsm import LiquidStateMachine
from millpond.physical import WaveTank
from millpond.recording import Recording
from millpond.reservoir import Reservoir
from millpond.viewer.packing import quantised

TICK = 1e-4  # s, of the spike times
N_SHOWN = 100  # units of a picture of states
SPREAD = 2.5  # standard deviations from the middle of that picture to its ends
N_WORDS, N_DOTS = 60, 400  # of the training part, by which units are ordered; states drawn of them
GRID = (64, 52)  # points of the water's surface along x and y

Seen = tuple[dict[str, Any], dict[str, np.ndarray]]


def kind_of(model: Reservoir) -> str:
    """Return how a model is drawn: "lsm", "water", or "esn" for all that show their states alone."""
    return "lsm" if isinstance(model, LiquidStateMachine) else "water" if isinstance(model, WaveTank) else "esn"


def seen(model: Reservoir, inputs: np.ndarray, states: np.ndarray, recording: Recording) -> Seen:
    """Return facts and arrays of an utterance of the `inputs` (n_steps, n_channels) and `states` (n_steps, n_units)."""
    if isinstance(model, LiquidStateMachine):
        return spiking(model, inputs, recording.period)
    return surfaced(model, inputs) if isinstance(model, WaveTank) else stated(states, recording)


def spiking(model: LiquidStateMachine, inputs: np.ndarray, period: float) -> Seen:
    """Return the spikes on the input lines and of the neurons, in the time of the sound, and where these are."""
    [(times, units)], [(in_times, lines)] = model.spikes([inputs]), model.input_spikes([inputs])
    tick = TICK * model.row_period / period  # a liquid may take longer over a row than the sound
    grid = model.liquid_.grid
    return (
        {"n_neurons": model.n_neurons_, "n_lines": len(model.W_in_), "n_inhibitory": int(model.inhibitory_.sum()),
         "sides": (np.ptp(grid, axis=0) + 1).round().astype(int).tolist(), "tick": TICK},
        {"places": (grid - grid.min(0)).astype(np.uint16), "inhibitory": model.inhibitory_.astype(np.uint16),
         "times": np.round(times / tick).astype(np.uint16), "units": units.astype(np.uint16),
         "input_times": np.round(in_times / tick).astype(np.uint16), "lines": lines.astype(np.uint16)},
    )  # fmt: skip


def stated(states: np.ndarray, recording: Recording) -> Seen:
    """Return some of the states, and their way through the plane in which training words move them most.

    Units are taken evenly, each in its own standard deviations from its own mean, and ordered by their angle in that
    plane, so that neighbours do alike. All of it is learnt from training words.
    """
    train = recording.part("train")
    known = np.concatenate(train.states[np.unique(np.linspace(0, len(train) - 1, N_WORDS).round().astype(int))])
    units = np.unique(np.linspace(0, states.shape[1] - 1, N_SHOWN).round().astype(int))
    middle, spread = known[:, units].mean(0, dtype=float), known[:, units].std(0, dtype=float)
    spread[spread == 0] = 1
    known, shown = ((x[:, units] - middle) / spread for x in (known, states))
    axes = np.linalg.eigh(known.T @ known)[1][:, :-3:-1]
    axes = axes * np.where(axes.sum(0) < 0, -1, 1)  # a sign of its own for each, or it hangs on the linear algebra
    order = np.argsort(np.arctan2(axes[:, 1], axes[:, 0]), kind="stable")
    known, path = known @ axes, shown @ axes
    each = known.std(0) + (known.std(0) == 0)
    dots = known[:: max(1, len(known) // N_DOTS)] / each
    return (
        {"n_units": states.shape[1], "n_shown": len(units), "spread": SPREAD},
        {"states": quantised(shown[:, order], -SPREAD, SPREAD), "path": (path / each).astype(np.float32),
         "dots": dots.astype(np.float32)},
    )  # fmt: skip


def rooted(values: np.ndarray) -> np.ndarray:
    """Return the square root of each size with the sign kept: small waves beside a motor's get more of the levels."""
    return np.sign(values) * np.sqrt(np.abs(values))


def surfaced(model: WaveTank, inputs: np.ndarray) -> Seen:
    """Return the water's surface at the end of each row, what the camera sees of it, and the motors."""
    heights = model.surface(inputs, GRID).transpose(0, 2, 1)  # as pictures lie: rows along y, columns along x
    highest = float(np.abs(heights).max()) or 1.0
    slopes = np.gradient(heights / highest, axis=(1, 2))  # per point, what light needs
    frames = copy(model).set_params(frames_every=1).observe([inputs])["frames"][0]
    dark, light = np.percentile(frames, [1, 99.8])
    return (
        {"size": list(map(float, model.size)), "hold": float(model.hold), "camera": model.camera,
         "frame": list(frames.shape[:0:-1]),
         "dark": float(dark), "light": float(max(light, dark + 1)),
         "highest": highest, "slope": float(np.sqrt(sum(np.square(s).mean() for s in slopes))) or 1.0,
         "reference": bool(model.reference), "n_motors": len(model.motor_positions_) - bool(model.reference)},
        {"heights": quantised(rooted(heights / highest), -1, 1), "frames": frames,
         "motors": (model.motor_positions_ / model.size).astype(np.float32)},
    )  # fmt: skip
