"""A file as the HDF5 library is to see it first: without the one structure that it trusts too much.

Strings lie in "global heap collections". Nothing in a file guards these, and libhdf5 (2.0.0, and those before it)
never returns from one in which an object that marks the free rest has the size 0. So whatever the library reads
is looked through for collections, and a broken one ends the reading.
"""

from __future__ import annotations

import io
import os
import struct
from typing import Any

_MARK = b"GCOL\x01"
_HEAD = 16  # bytes of the head of a collection, and of each of its objects
_LARGEST, _MOST = 2**26, 2**16 + 1  # bytes and objects of a collection


class BrokenHeapError(OSError):
    """A collection of strings that libhdf5 should not see."""


class Guarded(io.FileIO):
    """A file open for reading (the file-like driver of h5py takes it), whose heaps are looked at on the way."""

    def readinto(self, buffer: Any) -> int:
        """Read as `io.FileIO` does; raise `BrokenHeapError` for a heap that is not whole."""
        start = self.tell()
        n = super().readinto(buffer) or 0
        first = max(0, start - len(_MARK) + 1)  # a mark may begin in what was read before, or end in what comes next
        seen = os.pread(self.fileno(), start + n + len(_MARK) - 1 - first, first)
        at = seen.find(_MARK)
        while at >= 0:
            if not self._is_whole(first + at):
                raise BrokenHeapError(f"the strings at byte {first + at} are damaged")
            at = seen.find(_MARK, at + 1)
        return n

    def _is_whole(self, at: int) -> bool:
        """Return whether a collection is followed to its end by objects that fit."""
        head = os.pread(self.fileno(), _HEAD, at)
        size = struct.unpack("<8xQ", head)[0] if len(head) == _HEAD else 0
        if not _HEAD < size <= min(_LARGEST, os.fstat(self.fileno()).st_size - at):
            return False
        heap, place = os.pread(self.fileno(), size, at), _HEAD
        for _ in range(_MOST):
            if place + _HEAD > size:
                return place <= size
            index, length = struct.unpack_from("<H6xQ", heap, place)
            step = _HEAD + -(-length // 8) * 8 if index else length  # the free rest counts its own head
            if step < _HEAD:
                return False
            place += step
        return False
