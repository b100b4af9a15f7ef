"""Where rows lie in a file, as bytes: what is contiguous can be written beside the library that made it.

One process writes a recording. Its variables lie in the file in one piece, allocated from the start. HDF5 holds none of
their bytes as long as nobody writes them through it, so that process may put rows where they belong.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

_BLOCK_BYTES = 2**22


class Extent(NamedTuple):
    """Rows of a variable, as they lie in a file: from which byte on, of how many bytes each, of which numbers."""

    begin: int
    width: int
    dtype: np.dtype

    def at(self, row: int) -> int:
        """Return where a row begins."""
        return self.begin + row * self.width


def of(var: h5py.Dataset) -> Extent:
    """Return where the rows of a variable lie."""
    n_bytes = var.dtype.itemsize * int(np.prod(var.shape[1:]))
    return Extent(var.id.get_offset() or 0, n_bytes, var.dtype)  # no place where there is no row


def complement(extents: Iterable[range], size: int) -> list[range]:
    """Return the runs of bytes of a file of `size` bytes that lie in none of `extents`."""
    left, at = [], 0
    for extent in sorted(extents, key=lambda e: e.start):
        left.append(range(at, extent.start))
        at = extent.stop
    return [run for run in (*left, range(at, size)) if run]


def copy(source: Path, target: Path, moves: Iterable[tuple[range, int]]) -> None:
    """Copy runs of bytes of one file into another, which is there, each to where it is to begin."""
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
