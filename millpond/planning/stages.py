"""The stages of a job and their costs."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from millpond.evaluation.folds import Fold
from millpond.evaluation.learning_curve import SHARES
from millpond.evaluation.models import adjusted
from millpond.evaluation.task_data import Material
from millpond.execution.processors import n_processors
from millpond.planning import disk, machine
from millpond.planning.calibration import Measured, memory_of_batch
from millpond.planning.fitting import Point, Span, counted, exact, for_each_row, once
from millpond.planning.readout import Rates, Work, ridge
from millpond.readout import Pool
from millpond.recording import shards
from millpond.recording.filling import rows_at_a_time
from millpond.reservoir import Reservoir

_STATES = 2**24  # bytes of states before pooling (`millpond.evaluation.evaluate`)


@dataclass(frozen=True)
class Subject:
    """The planned task and model with their measurements.

    Attributes
    ----------
    load_seconds, scale_seconds : float
        CPU time of loading the existing sequences with the front end, and of scaling them.
    raw_bytes, bytes : float
        Bytes of the raw data, and of the sequences and questions after the front end.
    """

    names: dict[str, str]
    model: Reservoir
    pool: Pool | None
    material: Material
    folds: list[Fold]
    load_seconds: float
    scale_seconds: float
    raw_bytes: float
    bytes: float
    measured: Measured
    rates: Rates
    speeds: dict[str, float]


class Job:
    """One size of the job and the costs of its stages."""

    def __init__(self, subject: Subject, units: int | None, n: int) -> None:
        self.subject, self.n = subject, n
        self.found = subject.measured
        self.own = subject.material.sequences
        sizes = self.found.sizes
        self.units = 1 if self.found.units is None else units or self.found.units
        self.more = n / len(self.own)
        self.rows = float(self.own.lengths.sum()) * self.more
        known = [size.units for size in sizes]
        self.columns = round(counted(known, [size.model.n_units_ for size in sizes], self.units))
        self.held = counted(known, [size.held for size in sizes], self.units)
        self.peak = max(self.held, counted(known, [size.peak for size in sizes], self.units))
        spikes = counted(known, [size.spikes for size in sizes], self.units)
        self.contents = replace(self.found.contents, spikes=spikes)
        *self._products, product = machine.products([(s.units, s.held) for s in sizes] + [(self.units, self.held)])
        self.point = Point(self.rows, self.units, product)
        self.bytes = subject.bytes * self.more
        self.file = disk.recording(self.contents, n, self.rows, self.columns) + self.found.header

    def build(self) -> Span:
        """Return the time of fitting the model once."""
        return once(*self._measured("build"), self.point)

    def _measured(self, stage: str) -> tuple[list[Point], list[float]]:
        return self.found.points(stage, self._products)

    def data(self) -> dict[str, Any]:
        """Return the stage of loading and the front end, in one process."""
        cpu = exact((self.subject.load_seconds + self.subject.scale_seconds) * self.more)
        return _stage("data", cpu, cpu, self.found.base + (self.subject.raw_bytes + self.subject.bytes) * self.more)

    def recording(self, n_workers: int) -> dict[str, Any]:
        """Return the stage of driving all sequences with workers that hold the model and a run of sequences."""
        shards = self.n_shards
        shared = min(n_workers, shards)
        driven = for_each_row(*self._measured("record"), self.point)
        build = self.build()
        batch, piece = self.held + memory_of_batch(self.columns), 1 / shards
        if shared == 1:  # this process also loads, scales and fits
            batch, piece = max(batch, self.peak) + self.subject.raw_bytes * self.more, 1.0
        memory = self.found.base + batch + self._spikes_of_batch + 2 * self.bytes * piece
        network = 0.0 if n_workers <= n_processors() else self.held * shared + self.bytes + self.file
        wall = (build + driven.times(1 / shared)).at_least(self.file / self.subject.speeds["write"])
        return _stage("recording", build + driven, wall, memory, self.file, network) | {"shards": shards}

    def one_file(self, n_workers: int) -> dict[str, Any]:
        """Return the stage of copying the shards of other machines into one file, in one process.

        As many workers as this machine has processors run here and write directly to the file.
        """
        if n_workers <= n_processors():
            taken = exact(0.0)
            return _stage("one file", taken, taken, 0.0)
        taken = exact(self.file / self.subject.speeds["copy"])
        memory = self.found.base + 2 * self.bytes + 24 * self.contents.spikes * self.rows / self.n_shards
        return _stage("one file", taken, taken, memory, self.file, self.file)

    @property
    def n_shards(self) -> int:
        """Number of shards of a recording."""
        return shards.number(self.n, self.rows, self.columns)

    @property
    def _spikes_of_batch(self) -> float:
        """Bytes of spikes in memory, unsorted and sorted."""
        return 40 * self.contents.spikes * min(self.rows, rows_at_a_time(self.columns))

    def training(self) -> dict[str, Any]:
        """Return the stage of training a readout for each question from the recording, in one process."""
        work, table = self.readouts(1.0)
        read = for_each_row(*self._measured("read"), self.point, by=("units",))
        cpu = read + exact(sum(self.subject.rates.seconds(w) for w in work))
        return _stage("training", cpu, cpu, self.found.base + max(2 * table, table + max(w.n_bytes for w in work)))

    def comparison(self, n_workers: int, n_seeds: int) -> dict[str, Any]:
        """Return the stage of running only the model on all folds and seeds."""
        tasks = len(self.subject.folds) * n_seeds
        build, states = self.build(), for_each_row(*self._measured("states"), self.point)
        work, table = self.readouts(1.0)
        fewer = [w for share in SHARES for w in self.readouts(share)[0][:1]]
        train, curve = (sum(self.subject.rates.seconds(w) for w in own) for own in (work, fewer))
        one = build + states + exact(train + self.subject.scale_seconds * self.more)
        cpu = one.times(tasks) + exact(curve * len(self.subject.folds))
        shared = min(n_workers, tasks)
        rounds = -(-tasks // shared)
        wall = one.times(rounds) + exact(curve)
        driving = self.peak + 2 * _STATES + table
        memory = (
            self.found.base + 2 * self.bytes + self.held + max(driving, 2 * table, table + max(w.n_bytes for w in work))
        )
        answers = sum(float(q.counts.sum()) for q in self.subject.material.questions) * self.more * 8
        sent = 0.0 if shared == 1 else self.bytes * shared + self._sent * tasks + answers * n_seeds
        return _stage("comparison", cpu, wall, memory, answers * n_seeds, sent) | {"tasks": tasks}

    @property
    def _sent(self) -> float:
        """Bytes that are sent to a worker for each job: the unfitted model and the indices of sequences."""
        return len(pickle.dumps(adjusted(self.subject.model, seed=0))) + 8 * 3 * self.n

    def readouts(self, share: float) -> tuple[list[Work], float]:
        """Return the work of each readout on a share of the training part, and the bytes of its tables."""
        work, table, places = [], 0.0, set()
        part = share * self.share_of_training
        for question in self.subject.material.questions:
            answers = float(question.counts.sum()) * self.more
            pooled = question.rows is None
            f = self.n_features if pooled else self.columns
            told = np.concatenate(question.answers)
            n_outputs = len(np.unique(told)) if question.score == "accuracy" else 1
            work.append(ridge(max(2.0, answers * part), f, n_outputs, self.n_groups))
            if id(question.rows) not in places:
                places.add(id(question.rows))
                table += 8 * answers * f
        return work, table

    @property
    def share_of_training(self) -> float:
        """Share of the sequences on which readouts are trained, mean over folds."""
        return float(np.mean([len(fold.train) for fold in self.subject.folds])) / len(self.own)

    @property
    def n_groups(self) -> int:
        """Number of validation folds."""
        return min(10, len(np.unique(self.subject.folds[0].validation)))

    @property
    def n_features(self) -> int:
        """Number of features after pooling."""
        pool = self.subject.pool
        return self.columns * (1 if pool is None else pool.fit_transform([np.zeros((2, 1))]).shape[1])


def _stage(
    name: str, cpu: Span, wall: Span, memory: float, on_disk: float = 0.0, network: float = 0.0
) -> dict[str, Any]:
    return {
        "name": name, "cpu_seconds": cpu._asdict(), "wall_seconds": wall._asdict(), "memory_bytes": memory,
        "disk_bytes": on_disk, "network_bytes": network,
    }  # fmt: skip
