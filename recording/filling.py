"""Computing and writing the rows of a recording in bounded memory, and marking them as recorded.

The computing process (`write`) writes bytes directly into extents that HDF5 does not touch. The process that holds the
HDF5 file then writes checksums and marks (`marks`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from millpond.recording import checksums, extents, joining, layout, spikes
from millpond.reservoir import checks
from millpond.reservoir.interface import Reservoir
from millpond.reservoir.progress import bar
from millpond.reservoir.sequences import Sequences

_BATCH_BYTES = 2**23  # bytes of float64 states in memory at a time, independent of the number and length of sequences
_LONG = 4  # times _BATCH_BYTES: longer sequences of spikes or frames are observed in chunks, if the model supports it
_BUFFER_BYTES = 2**18  # short sequences are written together

Sums = dict[str, np.ndarray]
"""Checksums of some sequences, for each variable."""


Watch = Callable[[int, np.ndarray], None]
"""Function of the index of a sequence and its next states (n_steps, n_units)."""


class Target(NamedTuple):
    """The partial file, the extents for the output of a model, and a function that also receives the states."""

    part: Path
    states: extents.Extent
    frames: extents.Extent | None
    watch: Watch | None = None


def target_of(file: h5py.File, part: Path, watch: Watch | None = None) -> Target:
    """Return the target of states and frames in the partial recording at `part`."""
    frames = extents.of(file["frames/intensity"]) if "frames" in file else None
    return Target(part.absolute(), extents.of(file["states"]), frames, watch)


class Starts(NamedTuple):
    """First row of the states and of the frames of each sequence, and the total at the end."""

    states: np.ndarray
    frames: np.ndarray | None

    def part(self, run: range) -> Starts:
        """Return the row offsets of the sequences in `run`."""
        own = slice(run.start, run.stop + 1)
        return Starts(self.states[own], None if self.frames is None else self.frames[own])


def starts_of(file: h5py.File) -> Starts:
    """Return the row offsets of all sequences of a recording."""
    frames = _edges(file["frames/row_size"]) if "frames" in file else None
    return Starts(_edges(file["row_size"]), frames)


def _edges(counts: h5py.Dataset) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts[:])])


def fill(
    file: h5py.File, part: Path, model: Reservoir, sequences: Sequences, progress: bool | None,
    watch: Watch | None = None,
) -> None:  # fmt: skip
    """Compute all sequences that are not recorded yet in this process, in batches, and add the spikes."""
    target, starts = target_of(file, part, watch), starts_of(file)
    if "spikes" in model.shows:
        spikes.keep_recorded(file, part)
    todo = np.flatnonzero(file["recorded"][:] == 0)
    marking = marks(file)
    with bar(len(sequences), "recording", len(sequences) - len(todo), progress) as advance:
        for run in batches(todo, sequences.lengths, rows_at_a_time(model.n_units_)):
            marking(run, write(target, model, sequences.signals[run.start : run.stop], run, starts.part(run)))
            advance(len(run))
    if "spikes" in model.shows:
        joining.join(file, part)


def marks(file: h5py.File) -> Callable[[range, Sums], None]:
    """Return a function that writes the checksums of a run of sequences and marks them as recorded."""
    kept, recorded = checksums.of(file), file["recorded"]

    def mark(run: range, sums: Sums) -> None:
        for name, values in sums.items():
            checksums.put(kept, name, run.start, values)
        file.flush()
        layout.put_rows(recorded, run.start, np.ones(len(run), recorded.dtype))
        file.flush()

    return mark


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


def write(target: Target, model: Reservoir, signals: list[np.ndarray], run: range, starts: Starts) -> Sums:
    """Drive `model` with the sequences of `run` and write its output.

    Parameters
    ----------
    target : Target
    model : Reservoir
        A fitted model.
    signals : list of ndarray (n_steps, n_channels)
        The signals of `run`.
    run : range
        Indices of the sequences in the recording.
    starts : Starts
        Row offsets of these sequences.

    Returns
    -------
    dict of str to ndarray (n_sequences,) of uint32
        Checksums of states, and of spikes and frames if the model has them.
    """
    rows = rows_at_a_time(model.n_units_)
    n_rows = int(starts.states[-1] - starts.states[0])
    if not model.shows and n_rows > rows:
        return {"states": _put(target, target.states, starts.states, _in_chunks(model, signals, rows), run)}
    if n_rows > _LONG * rows and len(run) == 1 and hasattr(model, "observe_chunks"):
        return _write_long(target, model.observe_chunks(signals[0], rows), run, starts)
    try:
        seen = model.observe(signals)
    except checks.InputError as error:  # the error counts from the first signal of the batch
        where = f"of sequences {run.start} to {run.stop - 1}, counted from 0, " if run.start else ""
        raise checks.InputError(f"{where}{error}") from error
    own = type(model).observe is not Reservoir.observe  # this method has already checked every state
    looked_at = _finite(seen["states"], run) if own else seen["states"]
    sums = {"states": _put(target, target.states, starts.states, ([x] for x in looked_at), run)}
    if "frames" in seen:
        assert target.frames is not None and starts.frames is not None
        frames = ([x] for x in seen["frames"])
        sums["frames"] = _put(target, target.frames, starts.frames, frames, run)
    if "spikes" in seen:
        sums["spikes"] = spikes.keep(target.part, run, seen["spikes"])
    return sums


def _write_long(target: Target, chunks: Iterator[dict[str, Any]], run: range, starts: Starts) -> Sums:
    """Write one long sequence in chunks along time, with constant memory."""
    columns: dict[str, Any] = {}
    with ExitStack() as stack:
        for name, extent, own in (("states", target.states, starts.states), ("frames", target.frames, starts.frames)):
            if extent is not None and own is not None:
                raw = stack.enter_context(target.part.open("r+b", buffering=_BUFFER_BYTES))
                raw.seek(extent.at(int(own[0])))
                watch = target.watch if name == "states" else None
                columns[name] = _Rows(raw, extent, int(own[1] - own[0]), run[0], watch)
        for seen in chunks:
            for found in _finite([seen["states"]], run):
                columns["states"].add(found)
            if "frames" in seen:
                columns["frames"].add(seen["frames"])
            if "spikes" in seen:
                if "spikes" not in columns:
                    columns["spikes"] = stack.enter_context(spikes.growing(target.part, run))
                columns["spikes"].add(*seen["spikes"])
        return {name: np.array([column.end()], "u4") for name, column in columns.items()}


class _Rows:
    """Writer for the rows of one sequence in an open file."""

    def __init__(self, file: Any, extent: extents.Extent, n_rows: int, number: int, watch: Watch | None) -> None:
        self._file, self._extent, self._number, self._watch = file, extent, number, watch
        self._left, self._sum = extent.width * n_rows, 0

    def add(self, chunk: Any) -> None:
        """Write the next rows; never write beyond the rows of this sequence."""
        try:
            with np.errstate(over="raise"):
                rows = np.ascontiguousarray(chunk, self._extent.dtype)
        except FloatingPointError:
            raise checks.InputError(
                f"sequence {self._number} diverged: a state is too large for {self._extent.dtype}; record "
                "float64, or weaken the recurrence"
            ) from None
        self._left -= rows.nbytes
        if self._left < 0:
            self.end()
        if self._watch is not None:
            self._watch(self._number, chunk)
        self._sum = checksums.crc([rows], self._sum)
        self._file.write(rows.data)

    def end(self) -> int:
        """Return the checksum of all rows; raise InputError if the number of rows is wrong."""
        if self._left:
            raise checks.InputError(
                f"it returns {'fewer' if self._left > 0 else 'more'} states of sequence {self._number} than its rows "
                f"and units need ({abs(self._left)} bytes); return one row of states for each row of input"
            )
        return self._sum


def _put(
    target: Target, extent: extents.Extent, starts: np.ndarray, sequences: Iterable[Iterable[np.ndarray]], run: range
) -> np.ndarray:
    """Write the rows of consecutive sequences; return the checksum of each sequence."""
    sums = np.zeros(len(run), "u4")
    with target.part.open("r+b", buffering=_BUFFER_BYTES) as file:
        file.seek(extent.at(int(starts[0])))
        for k, chunks in enumerate(sequences):
            watch = target.watch if extent is target.states else None
            rows = _Rows(file, extent, int(starts[k + 1] - starts[k]), run[k], watch)
            for chunk in chunks:
                rows.add(chunk)
            sums[k] = rows.end()
    return sums


def _in_chunks(model: Reservoir, signals: list[np.ndarray], rows: int) -> Iterator[Iterator[np.ndarray]]:
    for signal in signals:
        stream = model.stream()
        yield (stream.run(signal[start : start + rows]) for start in range(0, len(signal), rows))


def _finite(states: Iterable[np.ndarray], run: range) -> Iterator[np.ndarray]:
    for i, found in zip(run, states, strict=True):
        checks.finite(found, f"the run of sequence {i} diverged: its state")
        yield found


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
