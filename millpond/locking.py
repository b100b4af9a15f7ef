"""One process at a time in a folder of results."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from millpond.execution.processes import leave_if_importing
from millpond.reservoir import checks
from millpond.reservoir.locking import held


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process; the system lets go of it however the process ends, and nothing is left in it.

    Raises
    ------
    InputError
        Another process writes into it.
    """
    leave_if_importing()  # or the worker would report that its own parent writes there
    with held(folder) as ours:
        if not ours:
            raise checks.InputError(
                f"another millpond is writing into {folder}; wait for it or choose another folder"
            )
        yield
