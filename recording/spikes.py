"""Log of the spikes of a partial recording, whose number is known only at the end.

The log is one file beside the recording. Records are appended to it before their sequences are marked as recorded. A
record contains four integers (first sequence, number of sequences, number of spikes, 1 if the last sequence ends in
it), the number of spikes of each sequence, all times (s), and all units, in the formats of the recording.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import h5py
import numpy as np
from isal.isal_zlib import crc32_combine

from millpond.recording import layout
from millpond.recording.checksums import crc

COLUMNS: dict[str, np.dtype] = {"time": np.dtype("f8"), "unit_index": np.dtype("u4")}
_INT = np.dtype("i8")
_HEAD = 4
_WIDTH = sum(dtype.itemsize for dtype in COLUMNS.values())  # bytes of a spike
_BLOCK = 2**16  # spikes in memory


class _Record(NamedTuple):
    """A record of the log: its sequences, their numbers of spikes, and the positions of its bytes."""

    run: range
    counts: np.ndarray
    ended: bool
    begin: int
    end: int

    @property
    def n_spikes(self) -> int:
        return int(self.counts.sum())


def log_path(part: Path) -> Path:
    """Return the path of the log of the partial recording `part`."""
    return Path(f"{part}.spikes")


@contextmanager
def resumed(file: h5py.File, part: Path) -> Iterator[IO[bytes]]:
    """Open the log for appending after it was made consistent with the marks of `file`.

    Spikes of sequences without a mark are removed, and so are marks of sequences without spikes, which a power failure
    can leave.
    """
    recorded = file["recorded"][:]
    there, end = np.zeros_like(recorded), 0
    with log_path(part).open("a+b"):  # creates the file
        pass
    with log_path(part).open("r+b") as log:
        for record in _records(log):
            end, own = record.end, slice(max(record.run.start, 0), record.run.stop)
            if record.run.start < 0 or not recorded[own].all():
                log.seek(record.begin)
                log.write(np.array([-1], _INT).tobytes())
            else:
                there[own.start : own.stop - (not record.ended)] = 1
        log.truncate(end)
        log.seek(end)
        if (there != recorded).any():
            layout.put_rows(file["recorded"], 0, there)
            file.flush()
        yield log


class Writer:
    """Appends the spikes of the consecutive sequences of a run to the log, in bounded memory."""

    def __init__(self, log: IO[bytes], run: range) -> None:
        self._log, self._run, self._first = log, run, run.start
        self._sums = np.zeros((len(COLUMNS), len(run)), "u4")
        self._counts = np.zeros(len(run), _INT)
        self._logged = np.zeros(len(run), _INT)
        self._waiting: list[list[np.ndarray]] = []

    def add(self, i: int, times: np.ndarray, units: np.ndarray) -> None:
        """Add spikes (times in s, unit indices) of sequence `i`, not earlier than those that were added before."""
        order, k = np.argsort(times, kind="stable"), i - self._run.start
        columns = [np.ascontiguousarray(np.asarray(found)[order], dtype)
                   for found, dtype in zip((times, units), COLUMNS.values(), strict=True)]  # fmt: skip
        for sums, column in zip(self._sums, columns, strict=True):
            sums[k] = crc([column], int(sums[k]))
        self._counts[k] += len(order)
        self._waiting.append(columns)
        if (self._counts - self._logged).sum() > _BLOCK:
            self._append(i, False)

    def end(self) -> np.ndarray:
        """Append the remaining spikes and return the checksum of each sequence."""
        self._append(self._run[-1], True)
        times, units = self._sums.tolist()
        n_bytes = (self._counts * COLUMNS["unit_index"].itemsize).tolist()
        return np.array([crc32_combine(*parts) for parts in zip(times, units, n_bytes, strict=True)], "u4")

    def _append(self, last: int, ended: bool) -> None:
        own = slice(self._first - self._run.start, last + 1 - self._run.start)
        counts = self._counts[own] - self._logged[own]
        head = np.array([self._first, len(counts), counts.sum(), ended], _INT)
        columns = zip(*self._waiting, strict=True)
        self._log.write(b"".join(a.tobytes() for a in (head, counts, *(a for column in columns for a in column))))
        self._log.flush()
        self._logged[own], self._first, self._waiting = self._counts[own], last, []


def _records(log: IO[bytes]) -> Iterator[_Record]:
    """Yield all records up to the first that is incomplete; those that were removed start at sequence -1."""
    size, at = log.seek(0, 2), 0
    while at + _HEAD * _INT.itemsize <= size:
        log.seek(at)
        first, n, n_spikes, ended = np.frombuffer(log.read(_HEAD * _INT.itemsize), _INT).tolist()
        end = at + (_HEAD + n) * _INT.itemsize + n_spikes * _WIDTH
        if n < 1 or n_spikes < 0 or end > size:
            return
        record = _Record(range(first, first + n), np.frombuffer(log.read(n * _INT.itemsize), _INT), ended == 1, at, end)
        if record.n_spikes != n_spikes:
            return
        yield record
        at = end


def size(part: Path) -> int:
    """Return the bytes of the log, about the size of the spikes in a recording."""
    return log_path(part).stat().st_size


def add(file: h5py.File, part: Path) -> None:
    """Create the group of spikes in `file`, a complete recording without spikes, from the log of `part`."""
    with log_path(part).open("rb") as log:
        found = sorted((r for r in _records(log) if r.run.start >= 0), key=lambda record: record.run.start)
        counts = np.zeros(len(file["row_size"]), _INT)
        for record in found:
            counts[record.run.start : record.run.stop] += record.counts
        group, first = layout.create_spikes(file, counts), 0
        columns = {group[name]: dtype for name, dtype in COLUMNS.items()}
        for record in found:
            log.seek(record.begin + (_HEAD + len(record.run)) * _INT.itemsize)
            for column, dtype in columns.items():
                for at in range(0, record.n_spikes, _BLOCK):
                    n = min(_BLOCK, record.n_spikes - at)
                    layout.put_rows(column, first + at, np.frombuffer(log.read(n * dtype.itemsize), dtype))
            first += record.n_spikes
