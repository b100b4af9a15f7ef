"""Whether there is room on the disk, asked before a file's structure is begun."""

from __future__ import annotations

import os
from pathlib import Path

_STRUCTURE = 2**18  # bytes, about ten times what names, attributes and heaps of a small file take


def ask(path: Path, n_bytes: int) -> None:
    """Raise OSError where `path` cannot grow to `n_bytes` and what HDF5 needs besides; it stays as long as it is.

    libhdf5 (2.0.0) ends the whole process where it cannot write a structure it holds in memory.
    """
    if not hasattr(os, "posix_fallocate"):  # not Linux
        return
    with path.open("r+b") as file:
        before = os.fstat(file.fileno()).st_size
        try:
            os.posix_fallocate(file.fileno(), 0, n_bytes + _STRUCTURE)
        finally:
            file.truncate(before)
