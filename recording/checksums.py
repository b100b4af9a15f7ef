"""Checksums of a recording: a CRC-32 for each sequence and variable, and one for the metadata.

They are in the group ``checksum`` (docs/recording.md). The checksums of a sequence are written before it is marked as
recorded, so that a killed run leaves no wrong checksum.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from isal.isal_zlib import crc32  # same result as zlib, several times faster

from millpond.recording import layout
from millpond.recording.guard import Guarded

GROUP = "checksum"
COLUMNS = {
    "states": ("states",), "inputs": ("inputs",), "time": ("time",), "targets": ("targets",),
    "spikes": ("spikes/time", "spikes/unit_index"), "frames": ("frames/intensity",),
}  # fmt: skip
"""The variables that each checksum covers, concatenated for each sequence."""

_DESCRIBED = {
    "/": ("row_size", "label", "split", "group", "sequence_name", "unit_x", "unit_y", "unit_z"),
    "frames": ("row_size",),
    "provenance": ("config", "environment", "preparation"),
    "questions": ("row_size", "row", "given"),
}  # fmt: skip


def crc(arrays: Iterable[np.ndarray], start: int = 0) -> int:
    """Return the CRC-32 of the concatenated bytes of `arrays`, starting from the value `start`."""
    for array in arrays:
        start = crc32(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data, start)
    return start


class Running:
    """Checksums of consecutive sequences of `sizes` bytes, from blocks with other boundaries."""

    def __init__(self, sizes: np.ndarray) -> None:
        self.sums = np.zeros(len(sizes), "u4")
        self._ends = np.cumsum(sizes).tolist()
        self._at = self._k = self._sum = 0

    def add(self, block: np.ndarray) -> None:
        """Add the bytes of the contiguous array `block`."""
        flat = block.data.cast("B") if block.size else b""
        first, stop = self._at, self._at + len(flat)
        while self._at < stop:
            end = min(self._ends[self._k], stop)
            self._sum = crc32(flat[self._at - first : end - first], self._sum)
            self._at = end
            if end == self._ends[self._k]:
                self.sums[self._k] = self._sum
                self._k, self._sum = self._k + 1, 0


def of_rows(array: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the checksum of each group of `counts` consecutive rows of `array`."""
    running = Running(np.asarray(counts) * (array.nbytes // max(len(array), 1)))
    running.add(array)
    return running.sums


def of_events(counts: np.ndarray, *columns: np.ndarray) -> np.ndarray:
    """Return the checksum of each group of `counts` events: the bytes of one column, then of the next."""
    ends = np.cumsum(counts).tolist()
    each = zip([0, *ends[:-1]], ends, strict=True)
    return np.array([crc([column[a:b] for column in columns]) for a, b in each], "u4")


def create(file: h5py.File, names: Iterable[str]) -> None:
    """Create the data sets for the checksums of the variables `names`."""
    group = file.create_group(GROUP, track_order=True)
    for name in names:
        layout.variable(
            group, name, ("sequence",), data=np.zeros(len(file["row_size"]), "u4"), long_name=f"CRC-32 of {name}"
        )


def of(file: h5py.File) -> dict[str, h5py.Dataset]:
    """Return the data sets of checksums by name; empty for a file that was started without checksums."""
    return dict(file[GROUP]) if GROUP in file else {}


def put(kept: dict[str, h5py.Dataset], name: str, first: int, sums: np.ndarray) -> None:
    """Write the checksums of `name`, starting at the sequence `first`, if the file has checksums."""
    if name in kept:
        layout.put_rows(kept[name], first, np.asarray(sums, "u4"))


def describe(file: h5py.File) -> None:
    """Write the checksum of the metadata, which does not change any more."""
    file[GROUP].attrs["description"] = np.uint32(description(file))


def is_described(path: Path) -> bool:
    """Return whether the metadata matches its checksum and every variable with checksums exists.

    Raises
    ------
    OSError
        Too many files are open.
    """
    try:
        with Guarded(path) as raw, h5py.File(raw, "r") as file:
            group = file[GROUP]
            known = set(group) & set(COLUMNS)
            if not file.attrs["complete"]:
                known -= {"spikes"}  # spikes are added to the file last
            there = all(place in file for name in known for place in COLUMNS[name])
            return there and int(group.attrs["description"]) == description(file)
    except Exception as error:  # h5py raises various errors for damaged bytes
        if isinstance(error, OSError) and error.errno == errno.EMFILE:
            raise
        return False


def description(file: h5py.File) -> int:
    """Return the CRC-32 of the metadata: lengths, labels, names, questions, origin and attributes."""
    questions = [f"questions/{k}" for k in range(len(file.get("questions", ())))]
    found = 0
    for group in ("/", "frames", "provenance", *questions):
        own = _DESCRIBED.get(group, _DESCRIBED["questions"])
        if group in file:
            attributes = sorted(set(file[group].attrs) - {"complete"}) if group != "frames" else []
            found = _attributes(file[group], attributes, crc32(group.encode(), found))
            for name in sorted(set(own) & set(file[group])):
                item = file[group][name]
                found = _attributes(item, [a for a in ("classes", "flag_values") if a in item.attrs], found)
                found = _content(item, crc32(name.encode(), found))
    return found


def _content(item: h5py.Dataset, start: int) -> int:
    values = item[()]
    if h5py.check_string_dtype(item.dtype) is not None:
        return crc32(b"\0".join(np.ravel(values).tolist()), start)
    return crc([np.asarray(values)], start)


def _attributes(item: Any, names: list[str], start: int) -> int:
    for name in names:
        value = item.attrs[name]
        told = value if isinstance(value, str) else repr(np.asarray(value).tolist())
        start = crc32(f"{name}={told}\n".encode(errors="surrogateescape"), start)
    return start
