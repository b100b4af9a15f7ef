"""Reading a recording. Large data are loaded lazily."""

from __future__ import annotations

import errno
import json
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from millpond.recording import checksums, examine, layout, shards
from millpond.reservoir import checks, locking, source
from millpond.reservoir.printable import printable
from millpond.reservoir.questions import about, joined
from millpond.reservoir.sequences import SPLITS, Sequences


def part_path(path: str | Path) -> Path:
    """Return the path of the partial file of the recording `path`."""
    return Path(f"{path}.part")


class Ragged:
    """A lazy list: item i is read from disk as the array of sequence i, with `lengths[i]` rows."""

    def __init__(self, read: Any, index: np.ndarray, lengths: np.ndarray) -> None:
        self._read, self._index = read, index
        self.lengths = lengths[index]

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, int | np.integer):
            if not -len(self) <= i < len(self):
                raise IndexError(f"sequence {i} was requested, but there are {len(self)}")
            return self._read(self._index[i])
        return [self._read(k) for k in self._index[i]]

    def __iter__(self) -> Iterator[Any]:
        return (self._read(k) for k in self._index)


class Recording:
    """A recording of states on disk, open for reading: one file, or the shards of one.

    Use `Recording.open`; as a context manager it closes the file.

    Attributes
    ----------
    states, inputs : Ragged
        Item i is the float array (n_steps, n_units) or (n_steps, n_channels) of sequence i, read on access.
    targets : Ragged or None
        Item i is the array (n_steps, n_outputs) of sequence i.
    spikes : Ragged or None
        Item i is the pair (times in s, unit indices) of sequence i.
    frames : Ragged or None
        Item i is the uint8 array (n_frames, height, width) of sequence i.
    labels, groups, split, names : ndarray (n_sequences,) or None
    questions : tuple of Question
        Further questions about the states; may be empty.
    lengths : ndarray (n_sequences,)
        Number of time steps of each sequence.
    n_units, n_channels : int
    period : float
        Sampling period (s).
    complete : bool
        False for an interrupted recording, which contains the sequences with `recorded` True.
    """

    @classmethod
    def open(cls, path: str | Path) -> Recording:
        """Open the recording at `path`, or the partial file ``path.part`` if it was interrupted.

        A folder is opened as the recording that consists of its shards. The checksum of the metadata is verified now,
        and the checksum of each sequence when it is read.

        Raises
        ------
        InputError
            The file does not exist, is not a recording, is damaged, has wrong sizes or is being written. A folder does
            not contain all shards, or contains shards of several recordings.
        """
        recording = unverified(path)
        for name in [file.filename for file in recording.files if checksums.GROUP in file]:
            try:
                whole = checksums.is_described(Path(name))
            except OSError:
                recording.close()
                raise _too_many(Path(name)) from None
            if not whole:
                recording.close()
                raise checks.InputError(
                    f"{name} is damaged (labels, names, questions, origin or attributes differ from what was "
                    "written); record it again or take a copy"
                )
        return recording

    def __init__(self, files: Sequence[h5py.File], path: Path, index: np.ndarray | None = None) -> None:
        self.files, self.path = files, path
        self._file = file = files[0]
        self._firsts = np.cumsum([0, *(len(f["row_size"]) for f in files)]).tolist()
        row_size = self._all("row_size")
        ends = np.cumsum(row_size)
        self._index = np.arange(len(row_size)) if index is None else index
        self._recorded = self._all("recorded").astype(bool)
        self.lengths, self.recorded = row_size[self._index], self._recorded[self._index]
        summed = all(checksums.GROUP in f for f in files)  # not in files of format version 1.0
        self._sums = {n: self._all(f"{checksums.GROUP}/{n}") for n in checksums.COLUMNS
                      if summed and all(n in f[checksums.GROUP] for f in files)}  # fmt: skip
        self.period = float(file.attrs["dt"])
        self.complete = bool(file.attrs["complete"])  # all shards of a complete recording are complete
        self.n_units, self.n_channels = int(file["states"].shape[1]), int(file["inputs"].shape[1])
        self.states, self.inputs = self._ragged("states", ends), self._ragged("inputs", ends)
        self.targets = self._ragged("targets", ends) if "targets" in file else None
        # spikes are added to the file last, sequence by sequence
        self.spikes = self._events("spikes", ("time", "unit_index")) if self.complete else None
        self.frames = self._events("frames", ("intensity",))
        self.labels = self._pick("label", _labels)
        self.questions = about(joined([layout.asked(f) for f in files]), self._index)
        self.split = self._pick("split", lambda var: np.array(SPLITS)[var[:]])
        self.groups = self._pick("group", lambda var: var.asstr()[:].astype(str))
        self.names = self._pick("sequence_name", lambda var: var.asstr()[:].astype(str))

    def __len__(self) -> int:
        return len(self._index)

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and all parts taken from it."""
        for file in self.files:
            file.close()

    def part(self, which: Any) -> Recording:
        """Return the sequences of a split ("train", ...) or those chosen by an index array or mask."""
        if isinstance(which, str):
            if self.split is None:
                raise checks.InputError(f"{self.path} has no split, so there is no '{which}' part; choose by index")
            which = self.split == checks.option("part", which, SPLITS)
        try:
            chosen = np.atleast_1d(self._index[which])
        except IndexError as error:
            raise checks.InputError(f"the part cannot be taken ({error}); there are {len(self)} sequences") from None
        if not len(chosen):
            raise checks.InputError(f"no sequence of {self.path} is in that part; choose another")
        return Recording(self.files, self.path, chosen)

    def batches(self, max_rows: int | None = None) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
        """Yield (sequence indices, their states) in batches of whole sequences of at most `max_rows` rows or 16 MB."""
        max_rows = max_rows or max(1, 2**24 // (4 * self.n_units))
        ends = np.cumsum(self.lengths)
        first = 0
        while first < len(self):
            limit = (ends[first - 1] if first else 0) + max_rows
            last = max(first + 1, int(np.searchsorted(ends, limit, side="right")))
            yield np.arange(first, last), self.states[np.arange(first, last)]
            first = last

    @property
    def sequences(self) -> Sequences:
        """All inputs in memory, with their labels and other fields."""
        return Sequences(
            list(self.inputs), period=self.period, labels=self.labels, groups=self.groups, split=self.split,
            names=self.names, targets=None if self.targets is None else list(self.targets), questions=self.questions,
        )  # fmt: skip

    @property
    def provenance(self) -> dict[str, Any]:
        """Origin of the recording: ``config``, ``environment``, ``code``, ``git_commit``, ``command`` and more.

        ``preparation`` describes how the inputs were made. It is empty if not given, and in older files.
        """
        group = self._file["provenance"]
        attrs = {k: v.item() if isinstance(v, np.generic) else v for k, v in group.attrs.items()}
        return {
            "config": json.loads(group["config"].asstr()[()]),
            "environment": json.loads(group["environment"].asstr()[()]),
            "preparation": json.loads(group["preparation"].asstr()[()]) if "preparation" in group else {},
            **attrs,
            "code": source.kept(attrs.get("code")) or {},
        }

    @property
    def attrs(self) -> dict[str, Any]:
        """The global attributes of the file; for shards, the attributes that the complete recording would have."""
        found = {k: v.item() if isinstance(v, np.generic) else v for k, v in self._file.attrs.items()}
        return shards.of_whole(found) if self.path.is_dir() else found

    @property
    def n_bytes(self) -> int:
        """Size on disk."""
        return sum(Path(file.filename).stat().st_size for file in self.files)

    @property
    def runs(self) -> dict[range, Path]:
        """The assignment of sequences to files."""
        return {range(a, b): Path(f.filename) for (a, b), f in zip(pairwise(self._firsts), self.files, strict=True)}

    def _all(self, name: str) -> np.ndarray:
        return np.concatenate([file[name][:] for file in self.files])

    def _ragged(self, name: str, ends: np.ndarray) -> Ragged:
        read = self._reader([name], ends, name)
        return Ragged(lambda k: read(k)[0], self._index, np.diff(ends, prepend=0))

    def _reader(self, places: Sequence[str], ends: np.ndarray, name: str) -> Callable[[int], tuple[np.ndarray, ...]]:
        """Return a function that reads the columns `places` of a sequence, which share the checksum `name`."""
        held = [[file[place] for place in places] for file in self.files]
        edges = np.concatenate([[0], ends])
        sums = self._sums.get(name)
        begins = edges[self._firsts[:-1]]

        def read(k: int) -> tuple[np.ndarray, ...]:
            if not self._recorded[k]:
                done = int(self._recorded.sum())
                raise checks.InputError(
                    f"sequence {k} of {self.path} is not recorded yet ({done} of {len(self._recorded)} are); "
                    "repeat the call that made it to resume"
                )
            at = bisect_right(self._firsts, k) - 1
            found = tuple(column[edges[k] - begins[at] : edges[k + 1] - begins[at]] for column in held[at])
            if sums is not None and checksums.crc(found) != sums[k]:
                raise checks.InputError(
                    f"{self.files[at].filename} is damaged: the {name} of sequence {k}{self._called(k)} are not as "
                    "they were written; record it again or take a copy ('millpond verify' lists all damage)"
                )
            return found

        return read

    def _called(self, k: int) -> str:
        """Return the name of a sequence for an error message."""
        at = bisect_right(self._firsts, k) - 1
        name = str(self.files[at]["sequence_name"].asstr()[k - self._firsts[at]])
        return "" if name == str(k) else f" ('{printable(name):.60}')"

    def _events(self, group: str, names: tuple[str, ...]) -> Ragged | None:
        if group not in self._file:
            return None
        ends = np.cumsum(self._all(f"{group}/row_size"))
        read = self._reader([f"{group}/{name}" for name in names], ends, group)
        return Ragged(read if len(names) > 1 else lambda k: read(k)[0], self._index, np.diff(ends, prepend=0))

    def _pick(self, name: str, read: Callable[[h5py.Dataset], np.ndarray]) -> np.ndarray | None:
        if name not in self._file:
            return None
        return np.concatenate([read(file[name]) for file in self.files])[self._index]


def unverified(path: str | Path) -> Recording:
    """Open the recording at `path` like `Recording.open`, without verifying the checksum of the metadata."""
    path = Path(path)
    if path.is_dir():
        return Recording(_open_all(path), path)
    found = path if path.exists() else part_path(path)
    if not found.exists():
        raise checks.InputError(f"there is no recording at {path}; check the path or make one with 'millpond record'")
    return Recording([_open(found)], found)


def _labels(var: h5py.Dataset) -> np.ndarray:
    classes = np.array(json.loads(var.attrs["classes"]))
    return classes[np.searchsorted(var.attrs["flag_values"], var[:])]


def _open_all(folder: Path) -> list[h5py.File]:
    """Open the shards in a folder, in the order of their sequences."""
    found = sorted(folder.glob("*.h5"))
    if not found:
        raise checks.InputError(f"there is no shard in {folder}; give a recording, or the folder of its shards")
    files: list[h5py.File] = []
    try:
        for path in found:
            files.append(_open(path))
        return shards.covering(files, folder)
    except BaseException:
        for file in files:
            file.close()
        raise


def _open(path: Path) -> h5py.File:
    if locking.is_written(path):
        raise checks.InputError(f"{path} is being written by another process; wait until it is done")
    try:
        file = h5py.File(path, "r")
    except BlockingIOError:
        raise checks.InputError(f"{path} is being written by another process; wait until it is done") from None
    except OSError as error:
        if error.errno == errno.EMFILE:
            raise _too_many(path) from None
        why = "is cut short" if "truncated" in str(error) else "is not a readable HDF5 file"
        raise checks.InputError(
            f"{path} {why}, so it is not a recording; make it again with 'millpond record'"
        ) from None
    try:
        problem = examine.problem(path)
    except OSError:
        file.close()
        raise _too_many(path) from None
    if problem:
        file.close()
        raise checks.InputError(f"{path} {problem}; make it again with 'millpond record', or copy it again")
    return file


def _too_many(path: Path) -> checks.InputError:
    return checks.InputError(
        f"{path} exceeds the limit of open files; raise the limit ('ulimit -n'), or merge the shards"
    )
