"""One model on one split of labelled sequences: scaled, driven, pooled, read out, scored; or trained whole."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from readout import Pool, RidgeClassifier
from reservoir import ChannelScaler, Reservoir, Sequences
from scenarios.folds import Fold

_BATCH_BYTES = 2**24  # states held at a time on their way to the pool


@dataclass(frozen=True)
class Outcome:
    """What one run of one model on one fold came to; what is trained end to end has no penalty."""

    predicted: np.ndarray
    penalty: float | None
    n_units: int
    n_features: int
    n_trained: int
    seconds: dict[str, float]
    peak_memory_mb: float
    operations: dict[str, dict[str, int]]


def scaled(sequences: Sequences, fold: Fold, weights: np.ndarray | None) -> tuple[Sequences, Sequences]:
    """Return the training and the test part, scaled by what the training part alone tells."""
    scaler = ChannelScaler(weights=weights).fit(sequences[fold.train])
    return scaler.transform(sequences[fold.train]), scaler.transform(sequences[fold.test])


def features(model: Reservoir, pool: Pool, sequences: Sequences) -> np.ndarray:
    """Return the pooled states (n_sequences, n_features), with few states in memory at a time."""
    rows = max(1, _BATCH_BYTES // (8 * model.n_units_))
    batch_of = np.cumsum(sequences.lengths) // rows
    starts = np.flatnonzero(np.diff(batch_of, prepend=-1))
    parts = []
    for first, last in zip(starts, [*starts[1:], len(sequences)], strict=True):
        parts.append(pool.fit_transform(model.transform(sequences.signals[first:last])))
    return np.concatenate(parts)


def evaluate(model: Reservoir, pool: Pool, sequences: Sequences, fold: Fold, weights: np.ndarray | None) -> Outcome:
    """Run `model` on one fold; nothing of the test part is seen before the prediction."""
    assert sequences.labels is not None
    _reset_peak_memory()
    clock = _Clock()
    train, test = scaled(sequences, fold, weights)
    model.fit(train)
    x_train, x_test = features(model, pool, train), features(model, pool, test)
    clock.lap("states")
    readout = RidgeClassifier(standardize=True).fit(x_train, train.labels, groups=fold.validation)
    clock.lap("train")
    predicted = readout.predict(x_test)
    clock.lap("predict")
    n_trained = readout.coef_.size + readout.intercept_.size
    return Outcome(
        predicted, readout.penalty_, model.n_units_, x_train.shape[1], n_trained, clock.laps, _peak_memory_mb(),
        {"per_step": model.operations(), "readout": {"multiply_adds": n_trained}},
    )  # fmt: skip


def evaluate_baseline(model: Any, sequences: Sequences, fold: Fold, weights: np.ndarray | None) -> Outcome:
    """Run what is trained end to end on one fold; nothing of the test part is seen before the prediction."""
    _reset_peak_memory()
    clock = _Clock()
    train, test = scaled(sequences, fold, weights)
    clock.lap("states")
    model.fit(train.signals, train.labels, fold.validation)
    clock.lap("train")
    predicted = model.predict(test.signals)
    clock.lap("predict")
    return Outcome(
        predicted, None, model.n_units_, model.n_features_, model.n_parameters_, clock.laps, _peak_memory_mb(),
        {"per_step": model.operations()},
    )  # fmt: skip


class _Clock:
    """CPU seconds of this process between laps: on a shared machine the time on the wall says little."""

    def __init__(self) -> None:
        self._last = time.process_time()
        self.laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.process_time()
        self.laps[name] = now - self._last
        self._last = now


def _reset_peak_memory() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass  # not Linux, or not allowed: the peak is then that of the process so far


def _peak_memory_mb() -> float:
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
