"""Shards: recordings of neighbouring sequences of a larger one, which say of themselves where they belong.

A shard is a recording like any other: it opens, and it verifies. Three attributes more say what it is a part of.
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

_BYTES = 2**25  # of single-precision states in a shard, about
_LEAST = 32  # shards of a recording that has as many sequences, so that a few workers have enough to share


class Place(NamedTuple):
    """Where a shard belongs: its first sequence, how many the whole has, and the fingerprint of the whole."""

    first: int
    of: int
    mark: str

    @property
    def attributes(self) -> dict[str, Any]:
        """What a shard has besides the attributes of every recording."""
        return {f"shard_{k}": np.int64(v) if isinstance(v, int) else v for k, v in self._asdict().items()}


def place_of(file: h5py.File) -> Place | None:
    """Return where a recording belongs, or None for one that is no shard."""
    first, of, mark = (file.attrs.get(f"shard_{name}") for name in Place._fields)
    n = len(file["row_size"])
    whole = all(isinstance(v, np.integer) for v in (first, of)) and isinstance(mark, str) and 0 <= first <= of - n
    return Place(int(first), int(of), mark) if whole else None


def run_of(file: h5py.File) -> range | None:
    """Return which sequences of the whole a recording holds, or None for one that is no shard."""
    place = place_of(file)
    return None if place is None else range(place.first, place.first + len(file["row_size"]))


def of_whole(attrs: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes that the whole has, from those of a shard."""
    own = {f"shard_{name}" for name in Place._fields}
    return {k: v for k, v in attrs.items() if k not in own} | {"fingerprint": attrs["shard_mark"]}


def number(n_sequences: int, n_rows: float, n_units: int) -> int:
    """Return into how many shards a recording is cut."""
    return min(n_sequences, max(_LEAST, int(-(-n_rows * n_units * 4 // _BYTES))))


def cut(lengths: np.ndarray, n_units: int) -> list[range]:
    """Cut sequences into runs of neighbours with about as many rows each.

    A run has about 32 MB of states; there are 32 at least, or as many as there are sequences. Nothing else counts, so
    that shards fit together whoever makes them.
    """
    ends = np.cumsum(lengths)
    n = len(ends)
    n_runs = number(n, int(ends[-1]), n_units)
    k = np.arange(1, n_runs)
    edges = np.searchsorted(ends, ends[-1] * k / n_runs) + 1
    edges = np.maximum.accumulate(edges - k) + k  # one sequence at least in each, from the left and from the right
    edges = [0, *np.minimum(edges, n - n_runs + k).tolist(), n]
    return [range(a, b) for a, b in pairwise(edges)]


def left(runs: list[range], recorded: np.ndarray) -> list[range]:
    """Return the runs that are to be made yet, cut down to what is not recorded."""
    todo = []
    for run in runs:
        missing = np.flatnonzero(recorded[run.start : run.stop] == 0) + run.start
        for piece in np.split(missing, np.flatnonzero(np.diff(missing) > 1) + 1):
            if len(piece):
                todo.append(range(int(piece[0]), int(piece[-1]) + 1))
    return todo


def folder_of(path: Path, mark: str = "") -> Path:
    """Return where the shards of the recording `path`, of the fingerprint `mark`, are until they are in it.

    Without `mark` this is the folder of all such folders.
    """
    return Path(f"{Path(path).absolute()}.shards") / mark[:20]


def path_in(folder: Path, run: range) -> Path:
    """Return the name of the shard of `run`."""
    return folder / f"{run.start}-{run.stop - 1}.h5"


def clear(folder: Path) -> None:
    """Remove shards, whole or not, and the folder and those in it, where nothing else is in them."""
    for inside in (*folder.glob("*/"), folder):
        for leftover in inside.glob("*-*.h5*"):
            if leftover.is_dir():  # spikes of a shard in the making
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
        A file that is no shard, is not whole or is of another recording, or sequences that are missing or there twice.
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
    """Raise an error that names the sequences in `gaps`, if there are any."""
    named = [f"{g.start} to {g.stop - 1}" if len(g) > 1 else str(g.start) for g in gaps if g]
    if named:
        rest = f" and {len(named) - 20} more runs" if len(named) > 20 else ""
        raise checks.InputError(
            f"{where} lacks the shards of sequences {', '.join(named[:20])}{rest} (of {n}); create or copy them"
        )


def kind(file: h5py.File) -> Any:
    """Return what all shards of a recording have in common, and the file they go into."""
    rows = [name for name in ("states", "inputs", "targets", "frames/intensity") if name in file]
    return float(file.attrs["dt"]), [(name, file[name].shape[1:], file[name].dtype) for name in rows]


def _known(file: h5py.File) -> Any:
    """Return what else is known of all sequences of a whole recording."""
    asked = [(q.attrs["long_name"], q.attrs["score"], "row" in q) for q in file.get("questions", {}).values()]
    return [name for name in ("label", "split", "group", "spikes") if name in file], asked
