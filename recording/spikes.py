"""Spikes of a partial recording, stored in separate files because their number is known only at the end.

Each file contains the spikes of a run of consecutive sequences: the counts, then all times (s), then all units, in the
format of the recording. It is created atomically, before the run is marked as recorded.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

import h5py
import numpy as np

from millpond.recording import layout
from millpond.recording.checksums import crc, of_events

COLUMNS: dict[str, np.dtype] = {"time": np.dtype("f8"), "unit_index": np.dtype("u4")}
_COUNT = np.dtype("i8")
_BLOCK_BYTES = 2**20


class Piece(NamedTuple):
    """A spike file and its sequences."""

    path: Path
    run: range

    def counts(self) -> np.ndarray:
        """Return the number of spikes of each sequence."""
        return np.fromfile(self.path, _COUNT, len(self.run))

    @property
    def whole(self) -> bool:
        """Whether the file is complete, which may be false after a power failure."""
        counts, width = self.counts(), sum(dtype.itemsize for dtype in COLUMNS.values())
        return self.path.stat().st_size == _COUNT.itemsize * len(self.run) + width * int(counts.sum())

    def columns(self, n_spikes: int) -> dict[str, range]:
        """Return the byte positions of each column in the file, which has `n_spikes`."""
        at, found = _COUNT.itemsize * len(self.run), {}
        for name, dtype in COLUMNS.items():
            found[name] = range(at, at := at + n_spikes * dtype.itemsize)
        return found


def folder_of(part: Path) -> Path:
    """Return the folder of the spike files of the partial recording `part`."""
    return Path(f"{part}.spikes")


def keep(part: Path, run: range, found: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Write the spikes (times in s, unit indices) of each sequence of `run`, sorted by time; return their checksums."""
    orders = [np.argsort(times, kind="stable") for times, _ in found]
    counts = np.array([len(order) for order in orders], _COUNT)
    times = np.concatenate([np.asarray(t, COLUMNS["time"])[o] for (t, _), o in zip(found, orders, strict=True)])
    units = np.concatenate([np.asarray(u, COLUMNS["unit_index"])[o] for (_, u), o in zip(found, orders, strict=True)])
    keep_sorted(part, run, counts, times, units)
    return of_events(counts, times, units)


class Growing:
    """Writer of a spike file for one sequence that arrives in chunks; units are buffered in a second file."""

    def __init__(self, file: IO[bytes], units: IO[bytes]) -> None:
        self._file, self._units, self._count, self._sum = file, units, 0, 0
        file.write(bytes(_COUNT.itemsize))

    def add(self, times: np.ndarray, units: np.ndarray) -> None:
        """Add the spikes (times in s, unit indices) of a chunk, which must not precede those of the last chunk."""
        order = np.argsort(times, kind="stable")
        sorted_ = np.ascontiguousarray(times[order], COLUMNS["time"])
        self._sum, self._count = crc([sorted_], self._sum), self._count + len(order)
        self._file.write(sorted_.data)
        self._units.write(np.ascontiguousarray(units[order], COLUMNS["unit_index"]).data)

    def end(self) -> int:
        """Append the units, write the count and return the checksum."""
        self._units.seek(0)
        while block := self._units.read(_BLOCK_BYTES):
            self._sum = crc([np.frombuffer(block, np.uint8)], self._sum)
            self._file.write(block)
        self._file.seek(0)
        self._file.write(np.array([self._count], _COUNT).tobytes())
        return self._sum


@contextmanager
def growing(part: Path, run: range) -> Iterator[Growing]:
    """Yield the writer for the one sequence in `run`; the file is renamed if the context ends without error."""
    with _fresh(part, run) as file, tempfile.TemporaryFile(dir=folder_of(part)) as units:
        yield Growing(file, units)


@contextmanager
def _fresh(part: Path, run: range) -> Iterator[IO[bytes]]:
    """Yield a file that is renamed atomically to the spike file of `run` if the context ends without error."""
    folder = folder_of(part)
    folder.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".new", delete=False) as fresh:
        try:
            yield fresh.file
            fresh.close()
            Path(fresh.name).replace(folder / f"{run.start}-{run.stop - 1}")
        except BaseException:
            Path(fresh.name).unlink(missing_ok=True)
            raise


def keep_sorted(part: Path, run: range, counts: np.ndarray, times: np.ndarray, units: np.ndarray) -> None:
    """Write spikes in the format of a recording, with `counts` for each sequence of `run`."""
    with _fresh(part, run) as fresh:
        for column, dtype in zip((counts, times, units), (_COUNT, *COLUMNS.values()), strict=True):
            fresh.write(np.ascontiguousarray(column, dtype).data)


def pieces(part: Path) -> list[Piece]:
    """Return the spike files in the order of their sequences, without duplicates."""
    named = [(m, p) for p in _inside(part) if (m := re.fullmatch(r"(\d+)-(\d+)", p.name))]
    found: list[Piece] = []
    for piece in sorted((Piece(p, range(int(m[1]), int(m[2]) + 1)) for m, p in named), key=lambda p: p.run.start):
        if not found or piece.run.start >= found[-1].run.stop:  # two workers have written the same spikes
            found.append(piece)
    return found


def keep_recorded(file: h5py.File, part: Path) -> None:
    """Remove spikes of sequences that a killed run did not mark, and the marks of sequences with lost spikes."""
    recorded = file["recorded"][:]
    kept = [piece for piece in pieces(part) if recorded[piece.run.start : piece.run.stop].all() and piece.whole]
    for path in set(_inside(part)) - {piece.path for piece in kept}:
        path.unlink(missing_ok=True)
    there = np.zeros_like(recorded)
    for piece in kept:
        there[piece.run.start : piece.run.stop] = 1
    if (there != recorded).any():
        layout.put_rows(file["recorded"], 0, there)
        file.flush()


def clear(part: Path) -> None:
    """Remove the spikes of `part`."""
    for path in _inside(part):
        path.unlink(missing_ok=True)
    with suppress(OSError):
        folder_of(part).rmdir()


def _inside(part: Path) -> list[Path]:
    """Return the files in the folder; older versions stored a single file with its name."""
    folder = folder_of(part)
    if folder.is_file():
        folder.unlink()
    return list(folder.iterdir()) if folder.is_dir() else []
