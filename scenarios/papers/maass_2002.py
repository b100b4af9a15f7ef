"""How far apart a liquid keeps two inputs: figure 2 of the paper that named liquid state machines."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from millpond.lsm import LiquidStateMachine
from millpond.scenarios.papers.figures import Check, Paper

PAPER = Paper(
    title="Maass, Natschlaeger, Markram (2002), Real-time computing without stable states",
    doi="10.1162/089976602760407955",
    about="Figure 2: distance of liquid states for pairs of Poisson trains a given distance apart, 135 neurons, 500 "
    "ms; constants and definitions of both distances from Brian2's own example of it, as we had not its text. Pairs "
    "far apart are denser trains too: so few spikes of 20 Hz rarely make a distance of 0.4",
)
DISTANCES = (0.0, 0.1, 0.2, 0.4)
_RATE, _SECONDS, _ROW, _WIDTH = 20.0, 0.5, 1e-3, 5e-3
_SETTLED = slice(100, 500)  # rows: the first 100 ms are those of the different potentials at the start


def run(random_state: int = 0, quick: bool = False) -> list[Check]:
    """Return how the curves lie to each other, for as many drawn columns as there are seeds."""
    seeds = range(random_state, random_state + (3 if quick else 10))
    each = [curves(seed, 20 if quick else 200) for seed in seeds]
    found, n_spikes = (np.array(part) for part in zip(*each, strict=True))
    level = found[:, :, _SETTLED].mean(axis=2)
    order = "order: the figure's, as drawn by Brian2's example; the factor is ours"
    least = (3.0, 1.3, 1.2)
    checks = [
        Check(
            f"state distance at {d:g} over that at {below:g}", level[:, k + 1] / level[:, k], order, at_least=least[k]
        )
        for k, (below, d) in enumerate(pairwise(DISTANCES))
    ]
    early, late = found[:, 0, :100].max(axis=1), found[:, 0, 400:].mean(axis=1)
    fades = "ours: what potentials at the start do fades"
    checks.append(Check("equal inputs: last 100 ms over peak", late / early, fades, at_most=0.5))
    for k, d in enumerate(DISTANCES):
        checks.append(
            Check(f"state distance at {d:g}, 100 to 500 ms", level[:, k], "ours; the figure's axis ends at 2.5")
        )
    for k, d in enumerate(DISTANCES):
        checks.append(Check(f"spikes in an input at {d:g}", n_spikes[:, k], "ours; 20 Hz for 500 ms make 10"))
    return checks


def draw(ax: Any, random_state: int = 0) -> None:
    """Draw the distance of states over time for pairs of inputs each distance apart."""
    found, _ = curves(random_state, 20)
    for distance, curve in zip(DISTANCES, found, strict=True):
        ax.plot((np.arange(len(curve)) + 1) * _ROW, curve, label=f"{distance:g}")
    ax.set(xlabel="time (s)", ylabel="distance of states")
    ax.legend(title="inputs apart by", frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))


def curves(seed: int, n_pairs: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean state distance (n_distances, n_rows) in each millisecond, of one column, and spikes per input."""
    rng = np.random.default_rng([2002, seed])
    n_rows = round(_SECONDS / _ROW)
    found, n_spikes = np.zeros((len(DISTANCES), n_rows)), np.zeros(len(DISTANCES))
    for pair in range(n_pairs):
        # one network, but other potentials at the start of every run
        models = [
            LiquidStateMachine(
                input="maass2002", encoder="spikes", row_period=_ROW, engine="numba", trial=trial, random_state=seed
            ).fit(np.zeros((1, 1)))
            for trial in (2 * pair, 2 * pair + 1)
        ]  # fmt: skip
        for k, distance in enumerate(DISTANCES):
            inputs = [_counts(train, n_rows) for train in trains(distance, rng)]
            n_spikes[k] += np.sum(inputs) / (2 * n_pairs)
            u, v = (np.asarray(model.transform(x)) for model, x in zip(models, inputs, strict=True))
            found[k] += ((u - v) ** 2).mean(axis=1) / n_pairs
    return found, n_spikes


def trains(distance: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return two Poisson trains (s) whose `input_distance` is `distance` to within 5 %; equal ones for 0.

    The second keeps so many of the first one's spikes as makes this likely, and has fresh ones in place of the others.
    """
    kept = max(0.0, 1 - distance / (2 * _RATE * _WIDTH * np.sqrt(np.pi / 2)))
    while True:
        u = rng.uniform(0, _SECONDS, rng.poisson(_RATE * _SECONDS))
        if not distance:
            return u, u
        fresh = rng.uniform(0, _SECONDS, rng.poisson((1 - kept) * _RATE * _SECONDS))
        v = np.concatenate([u[rng.random(len(u)) < kept], fresh])
        if abs(input_distance(u, v) - distance) < 0.05 * distance:
            return u, v


def input_distance(u: np.ndarray, v: np.ndarray) -> float:
    """Return the mean over time of the squared difference of two trains (s) smoothed by exp(-(t / 5 ms)^2).

    In closed form, as if time went on beyond both ends.
    """
    times, signs = np.concatenate([u, v]), np.concatenate([np.ones(len(u)), -np.ones(len(v))])
    overlap = np.exp(-((times[:, None] - times) ** 2) / (2 * _WIDTH**2))
    return float(signs @ overlap @ signs) * _WIDTH * np.sqrt(np.pi / 2) / _SECONDS


def _counts(times: np.ndarray, n_rows: int) -> np.ndarray:
    return np.histogram(times, n_rows, (0, _SECONDS))[0][:, None].astype(float)
