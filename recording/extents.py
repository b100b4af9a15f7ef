"""Byte positions of rows in a file, so that contiguous data sets can be written without the HDF5 library.

One process writes a recording. The data sets are contiguous and allocated at the start. HDF5 does not cache their bytes
unless they are written through HDF5, so the process can write rows directly.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

_BLOCK_BYTES = 2**22


class Extent(NamedTuple):
    """Position of a data set in a file: first byte, bytes per row and type."""

    begin: int
    width: int
    dtype: np.dtype

    def at(self, row: int) -> int:
        """Return the byte position of a row."""
        return self.begin + row * self.width


def of(var: h5py.Dataset) -> Extent:
    """Return the position of the rows of a variable."""
    n_bytes = var.dtype.itemsize * int(np.prod(var.shape[1:]))
    return Extent(var.id.get_offset() or 0, n_bytes, var.dtype)  # a data set without rows has no position


def complement(extents: Iterable[range], size: int) -> list[range]:
    """Return the byte ranges of a file of `size` bytes that are outside all `extents`."""
    left, at = [], 0
    for extent in sorted(extents, key=lambda e: e.start):
        left.append(range(at, extent.start))
        at = extent.stop
    return [run for run in (*left, range(at, size)) if run]


def copy(source: Path, target: Path, moves: Iterable[tuple[range, int]]) -> None:
    """Copy byte ranges of one file to given positions in another, existing file."""
    with source.open("rb") as from_, target.open("r+b") as to:
        for run, begin in moves:
            from_.seek(run.start)
            to.seek(begin)
            left = len(run)
            while left:
                block = from_.read(min(left, _BLOCK_BYTES))
                if not block:
                    raise OSError(f"{source} is shorter than it should be")
                to.write(block)
                left -= len(block)
