"""Computing and writing the rows of a recording in bounded memory, and marking them as recorded.

All data sets exist in full size, so a write changes no structure of HDF5. A sequence is marked after its rows, its
spikes and its checksums are written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, NamedTuple

import h5py
import numpy as np

from millpond.recording import checksums, layout, spikes
from millpond.reservoir import checks
from millpond.reservoir.interface import Reservoir
from millpond.reservoir.sequences import Sequences

_BATCH_BYTES = 2**23  # bytes of float64 states in memory at a time, independent of the number and length of sequences
_LONG = 4  # times _BATCH_BYTES: longer sequences of spikes or frames are observed in chunks, if the model supports it
_BUFFER_BYTES = 2**18  # short sequences are written together

Sums = dict[str, np.ndarray]
"""Checksums of some sequences, for each variable."""


Watch = Callable[[int, np.ndarray], None]
"""Function of the index of a sequence and its next states (n_steps, n_units)."""


class Target(NamedTuple):
    """A partial recording, and what is needed to write to it.

    Attributes
    ----------
    file : h5py.File
    log : file or None
        The log of the spikes.
    starts : dict of str to ndarray (n_sequences + 1,)
        The first row of each sequence and the total, for each variable.
    watch : Watch, optional
        A function that also receives the states.
    """

    file: h5py.File
    log: IO[bytes] | None
    starts: dict[str, np.ndarray]
    watch: Watch | None = None


@contextmanager
def opened(file: h5py.File, part: Path, spiking: bool, watch: Watch | None = None) -> Iterator[Target]:
    """Yield the target for the output of a model in the partial recording `file` at `part`."""
    counts = {"states": file["row_size"]} | ({"frames": file["frames/row_size"]} if "frames" in file else {})
    starts = {name: np.concatenate([[0], np.cumsum(found[:])]) for name, found in counts.items()}
    with spikes.resumed(file, part) if spiking else nullcontext() as log:
        yield Target(file, log, starts, watch)


def fill(target: Target, model: Reservoir, sequences: Sequences, todo: np.ndarray, first: int = 0) -> Iterator[int]:
    """Compute the sequences with the indices `todo` in batches; yield the number of sequences after each.

    `first` is the index in the recording of the first of `sequences`.
    """
    for batch in batches(todo - first, sequences.lengths, rows_at_a_time(model.n_units_)):
        run = range(batch.start + first, batch.stop + first)
        mark(target.file, run, _write(target, model, sequences.signals[batch.start : batch.stop], run))
        yield len(run)


def mark(file: h5py.File, run: range, sums: Sums) -> None:
    """Write the checksums of a run of sequences and mark them as recorded."""
    kept, recorded = checksums.of(file), file["recorded"]
    for name, values in sums.items():
        checksums.put(kept, name, run.start, values)
    file.flush()
    layout.put_rows(recorded, run.start, np.ones(len(run), recorded.dtype))
    file.flush()


def rows_at_a_time(n_units: int) -> int:
    """Return the maximum number of rows of states in memory."""
    return max(1, _BATCH_BYTES // (8 * n_units))


def batches(todo: np.ndarray, lengths: np.ndarray, max_rows: int) -> list[range]:
    """Split the remaining sequences into runs of consecutive sequences with at most `max_rows` rows or one sequence."""
    found: list[range] = []
    rows = 0
    for i in map(int, todo):
        if found and found[-1].stop == i and rows + lengths[i] <= max_rows:
            found[-1] = range(found[-1].start, i + 1)
        else:
            found.append(range(i, i + 1))
            rows = 0
        rows += lengths[i]
    return found


def _write(target: Target, model: Reservoir, signals: list[np.ndarray], run: range) -> Sums:
    """Drive `model` with the signals of `run`, write its output and return the checksums."""
    columns: dict[str, Any] = {name: _Rows(target, name, run) for name in target.starts}
    if target.log is not None:
        columns["spikes"] = spikes.Writer(target.log, run)
    for i, seen in _observed(model, signals, run):
        if target.watch is not None:
            target.watch(i, seen["states"])
        for name, column in columns.items():
            column.add(i, *(seen[name] if name == "spikes" else [seen[name]]))
    return {name: column.end() for name, column in columns.items()}


def _observed(model: Reservoir, signals: list[np.ndarray], run: range) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the index of a sequence and its output, or a part of it if the sequences are long."""
    rows = rows_at_a_time(model.n_units_)
    n_rows = sum(map(len, signals))
    if not model.shows and n_rows > rows:
        for i, signal in zip(run, signals, strict=True):
            stream = model.stream()
            for start in range(0, len(signal), rows):
                yield i, {"states": stream.run(signal[start : start + rows])}
    elif n_rows > _LONG * rows and len(run) == 1 and hasattr(model, "observe_chunks"):
        for seen in model.observe_chunks(signals[0], rows):
            yield run[0], _finite(seen, run[0])
    else:
        try:
            batch = model.observe(signals)
        except checks.InputError as error:  # the error counts from the first signal of the batch
            where = f"of sequences {run.start} to {run.stop - 1}, counted from 0, " if run.start else ""
            raise checks.InputError(f"{where}{error}") from error
        own = type(model).observe is not Reservoir.observe  # this method has already checked every state
        for k, i in enumerate(run):
            seen = {name: found[k] for name, found in batch.items()}
            yield i, _finite(seen, i) if own else seen


def _finite(seen: dict[str, Any], i: int) -> dict[str, Any]:
    checks.finite(seen["states"], f"the run of sequence {i} diverged: its state")
    return seen


class _Rows:
    """Writer of the rows of the consecutive sequences of a run in one variable; short sequences are collected."""

    def __init__(self, target: Target, name: str, run: range) -> None:
        (where,) = checksums.COLUMNS[name]
        edges = target.starts[name][run.start : run.stop + 1]
        self._var, self._run, self._at = target.file[where], run, int(edges[0])
        self._shape, self._dtype = self._var.shape[1:], self._var.dtype
        self._left = np.diff(edges) * int(np.prod(self._shape)) * self._dtype.itemsize
        self._sums = np.zeros(len(run), "u4")
        self._waiting: list[np.ndarray] = []
        self._n_bytes = 0

    def add(self, i: int, chunk: Any) -> None:
        """Write the next rows of sequence `i`; never write beyond the rows of the run."""
        try:
            with np.errstate(over="raise"):
                rows = np.ascontiguousarray(chunk, self._dtype)
        except FloatingPointError:
            raise checks.InputError(
                f"sequence {i} diverged: a state is too large for {self._dtype}; record float64, or weaken the "
                "recurrence"
            ) from None
        k = i - self._run.start
        self._left[k] -= rows.nbytes
        if self._left[k] < 0 or rows.shape[1:] != self._shape:
            self._refuse(k)
        self._sums[k] = checksums.crc([rows], int(self._sums[k]))
        self._n_bytes += rows.nbytes
        full = self._n_bytes >= _BUFFER_BYTES
        self._waiting.append(rows if full else rows.copy())  # the model may reuse its array
        if full:
            self._put()

    def end(self) -> np.ndarray:
        """Return the checksum of each sequence; raise InputError if the number of rows is wrong."""
        self._put()
        if self._left.any():
            self._refuse(int(np.flatnonzero(self._left)[0]))
        return self._sums

    def _put(self) -> None:
        if self._waiting:
            rows = self._waiting[0] if len(self._waiting) == 1 else np.concatenate(self._waiting)
            layout.put_rows(self._var, self._at, rows)
            self._at, self._waiting, self._n_bytes = self._at + len(rows), [], 0

    def _refuse(self, k: int) -> None:
        left = int(self._left[k])
        raise checks.InputError(
            f"it returns {'fewer' if left > 0 else 'more'} states of sequence {self._run[k]} than its rows and units "
            f"need ({abs(left)} bytes); return one row of states for each row of input"
        )


def write_given(file: h5py.File, sequences: Sequences) -> None:
    """Write the data that is known before the first state: inputs, targets and times."""
    lengths, sums = sequences.lengths, checksums.of(file)
    ends = np.cumsum(lengths)
    for batch in batches(np.arange(len(ends)), lengths, rows_at_a_time(sequences.n_channels)):
        first = ends[batch[0]] - lengths[batch[0]]
        given = {
            "inputs": [sequences.signals[i] for i in batch],
            "time": [np.arange(lengths[i]) * sequences.period for i in batch],
        } | ({} if sequences.targets is None else {"targets": [sequences.targets[i] for i in batch]})
        for name, parts in given.items():
            joined = np.concatenate(parts)
            layout.put_rows(file[name], int(first), joined)
            checksums.put(sums, name, batch[0], checksums.of_rows(joined, lengths[batch]))
