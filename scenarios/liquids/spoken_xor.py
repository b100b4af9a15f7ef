"""Are the last two words the same? Spoken zeros and ones, on speakers never heard, from spikes in to spikes out.

Every word has a slot of 600 ms, and at its end a linear readout says whether the word and the one before it differ. No
sum over single moments of the sound can tell: it takes products of moments 600 ms apart. Axons that are as long as
a slot make them, as neurons hear the last word's echo together with the present one. Off is the same network without
connections, at the same mean rate; the control `spikes` is what the neurons hear, through the same filters.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from lsm import IntegrateFire, LiquidStateMachine, LiquidWarning
from readout import RidgeClassifier
from reservoir import Reservoir, Sequences, checks
from scenarios.liquids.delays import at_rate, rate

SLOT, GAP, N_WORDS, BANDS = 60, 2, 5, 8  # rows of 10 ms; the last three words of a string are asked for
HELD_OUT = ("george", "lucas", "yweweler")  # settings were chosen on jackson, nicolas, theo
_BATCH = 60


def network(seed: int = 0, n_units: int = 500) -> LiquidStateMachine:
    """Return a `delayed` network whose axons take 570 to 630 ms: not cortex, but the length of a slot."""
    return LiquidStateMachine(
        n_units=n_units, preset="delayed", recurrent_gain=0.8, input_gain=4.0, fan_in=2, filters=(0.1, 0.3), dt=1e-3,
        constants={"delay": 0.57, "longest_delay": 0.63, "driven": 1.0, "input_scale": 1.0},
        encoder=IntegrateFire(signed=False), engine="numba", random_state=seed,
    )  # fmt: skip


def run(
    words: Sequences, held_out: tuple[str, ...] = HELD_OUT, n_seeds: int = 3, per_speaker: int = 180,
    n_units: int = 500, first_seed: int = 1,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the share of right answers of each row, for each speaker held out while all others train.

    Parameters
    ----------
    words : Sequences
        All recordings behind the front end "bands16", labels 0 and 1 among them.
    held_out : tuple of str
    n_seeds, per_speaker, n_units, first_seed : int
        Strings and networks are drawn anew for each seed.
    """
    found: dict[str, list[list[float]]] = {}
    rates: dict[str, list[float]] = {}
    for seed in range(first_seed, first_seed + n_seeds):
        for k, speaker in enumerate(held_out):
            X, y, of = strings(loudness(words, speaker), words, per_speaker, np.random.default_rng([600, seed]))
            on = network(seed, n_units).fit(X[0])
            some = X[:: max(1, len(X) // 30)]
            off = at_rate(on.without_recurrence(), some, rate(on, some), high=16.0)
            models: dict[str, Reservoir] = {"on": on, "off": off, "spikes": on.own_controls()["spikes"]}
            for name, model in models.items():
                seen = found.setdefault(name, [[] for _ in held_out])
                seen[k].append(_score(model, X, y, of, speaker))
                fires = rate(model, some) if isinstance(model, LiquidStateMachine) else np.nan
                rates.setdefault(name, []).append(fires)
    return [
        {"row": name, **{who: float(np.mean(s)) for who, s in zip(held_out, scores, strict=True)},
         "mean": float(np.mean(scores)), "s.d. of seeds": float(np.mean(scores, axis=0).std()),
         "rate (Hz)": float(np.mean(rates[name]))}
        for name, scores in found.items()
    ]  # fmt: skip


def loudness(words: Sequences, held_out: str) -> list[np.ndarray]:
    """Return how loud each word is in eight bands, silence being 0, in units that all but one speaker give."""
    assert words.groups is not None
    signals = [np.asarray(x).reshape(len(x), BANDS, -1).mean(axis=2) for x in words.signals]
    others = np.vstack([x for x, who in zip(signals, words.groups, strict=True) if who != held_out])
    floor = np.percentile(others, 2, axis=0)
    unit = np.maximum(others - floor, 0).std(axis=0)
    return [np.maximum(x - floor, 0) / unit for x in signals]


def strings(
    signals: list[np.ndarray], words: Sequences, per_speaker: int, rng: np.random.Generator
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Return strings of zeros and ones (n_rows, n_bands), which words they are (n_strings, 5), and whose."""
    assert words.labels is not None
    assert words.groups is not None
    labels = np.asarray(words.labels).astype(str)
    short = np.array([len(x) <= SLOT - GAP - 3 for x in signals])
    X, y, of = [], [], []
    for speaker in np.unique(words.groups):
        takes = [np.flatnonzero((words.groups == speaker) & (labels == word) & short) for word in "01"]
        if not all(map(len, takes)):
            raise checks.InputError(f"{speaker} says no zero or no one in {10 * SLOT} ms; leave that speaker out")
        for said in rng.integers(0, 2, (per_speaker, N_WORDS)):
            x = np.zeros((N_WORDS * SLOT, BANDS))
            for k, word in enumerate(said):
                sound = signals[rng.choice(takes[word])]
                x[k * SLOT + GAP : k * SLOT + GAP + len(sound)] = sound
            X.append(x)
            y.append(said)
            of.append(speaker)
    return X, np.array(y), np.array(of)


def _score(model: Reservoir, X: list[np.ndarray], y: np.ndarray, of: np.ndarray, held_out: str) -> float:
    ends = np.arange(N_WORDS - 3, N_WORDS)
    states = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LiquidWarning)
        model.fit(X[0])
        for first in range(0, len(X), _BATCH):  # few states in memory at a time
            states += [s[(ends + 1) * SLOT - 1] for s in model.transform(X[first : first + _BATCH])]
    differ, whose = (y[:, ends] != y[:, ends - 1]).ravel(), np.repeat(of, len(ends))
    seen, train = np.vstack(states), whose != held_out
    readout = RidgeClassifier(standardize=True).fit(seen[train], differ[train], groups=whose[train])
    return float(np.mean(readout.predict(seen[~train]) == differ[~train]))
