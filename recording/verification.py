"""Verification of a recording against its checksums."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np

from millpond.recording import checksums
from millpond.recording.guard import Guarded
from millpond.recording.reader import unverified
from millpond.reservoir.printable import printable

_ROWS_BYTES = 2**22  # bytes to read at a time


@dataclass(frozen=True)
class Verification:
    """The result of `verify`.

    Attributes
    ----------
    n_sequences, n_recorded : int
        `n_recorded` is less for an interrupted recording. Sequences that are not recorded are not checked.
    variables : tuple of str
        The variables with checksums. A file of format version 1.0 has none; only its structure is checked.
    differing : dict of str to list of int
        For each variable with differences, the sequences whose bytes differ from their checksums.
    described : bool
        Whether names, labels, questions, origin and attributes match their checksum.
    """

    path: Path
    n_sequences: int
    n_recorded: int
    variables: tuple[str, ...]
    differing: dict[str, list[int]] = field(default_factory=dict)
    described: bool = True
    names: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """True if nothing differs."""
        return self.described and not self.differing

    def __str__(self) -> str:
        stopped = self.n_recorded < self.n_sequences
        held = f"{self.n_recorded} of {self.n_sequences} sequences recorded (it was stopped)" if stopped else (
            f"all {self.n_sequences} sequences"
        )  # fmt: skip
        if not self.variables:
            return (
                f"{self.path}: structure whole, {held} there; it holds no checksums, so their bytes cannot be verified"
            )
        if self.whole:
            return f"{self.path}: {held}{', all' if stopped else ''} whole ({', '.join(self.variables)})"
        said = [f"{self.path} is damaged; record it again or take a copy"]
        if not self.described:
            said.append(
                "what describes its sequences differs (lengths, labels, names, questions, origin or attributes)"
            )
        for variable, which in self.differing.items():
            named = ", ".join(f"{i} ({self.names[i]})" for i in which[:20])
            rest = f" and {len(which) - 20} more" if len(which) > 20 else ""
            said.append(f"{variable} of {len(which)} of {self.n_sequences} sequences differ: {named}{rest}")
        return "\n".join(said)


def verify(path: str | Path) -> Verification:
    """Compare every byte of a recording, or of the shards in a folder, with its checksums in bounded memory.

    Raises
    ------
    InputError
        The file is not a recording, cannot be opened or is being written.
    """
    with unverified(path) as recording:
        names = () if recording.names is None else tuple(map(printable, recording.names))
        n_recorded = int(recording.recorded.sum())
        if any(checksums.GROUP not in file for file in recording.files):
            return Verification(recording.path, len(recording), n_recorded, (), names=names)
        differing: dict[str, list[int]] = {}
        described = True
        for run, file in zip(recording.runs, recording.files, strict=True):
            group, recorded = file[checksums.GROUP], np.flatnonzero(file["recorded"][:])
            unfinished = set() if recording.complete else {"spikes"}  # spikes are added to the file last
            variables = tuple(
                n for n, columns in checksums.COLUMNS.items()
                if n in set(group) - unfinished and all(p in file for p in columns)
            )  # fmt: skip
            for name in variables:
                if found := _differing(file, name, recorded, group[name][:]):
                    differing.setdefault(name, []).extend(run.start + i for i in found)
            described = described and checksums.is_described(Path(file.filename)) and _has_axes(Path(file.filename))
        return Verification(recording.path, len(recording), n_recorded, variables, differing, described, names)


def _has_axes(path: Path) -> bool:
    """Return whether the dimensions exist, which only other readers use."""
    try:
        with Guarded(path) as raw, h5py.File(raw, "r") as file:
            found = [file[name] for name in ("states", "inputs", "row_size")]
            return all(dim[0].shape == (size,) for var in found for dim, size in zip(var.dims, var.shape, strict=True))
    except Exception:  # h5py raises various errors for damaged bytes
        return False


def _differing(file: h5py.File, name: str, which: np.ndarray, wanted: np.ndarray) -> list[int]:
    """Return the sequences in `which` with a different checksum."""
    columns = [file[path] for path in checksums.COLUMNS[name]]
    lengths = file["row_size"] if "/" not in columns[0].name[1:] else columns[0].parent["row_size"]
    ends = np.cumsum(lengths[:])
    found = []
    for i in which:
        sum_ = 0
        for column in columns:
            step = max(1, _ROWS_BYTES // int(column.dtype.itemsize * np.prod(column.shape[1:], dtype="i8")))
            for first in range(int(ends[i - 1]) if i else 0, int(ends[i]), step):
                sum_ = checksums.crc([column[first : min(first + step, int(ends[i]))]], sum_)
        if sum_ != wanted[i]:
            found.append(int(i))
    return found
