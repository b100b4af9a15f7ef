"""File object that rejects corrupt HDF5 global heaps, on which libhdf5 loops for ever.

HDF5 stores strings in "global heap collections", which have no checksum. libhdf5 (2.0.0 and earlier) never returns
from a collection in which the object that marks the free space has size 0. This file object searches all bytes that
the library reads for collections and raises an error for an invalid one.
"""

from __future__ import annotations

import io
import os
import struct
from typing import Any

_MARK = b"GCOL\x01"
_HEAD = 16  # bytes of the header of a collection and of each object
_LARGEST, _MOST = 2**26, 2**16 + 1  # bytes and objects of a collection


class BrokenHeapError(OSError):
    """An invalid global heap collection."""


class Guarded(io.FileIO):
    """A file for the file-like driver of h5py that validates global heaps while reading."""

    def readinto(self, buffer: Any) -> int:
        """Read as `io.FileIO` does; raise `BrokenHeapError` for an invalid heap."""
        start = self.tell()
        n = super().readinto(buffer) or 0
        first = max(0, start - len(_MARK) + 1)  # a signature may cross the boundaries of this read
        seen = os.pread(self.fileno(), start + n + len(_MARK) - 1 - first, first)
        at = seen.find(_MARK)
        while at >= 0:
            if not self._is_whole(first + at):
                raise BrokenHeapError(f"the strings at byte {first + at} are damaged")
            at = seen.find(_MARK, at + 1)
        return n

    def _is_whole(self, at: int) -> bool:
        """Return whether the objects of a collection fill it exactly."""
        head = os.pread(self.fileno(), _HEAD, at)
        size = struct.unpack("<8xQ", head)[0] if len(head) == _HEAD else 0
        if not _HEAD < size <= min(_LARGEST, os.fstat(self.fileno()).st_size - at):
            return False
        heap, place = os.pread(self.fileno(), size, at), _HEAD
        for _ in range(_MOST):
            if place + _HEAD > size:
                return place <= size
            index, length = struct.unpack_from("<H6xQ", heap, place)
            step = _HEAD + -(-length // 8) * 8 if index else length  # the size of the free space includes its header
            if step < _HEAD:
                return False
            place += step
        return False
