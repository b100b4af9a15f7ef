"""Evaluate one model on one fold of a task in which the readout output is fed back as input."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.evaluation.evaluate import Outcome
from millpond.evaluation.folds import Fold
from millpond.evaluation.resources import Clock, peak_memory_mb, reset_peak_memory
from millpond.evaluation.task_data import Loop, Material
from millpond.readout import Ridge
from millpond.reservoir import ChannelScaler, Reservoir

LIMIT = 4.0  # standard deviations at which an output is clipped, like a joint at its stop


def evaluate_loop(model: Reservoir, material: Material, loop: Loop, fold: Fold, seed: int = 0) -> Outcome:
    """Train a readout with teacher forcing on the training part, then run it freely on the test part.

    The last input channels are the targets of the previous time step, with noise. In training they are true targets.
    On the test part they are the true targets for `loop.n_taught` time steps and the readout output afterwards. `seed`
    is the random seed of the noise.
    """
    reset_peak_memory()
    clock = Clock()
    sequences = material.sequences
    assert sequences.targets is not None
    n_fed = sequences.targets[0].shape[1]
    rng = np.random.default_rng([21, seed])
    scaler = ChannelScaler().fit(sequences[fold.train])
    heard = [_noisy(scaler.transform(sequences.signals[i]), n_fed, loop.noise, rng) for i in fold.train]
    states = np.concatenate(model.fit_transform(heard))
    clock.lap("states")
    wanted = np.concatenate([sequences.targets[i] for i in fold.train])
    groups = np.repeat(fold.validation, sequences.lengths[fold.train])
    readout = Ridge(standardize=True).fit(states, wanted, groups=groups)
    clock.lap("train")
    asked: dict[str, list[np.ndarray]] = {q.name: [] for q in material.questions}
    for i in fold.test:
        for name, answers in loop.asked(alone(model, readout, scaler, sequences.signals[i], loop, rng)).items():
            asked[name].append(answers)
    clock.lap("predict")
    return Outcome(
        {name: np.concatenate(answers) for name, answers in asked.items()}, {"next row": readout.penalty_},
        model.n_units_, states.shape[1], readout.coef_.size + readout.intercept_.size, clock.laps, peak_memory_mb(),
        {"per_step": model.operations(), "readout": {"multiply_adds": readout.coef_.size}},
    )  # fmt: skip


def alone(
    model: Reservoir, readout: Any, scaler: ChannelScaler, signal: np.ndarray, loop: Loop, rng: np.random.Generator
) -> np.ndarray:
    """Return the readout output (n_steps, n_outputs), which replaces the last channels of `signal`.

    The first `loop.n_taught` time steps are used unchanged.
    """
    stream, n_fed = model.stream(), len(readout.coef_)
    said = np.empty((len(signal), n_fed))
    taught = _noisy(scaler.transform(signal[: loop.n_taught]), n_fed, loop.noise, rng)
    said[: loop.n_taught] = readout.predict(stream.run(taught))
    for t in range(loop.n_taught, len(signal)):
        row = (np.concatenate([signal[t, :-n_fed], said[t - 1]]) - scaler.mean_) / scaler.scale_
        row[-n_fed:] = np.clip(row[-n_fed:], -LIMIT, LIMIT)
        said[t] = readout.predict(stream.run(_noisy(row[None], n_fed, loop.noise, rng)))[0]
    return said


def _noisy(rows: np.ndarray, n_fed: int, noise: float, rng: np.random.Generator) -> np.ndarray:
    rows = rows.copy()
    rows[:, -n_fed:] += noise * rng.standard_normal((len(rows), n_fed))
    return rows
