"""Which of two spike templates came some segments ago? And two things about the input from one liquid at once.

Templates after the paper's: every segment is one of two fixed Poisson trains on each line, its spikes shifted by
chance; readouts see the state at the end. All rows look through the same filter, and with the same small noise:
without it the trace of a spike, e^-10 of it after ten time constants, could be read as well as a fresh one.
Maass, Natschlaeger and Markram (2002), doi:10.1162/089976602760407955.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from millpond.lsm import InputSpikes, LiquidStateMachine, LiquidWarning
from millpond.readout import Ridge, RidgeClassifier
from millpond.reservoir import Reservoir

ROW = 1e-3  # s
_LINES = 4
_COMMON: dict[str, Any] = {"encoder": "spikes", "row_period": ROW, "filters": 0.03}
_LIQUID: dict[str, Any] = {**_COMMON, "engine": "numba", "dt": 5e-4}
_BLUR = 0.05  # s.d. of the noise; a spike's trace begins at 1
N_SEGMENTS, SEGMENT, _HZ, _JITTER = 4, 0.1, 20.0, 4e-3


def recall(n_seeds: int = 3, n_train: int = 500, n_test: int = 300, n_units: int = 135) -> list[dict[str, Any]]:
    """Return how often each row names the template of the segment that ended 0, 1, 2 and 3 segments ago (chance .5)."""
    found: dict[str, list[list[float]]] = {}
    for seed in range(n_seeds):
        rng = np.random.default_rng([250, seed])
        X, y = strings(n_train + n_test, rng)
        for name, model in _rows(n_units, seed).items():
            last = _ends(model, X, rng)
            scores = []
            for back in range(N_SEGMENTS):
                target = y[:, N_SEGMENTS - 1 - back]
                readout = RidgeClassifier(standardize=True).fit(last[:n_train], target[:n_train])
                scores.append(float(np.mean(readout.predict(last[n_train:]) == target[n_train:])))
            found.setdefault(name, []).append(scores)
    return [
        {"row": name, **{f"{k} back": v for k, v in enumerate(np.mean(values, axis=0).tolist())}}
        for name, values in found.items()
    ]


def strings(n: int, rng: np.random.Generator) -> tuple[list[np.ndarray], np.ndarray]:
    """Return spike counts (n_rows, n_lines) of `n` strings of templates, and which of the two each segment is."""
    templates = [[rng.uniform(0, SEGMENT, rng.poisson(_HZ * SEGMENT)) for _ in range(_LINES)] for _ in range(2)]
    y = rng.integers(0, 2, (n, N_SEGMENTS))
    n_rows = round(N_SEGMENTS * SEGMENT / ROW)
    X = []
    for labels in y:
        counts = np.zeros((n_rows, _LINES))
        for line in range(_LINES):
            at = np.concatenate([k * SEGMENT + templates[label][line] for k, label in enumerate(labels)])
            at = np.abs(at + rng.normal(0, _JITTER, len(at)))  # none before the start
            counts[:, line] = np.histogram(at, n_rows, (0, n_rows * ROW))[0]
        X.append(counts)
    return X, y


def both(n_seeds: int = 3, n_trains: int = 60, seconds: float = 1.0, n_units: int = 135) -> list[dict[str, Any]]:
    """Return how much (r squared) a readout tells of the rate, and another of coincidences, from the same states."""
    found: dict[str, list[list[float]]] = {}
    for seed in range(n_seeds):
        rng = np.random.default_rng([75, seed])
        X = [_changing(seconds, rng) for _ in range(n_trains)]
        goals = {"rate": [rate(x) for x in X], "coincidences": [coincidences(x) for x in X]}
        half = n_trains // 2
        for name, model in _rows(n_units, seed).items():
            states = [s[100::5] for s in _states(model, X, rng)]
            scores = []
            for goal in goals.values():
                y = [g[100::5, None] for g in goal]
                readout = Ridge(standardize=True).fit(states[:half], y[:half])
                error = np.concatenate(
                    [readout.predict(s)[:, 0] - g[:, 0] for s, g in zip(states, y, strict=True)][half:]
                )
                scores.append(1 - float((error**2).mean() / np.var(np.concatenate(y[half:]))))
            found.setdefault(name, []).append(scores)
    return [
        {"row": name, **dict(zip(goals, np.mean(values, axis=0).tolist(), strict=True))}
        for name, values in found.items()
    ]


def rate(x: np.ndarray) -> np.ndarray:
    """Return the spikes of all lines in the last 30 ms."""
    return _recent(x.sum(axis=1), 30)


def coincidences(x: np.ndarray) -> np.ndarray:
    """Return in how many of the last 75 ms the first and the second line fired within 5 ms of each other."""
    first, second = (_recent(x[:, line], 5) > 0 for line in (0, 1))
    return _recent((first & second).astype(float), 75)


def _recent(x: np.ndarray, n: int) -> np.ndarray:
    return np.convolve(x, np.ones(n))[: len(x)]


def _changing(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Return Poisson trains whose rates, 0 to 80 Hz, are drawn anew every 50 ms for each line."""
    rates = np.repeat(rng.uniform(0, 80, (round(seconds / 0.05), _LINES)), round(0.05 / ROW), axis=0)
    return (rng.random(rates.shape) < rates * ROW).astype(float)


def _rows(n_units: int, seed: int) -> dict[str, Reservoir]:
    liquid = LiquidStateMachine(n_units=n_units, random_state=seed, **_LIQUID)
    return {
        "liquid": liquid,
        "no-recurrence": liquid.without_recurrence(),
        "delayed": LiquidStateMachine(n_units=n_units, preset="delayed", random_state=seed, **_LIQUID),
        "spikes": InputSpikes(**_COMMON, dt=5e-4),
    }


def _ends(model: Reservoir, X: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Return the state (n_sequences, n_units) at the end of each sequence; all rows of all would fill the memory."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LiquidWarning)
        model.fit(X)
        ends = np.stack([model.transform(x)[-1] for x in X])
    return ends + rng.normal(0, _BLUR, ends.shape)


def _states(model: Reservoir, X: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LiquidWarning)
        states = np.array(model.fit(X).transform(X))
    return states + rng.normal(0, _BLUR, states.shape)
