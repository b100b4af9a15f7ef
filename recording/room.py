"""Whether there is room on the disk, asked before a file's structure is begun."""

from __future__ import annotations

import os
from pathlib import Path

_STRUCTURE = 2**18  # bytes, about ten times what names, attributes and heaps of a small file take


def ask(path: Path, n_bytes: int, n_now: int) -> None:
    """Raise OSError where `path` cannot grow by `n_bytes`, or the disk does not take `n_now` of them now.

    What HDF5 needs besides is added; the file stays as it is. libhdf5 (2.0.0) ends the whole process where it cannot
    write a structure it holds in memory.
    """
    with path.open("r+b") as file:
        before = os.fstat(file.fileno()).st_size
        try:
            file.truncate(before + n_bytes + _STRUCTURE)  # a hole: the limits are asked, and nothing is written
            if hasattr(os, "posix_fallocate"):  # Linux
                os.posix_fallocate(file.fileno(), before, n_now + _STRUCTURE)
        finally:
            file.truncate(before)
