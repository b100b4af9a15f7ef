"""Exclusive access to files and folders by locks of the operating system (flock).

The operating system releases a lock when the process ends, even after a crash. The locks of HDF5 are not used, because
users can turn them off (``HDF5_USE_FILE_LOCKING=FALSE``). On systems without flock (Windows, some file systems) nothing
is locked.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TRIES, _PAUSE = 4, 0.05  # a reader that checks a lock holds it for a moment (s)


@contextmanager
def held(path: Path) -> Iterator[bool]:
    """Lock the folder or file `path`; yield False if another process or thread holds the lock."""
    handle = os.open(path, os.O_RDONLY)
    try:
        yield _locks(handle)
    finally:
        os.close(handle)


@contextmanager
def written(path: Path) -> Iterator[bool]:
    """Lock the file `path`, which need not exist, for writing; yield False if another process or thread writes it.

    The lock is on the separate file ``path.lock``, which is removed at the end, because HDF5 may lock `path` itself.
    """
    lock = lock_path(path)
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        ours = any(_tries(handle))
        if not ours or _is_at(handle, lock):
            break
        os.close(handle)  # the previous holder has removed the file
    try:
        yield ours
    finally:
        if ours:
            lock.unlink(missing_ok=True)
        os.close(handle)


def is_written(path: Path) -> bool:
    """Return whether a process writes `path` and holds the lock of `written`."""
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
    """Lock an open file; return False if another process or thread holds the lock."""
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
