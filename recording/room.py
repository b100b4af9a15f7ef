"""Check of the free disk space before a file is created."""

from __future__ import annotations

import os
from pathlib import Path

_STRUCTURE = 2**18  # bytes, about ten times the size of names, attributes and heaps of a small file


def ask(path: Path, n_bytes: int, n_now: int) -> None:
    """Raise OSError if `path` cannot grow by `n_bytes`, or if `n_now` of them cannot be allocated now.

    The overhead of HDF5 is added; the file is not changed. libhdf5 (2.0.0) crashes the process if it cannot write a
    cached structure.
    """
    with path.open("r+b") as file:
        before = os.fstat(file.fileno()).st_size
        try:
            file.truncate(before + n_bytes + _STRUCTURE)  # a hole checks the limits without writing
            if hasattr(os, "posix_fallocate"):  # Linux
                os.posix_fallocate(file.fileno(), before, n_now + _STRUCTURE)
        finally:
            file.truncate(before)
