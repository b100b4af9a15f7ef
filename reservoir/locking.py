"""One process at a time at a file or in a folder, by locks of the operating system (flock).

A lock ends with the process that holds it, however that ends. HDF5's own locks are not relied on: users switch them
off (``HDF5_USE_FILE_LOCKING=FALSE``). Where there are no such locks (Windows, some file systems) everybody may write.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TRIES, _PAUSE = 4, 0.05  # a reader that looks whether a file is written holds its lock for a moment (s)


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Hold the folder or file `path` for this process; yield False where another process or thread has it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        yield _locks(handle)
    finally:
        os.close(handle)


@contextmanager
def written(path: Path) -> Iterator[bool]:
    """Hold the file `path`, there or not, for writing; yield False where another process or thread writes it.

    The lock is on a file of its own, ``path.lock``, which is removed in the end: HDF5 may lock `path` itself.
    """
    lock = lock_path(path)
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        ours = any(_tries(handle))
        if not ours or _is_at(handle, lock):
            break
        os.close(handle)  # whoever had it before has removed it
    try:
        yield ours
    finally:
        if ours:
            lock.unlink(missing_ok=True)
        os.close(handle)


def is_written(path: Path) -> bool:
    """Return whether a process writes `path`, as `written` says it."""
    try:
        handle = os.open(lock_path(path), os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _locks(handle, shared=True)
    finally:
        os.close(handle)


def lock_path(path: Path) -> Path:
    """Return the lock file of `path`."""
    return Path(f"{path}.lock")


def _tries(handle: int) -> Iterator[bool]:
    for k in range(_TRIES):
        time.sleep(_PAUSE if k else 0)
        yield _locks(handle)


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


def _locks(handle: int, shared: bool = False) -> bool:
    """Lock an open file; return False where another has it."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True
