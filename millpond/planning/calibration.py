"""Small runs of the model on the task, from which large runs are estimated."""

from __future__ import annotations

import tempfile
import time
import tracemalloc
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from millpond.evaluation.evaluate import driven
from millpond.evaluation.fitting import tables
from millpond.evaluation.models import adjusted
from millpond.evaluation.resources import peak_memory_mb, reset_peak_memory
from millpond.planning import disk, machine
from millpond.planning.fitting import Point
from millpond.readout import Pool
from millpond.recording import Recording, record
from millpond.reservoir import Reservoir, Sequences, checks

STAGES = ("build", "record", "states", "read")
"""The measured stages: fitting, recording, states for readouts, and reading them from a recording."""

_ROUNDS = (3, 15)  # minimum and maximum number of rounds; the time decides
_READ = 3  # repetitions per round
_STEP = 3  # factor between sizes
_LEAST_UNITS = 30
_MOST_SIZES = 3  # number of sizes that are run in turns: the largest that were built
_RUN = 0.25  # approximate seconds of a run
_LEAST_ROWS = 200  # of a run


@dataclass
class Size:
    """A model of one size and its measurements.

    Attributes
    ----------
    units : int
        Requested number of units; 1 if the model has no such parameter.
    model : Reservoir
        The fitted model.
    held, peak : float
        Bytes of the fitted model, and peak bytes while fitting.
    rows : dict of int to int
        Rows of each number of sequences, from small to large.
    seconds : dict
        CPU times of the rounds for each stage and number of sequences.
    spikes : float
        Spikes per row.
    """

    units: int
    model: Reservoir
    held: float
    peak: float
    rows: dict[int, int] = field(default_factory=dict)
    seconds: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    spikes: float = 0.0

    def points(self, stage: str, product: float = 0.0) -> list[tuple[Point, float]]:
        """Return the measured points of `stage` and their median times, for a model with this `product`."""
        return [(Point(rows, self.units, product), float(np.median(self.seconds[stage, n])))
                for n, rows in self.rows.items() if (stage, n) in self.seconds]  # fmt: skip


@dataclass
class Measured:
    """All measurements of a model.

    Attributes
    ----------
    sizes : list of Size
        From small to large.
    units : int or None
        The requested number of units; None if the model has no such parameter.
    base : float
        Bytes of a recording process without sequences and model.
    header : float
        Bytes of a recording that its layout does not count: structure and provenance.
    contents : disk.Contents
    """

    sizes: list[Size]
    units: int | None
    base: float
    header: float
    contents: disk.Contents

    def points(self, stage: str, products: list[float]) -> tuple[list[Point], list[float]]:
        """Return the measured points of `stage` with the product of each size, and their times."""
        found = [pair for size, p in zip(self.sizes, products, strict=True) for pair in size.points(stage, p)]
        return [p for p, _ in found], [s for _, s in found]


def measured(
    model: Reservoir, sequences: Sequences, pool: Pool | None, folder: Path, besides: float, *,
    most_units: int | None, most_sequences: int, seconds: float,
) -> Measured:  # fmt: skip
    """Build `model` in growing sizes up to `most_units`, as far as `seconds` allow; run the largest in turns.

    `sequences` are scaled and have a split. The runs use some of them, repeatedly if necessary. `besides` is the
    number of bytes of the task in this process.
    """
    with threadpool_limits(1), tempfile.TemporaryDirectory(dir=folder) as name:
        path = Path(name, "recording.h5")
        bench = _Bench(sequences, pool, path, most_sequences)
        sizes = _climbed(model, bench, most_units, seconds)
        first = sizes[0]
        reset_peak_memory()
        bench.record(first, bench.least)
        base = peak_memory_mb() * 2**20 - besides - first.held - memory_of_batch(first.model.n_units_)
        start = time.process_time()
        for k in range(_ROUNDS[1]):
            for size in sizes:
                bench.round(size)
            bench.build(sizes[-1])
            if k + 1 >= _ROUNDS[0] and time.process_time() - start > seconds / 2:
                break
        contents, header = _contents(bench, first, sequences)
    return Measured(sizes, most_units, max(base, 0.0), header, contents)


class _Bench:
    """Runs models on some of the sequences and measures time and memory."""

    def __init__(self, sequences: Sequences, pool: Pool | None, path: Path, most: int) -> None:
        self._sequences, self._pool, self._path = sequences, pool, path
        self._most = max(most, 1)
        self.least = int(np.clip(_LEAST_ROWS / sequences.lengths.mean(), 1, min(8, self._most)))

    def some(self, n: int) -> Sequences:
        """Return n sequences spread over the set, with repetitions if it has fewer."""
        chosen = (np.arange(n) * 0.6180339887498949 % 1 * len(self._sequences)).astype(int)
        return self._sequences[np.sort(chosen)]

    def built(self, model: Reservoir, units: int | None) -> Size:
        """Build a size, measure its memory and choose the number of sequences for a short run."""
        heard = self.some(self.least)
        tracemalloc.start()
        try:
            fitted = adjusted(model, units, 0).fit(heard)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        n_bytes = held(fitted)
        size = Size(units or 1, fitted, n_bytes, max(peak, n_bytes))
        self.record(size, self.least)  # compiles kernels
        few, more = (self.record(size, k * self.least) for k in (1, 4))
        many = min(int(np.clip(3 * self.least * _RUN / max(more - few, 1e-6), 4 * self.least, 500)), self._most)
        runs = sorted({max(1, many // 5), max(1, many // 2), many})
        size.rows = {n: int(self.some(n).lengths.sum()) for n in runs}
        return size

    def round(self, size: Size) -> None:
        """Record, drive and read once each; repeat reading, which takes less time."""
        for n in size.rows:
            heard = self.some(n)
            assert heard.split is not None
            parts = np.unique(heard.split)
            recorded = self.record(size, n)
            start = time.process_time()
            tables(driven(size.model, heard), self._pool, list(heard.questions))
            taken = [recorded, time.process_time() - start]
            for _ in range(_READ):
                start = time.process_time()
                with Recording.open(self._path) as recording:
                    for part in map(recording.part, parts):
                        tables(part.batches(), self._pool, list(part.questions))
                taken.append(time.process_time() - start)
            for stage, spent in zip(STAGES[1:] + STAGES[3:] * (_READ - 1), taken, strict=True):
                size.seconds.setdefault((stage, n), []).append(spent)

    def build(self, size: Size) -> None:
        """Fit the model again to the sequences of the two longest runs."""
        for n in [*size.rows][-2:]:
            heard = self.some(n)
            start = time.process_time()
            adjusted(size.model, None, 0).fit(heard)
            size.seconds.setdefault((STAGES[0], n), []).append(time.process_time() - start)

    def record(self, size: Size, n: int) -> float:
        """Return the CPU seconds of a recording of n sequences."""
        heard = self.some(n)
        start = time.process_time()
        record(size.model, heard, self._path, overwrite=True, progress=False).close()
        taken = time.process_time() - start
        with Recording.open(self._path) as recording:
            if recording.spikes is not None:
                size.spikes = sum(len(times) for times, _ in recording.spikes) / recording.lengths.sum()
        return taken

    def file_size(self, size: Size, n: int) -> int:
        """Return the bytes of a recording of n sequences."""
        self.record(size, n)
        return self._path.stat().st_size


def _climbed(model: Reservoir, bench: _Bench, most_units: int | None, seconds: float) -> list[Size]:
    """Return the largest sizes that can be built and run in the given time."""
    found: list[Size] = []
    start = time.process_time()
    refused: checks.InputError | None = None
    for units in sizes_up_to(most_units):
        before = time.process_time()
        try:
            found.append(bench.built(model, units))
        except checks.InputError as error:  # an invalid size for this model, such as not a power of two
            refused = error
            continue
        now = time.process_time()
        if now - start + 4 * (now - before) > seconds / 2 or 9 * 4 * found[-1].peak > machine.memory() / 2:
            break
    if not found:
        assert refused is not None
        raise refused
    return found[-_MOST_SIZES:]


def sizes_up_to(most_units: int | None) -> list[int | None]:
    """Return sizes that grow by a factor of three up to the requested one, or None if the model has no size."""
    if most_units is None:
        return [None]
    n = max(0, int(np.log(most_units / _LEAST_UNITS) / np.log(_STEP))) if most_units > _LEAST_UNITS else 0
    return [round(most_units / _STEP**k) for k in range(n, -1, -1)]


def _contents(bench: _Bench, size: Size, sequences: Sequences) -> tuple[disk.Contents, float]:
    """Return the contents of a recording of the task, and the overhead of the smallest recording."""
    model: Any = size.model
    n = bench.least
    n_bytes = bench.file_size(size, n)  # and its spikes
    for_row, for_sequence = disk.given(sequences)
    shows = [*model.shows]
    positions = model.unit_positions_
    contents = disk.Contents(
        for_row, for_sequence + 4 * len(shows), size.spikes,
        int(np.prod(model.frame_shape_)) if "frames" in shows else 0,
        int(model.frames_every) if "frames" in shows else 1,
        0 if positions is None else min(3, positions.shape[1]),
    )  # fmt: skip
    rows = int(bench.some(n).lengths.sum())
    return contents, max(0.0, n_bytes - disk.recording(contents, n, rows, model.n_units_))


def memory_of_batch(n_columns: int) -> float:
    """Return the bytes of states in memory while recording."""
    return 2**24 + 24.0 * n_columns


def held(thing: Any, seen: set[int] | None = None) -> float:
    """Return the bytes of all arrays in `thing`: in its attributes, and in lists, tuples and dicts.

    An array that occurs twice is counted once.
    """
    seen = set() if seen is None else seen
    if id(thing) in seen or isinstance(thing, str | bytes | int | float | type | None):
        return 0.0
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        if thing.base is not None and isinstance(thing.base, np.ndarray):
            return 112 + held(thing.base, seen)
        return thing.nbytes + 112.0
    if isinstance(thing, dict):
        return sum(held(value, seen) for value in thing.values())
    if isinstance(thing, list | tuple):
        return 8.0 * len(thing) + sum(held(value, seen) for value in thing)
    return sum(held(value, seen) for value in getattr(thing, "__dict__", {}).values())
