"""What dynamic synapses do: a column meets a step of its input, with them, without, and without at the same rate."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from millpond.lsm import LiquidStateMachine, LiquidWarning
from millpond.reservoir import plots

BIN, QUIET, LOUD = 0.02, 0.5, 1.0  # s


def run(n_trials: int = 20, seed: int = 0, n_units: int = 135) -> list[dict[str, Any]]:
    """Return a row for each: rates before, at (first 60 ms) and well after the step, and their ``course`` (Hz).

    The input is silent for half a second, then 13 channels stand at numbers drawn for each trial. Static synapses
    transmit A U, what a first spike does; at the same rate, their weights are scaled until the column fires, well
    after the step, as often as the dynamic one.
    """
    rng = np.random.default_rng([6, seed])
    X = [np.repeat([np.zeros(13), rng.normal(size=13)], [50, 100], axis=0) for _ in range(n_trials)]
    base: dict[str, Any] = {"n_units": n_units, "engine": "numba", "random_state": seed}
    dynamic = _course(LiquidStateMachine(**base), X)
    low, high = 0.0, 1.0
    for _ in range(10):
        middle = (low + high) / 2
        more = _late(_course(LiquidStateMachine(**base, synapses="static", recurrent_gain=middle), X)) > _late(dynamic)
        low, high = (low, middle) if more else (middle, high)
    courses = {
        "dynamic": dynamic,
        "static": _course(LiquidStateMachine(**base, synapses="static"), X),
        f"static, weights x {low:.2f}": _course(LiquidStateMachine(**base, synapses="static", recurrent_gain=low), X),
        "no recurrence": _course(LiquidStateMachine(**base).without_recurrence(), X),
    }
    first = round(QUIET / BIN)
    return [
        {"synapses": name, "before (Hz)": float(course[first // 2 : first].mean()),
         "at the step (Hz)": float(course[first : first + 3].mean()), "after (Hz)": _late(course),
         "onset / after": float(course[first : first + 3].mean() / _late(course)), "course": course}
        for name, course in courses.items()
    ]  # fmt: skip


def _course(model: LiquidStateMachine, X: list[np.ndarray]) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LiquidWarning)  # static ones may saturate: that is the point
        spikes = model.fit(X).spikes(X)
    times = np.concatenate([t for t, _ in spikes])
    counts = np.histogram(times, round((QUIET + LOUD) / BIN), (0, QUIET + LOUD))[0]
    return np.asarray(counts / (BIN * len(X) * model.n_neurons_))


def _late(course: np.ndarray) -> float:
    return float(course[-round(LOUD / 2 / BIN) :].mean())


def picture(rows: list[dict[str, Any]]) -> Any:
    """Return a matplotlib figure of the courses."""
    axes = plots.axes(size=(7, 4))
    for row in rows:
        axes.plot((np.arange(len(row["course"])) + 0.5) * BIN, row["course"], label=row["synapses"])
    axes.axvline(QUIET, color="grey", lw=0.5)
    axes.set(xlabel="time (s)", ylabel="mean rate (Hz)", yscale="log")
    axes.legend()
    return axes.figure
