"""Shards: recordings of consecutive sequences of a larger recording, with attributes for their position.

A shard is a normal recording that can be opened and verified. Three additional attributes describe its position.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from millpond.reservoir import checks

_BYTES = 2**25  # approximate bytes of single-precision states in a shard
_LEAST = 32  # minimum number of shards, so that the work can be distributed to several workers


class Place(NamedTuple):
    """Position of a shard: its first sequence, and number of sequences and fingerprint of the complete recording."""

    first: int
    of: int
    mark: str

    @property
    def attributes(self) -> dict[str, Any]:
        """The additional attributes of a shard."""
        return {f"shard_{k}": np.int64(v) if isinstance(v, int) else v for k, v in self._asdict().items()}


def place_of(file: h5py.File) -> Place | None:
    """Return the position of a shard, or None if the recording is not a shard."""
    first, of, mark = (file.attrs.get(f"shard_{name}") for name in Place._fields)
    n = len(file["row_size"])
    whole = all(isinstance(v, np.integer) for v in (first, of)) and isinstance(mark, str) and 0 <= first <= of - n
    return Place(int(first), int(of), mark) if whole else None


def of_whole(attrs: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of the complete recording from those of a shard."""
    own = {f"shard_{name}" for name in Place._fields}
    return {k: v for k, v in attrs.items() if k not in own} | {"fingerprint": attrs["shard_mark"]}


def number(n_sequences: int, n_rows: float, n_units: int) -> int:
    """Return the number of shards of a recording."""
    return min(n_sequences, max(_LEAST, int(-(-n_rows * n_units * 4 // _BYTES))))


def cut(lengths: np.ndarray, n_units: int) -> list[range]:
    """Split sequences into runs of consecutive sequences with about equal numbers of rows.

    A run has about 32 MB of states. There are at least 32 runs, or as many as there are sequences. The runs depend on
    nothing else, so that shards of different workers fit together.
    """
    ends = np.cumsum(lengths)
    n = len(ends)
    n_runs = number(n, int(ends[-1]), n_units)
    k = np.arange(1, n_runs)
    edges = np.searchsorted(ends, ends[-1] * k / n_runs) + 1
    edges = np.maximum.accumulate(edges - k) + k  # at least one sequence in each run, from the left and from the right
    edges = [0, *np.minimum(edges, n - n_runs + k).tolist(), n]
    return [range(a, b) for a, b in pairwise(edges)]


def left(runs: list[range], recorded: np.ndarray) -> list[range]:
    """Return the remaining runs, without sequences that are already recorded."""
    todo = []
    for run in runs:
        missing = np.flatnonzero(recorded[run.start : run.stop] == 0) + run.start
        for piece in np.split(missing, np.flatnonzero(np.diff(missing) > 1) + 1):
            if len(piece):
                todo.append(range(int(piece[0]), int(piece[-1]) + 1))
    return todo


def folder_of(path: Path, mark: str = "") -> Path:
    """Return the temporary folder for shards of the recording `path` with the fingerprint `mark`.

    Without `mark`, return the parent of all such folders.
    """
    return Path(f"{Path(path).absolute()}.shards") / mark[:20]


def path_in(folder: Path, run: range) -> Path:
    """Return the file name of the shard of `run`."""
    return folder / f"{run.start}-{run.stop - 1}.h5"


def clear(folder: Path) -> None:
    """Remove complete and partial shards, and the folders if they are then empty."""
    for inside in (*folder.glob("*/"), folder):
        for leftover in inside.glob("*-*.h5*"):
            if leftover.is_dir():  # spikes of Millpond 0.1
                shutil.rmtree(leftover, ignore_errors=True)
            else:
                leftover.unlink(missing_ok=True)
        with suppress(OSError):
            inside.rmdir()


def covering(files: Sequence[h5py.File], folder: Path) -> list[h5py.File]:
    """Return the shards in the order of their sequences.

    Raises
    ------
    InputError
        A file is not a shard, is incomplete or belongs to another recording, or sequences are missing or duplicated.
    """
    places = {}
    for file in files:
        if (place := place_of(file)) is None:
            raise checks.InputError(f"{file.filename} is not a shard of a larger recording; remove it from {folder}")
        if not file.attrs["complete"]:
            raise checks.InputError(f"{file.filename} is not whole; repeat the call that made it to resume")
        places[file.id] = place
    ordered = sorted(files, key=lambda file: places[file.id].first)
    first = ordered[0]
    wanted, alike = places[first.id][1:], (kind(first), _known(first))
    at = 0
    missing: list[range] = []
    for file in ordered:
        place = places[file.id]
        if place[1:] != wanted or (kind(file), _known(file)) != alike:
            raise checks.InputError(
                f"{file.filename} belongs to another recording than {first.filename}; keep one of them in {folder}"
            )
        if place.first < at:
            raise checks.InputError(f"{file.filename} contains sequences of another shard; delete one of them")
        missing.append(range(at, place.first))
        at = place.first + len(file["row_size"])
    refuse_gaps([*missing, range(at, wanted[0])], wanted[0], str(folder))
    return ordered


def refuse_gaps(gaps: list[range], n: int, where: str) -> None:
    """Raise InputError with the sequences in `gaps`, if there are any."""
    named = [f"{g.start} to {g.stop - 1}" if len(g) > 1 else str(g.start) for g in gaps if g]
    if named:
        rest = f" and {len(named) - 20} more runs" if len(named) > 20 else ""
        raise checks.InputError(
            f"{where} lacks the shards of sequences {', '.join(named[:20])}{rest} (of {n}); create or copy them"
        )


def kind(file: h5py.File) -> Any:
    """Return the common data of all shards and of the merged file."""
    rows = [name for name in ("states", "inputs", "targets", "frames/intensity") if name in file]
    return float(file.attrs["dt"]), [(name, file[name].shape[1:], file[name].dtype) for name in rows]


def _known(file: h5py.File) -> Any:
    """Return the metadata of all sequences of a complete recording."""
    asked = [
        (q.attrs["long_name"], q.attrs["score"], q.attrs.get("pooling"), "row" in q)
        for q in file.get("questions", {}).values()
    ]
    return [name for name in ("label", "split", "group", "spikes") if name in file], asked
