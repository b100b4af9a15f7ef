"""Checksums of a recording: a CRC-32 of each sequence's bytes in every variable, and one of what describes them.

They lie in the group ``checksum`` (docs/recording.md). Those of a sequence are written before the mark that it is
recorded, so that a run that is killed leaves none that is wrong.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any

import h5py
import numpy as np

from reservoir import layout

GROUP = "checksum"
COLUMNS = {
    "states": ("states",), "inputs": ("inputs",), "time": ("time",), "targets": ("targets",),
    "spikes": ("spikes/time", "spikes/unit_index"), "frames": ("frames/intensity",),
}  # fmt: skip
"""What each variable of checksums is about: the bytes of a sequence in these, one after the other."""

_PLUMBING = {"DIMENSION_LIST", "REFERENCE_LIST", "CLASS", "NAME", "complete"}  # grows with a file, or changes at its end
_APART = {"recorded", *(path for paths in COLUMNS.values() for path in paths)}


def crc(arrays: Iterable[np.ndarray], start: int = 0) -> int:
    """Return the CRC-32 of the bytes of `arrays` one after the other, going on from `start`."""
    for array in arrays:
        start = zlib.crc32(np.ascontiguousarray(array).reshape(-1).view(np.uint8), start)
    return start


def create(file: h5py.File, names: Iterable[str]) -> None:
    """Make room for the checksums of the variables `names`, to be filled as sequences are."""
    group = file.create_group(GROUP, track_order=True)
    for name in names:
        layout.variable(
            group, name, ("sequence",), data=np.zeros(len(file["row_size"]), "u4"), long_name=f"CRC-32 of {name}"
        )


def put(file: h5py.File, name: str, first: int, parts: Iterable[np.ndarray | int]) -> None:
    """Write the checksums of `name`, of the sequences from `first` on: one for each of `parts`, or these themselves.

    A file that was begun without checksums goes on without.
    """
    if GROUP in file:
        found = np.array([part if isinstance(part, int) else crc([part]) for part in parts], "u4")
        file[GROUP][name][first : first + len(found)] = found


def describe(file: h5py.File) -> None:
    """Write the checksum of what describes the sequences; nothing of that changes any more."""
    file[GROUP].attrs["description"] = np.uint32(description(file))


def description(file: h5py.File) -> int:
    """Return the CRC-32 of all that is not a row of a sequence: names, labels, questions, origin, attributes."""
    found = 0
    questions = [f"questions/{k}" for k in range(len(file.get("questions", ())))]
    for name in ("/", "provenance", "frames", *questions):
        if name not in file:
            continue
        group = file[name]
        found = _attributes(group, zlib.crc32(name.encode(), found))
        for own in sorted(group):
            item = group[own]
            path = f"{group.name}/{own}".lstrip("/")
            if isinstance(item, h5py.Dataset) and path not in _APART and not h5py.h5ds.is_scale(item.id):
                found = _attributes(item, _content(item, zlib.crc32(path.encode(), found)))
    return found


def _content(item: h5py.Dataset, start: int) -> int:
    values = item[()]
    if h5py.check_string_dtype(item.dtype) is not None:
        return zlib.crc32(b"\0".join(np.ravel(values).tolist()), start)
    return crc([np.asarray(values)], start)


def _attributes(item: Any, start: int) -> int:
    for name in sorted(set(item.attrs) - _PLUMBING):
        value = item.attrs[name]
        told = value.encode() if isinstance(value, str) else repr(np.asarray(value).tolist()).encode()
        start = zlib.crc32(name.encode() + b"\0" + told, start)
    return start
