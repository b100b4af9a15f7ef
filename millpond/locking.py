"""Exclusive access to a folder of results."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from millpond.execution.processes import leave_if_importing
from millpond.reservoir import checks
from millpond.reservoir.locking import held


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock `folder` for this process. The operating system releases the lock when the process ends, even after a crash.

    Raises
    ------
    InputError
        Another process writes to the folder.
    """
    leave_if_importing()  # otherwise a worker would find the lock of its own parent
    with held(folder) as ours:
        if not ours:
            raise checks.InputError(f"another millpond is writing into {folder}; wait for it or choose another folder")
        yield
