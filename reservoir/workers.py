"""Protocol for worker pools."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from millpond.reservoir.checks import InputError

Work = Callable[[Any, Any], Any]
"""A module-level function (not a closure) of an item and of the data that every worker holds."""

Run = Callable[[Work, dict[Any, Any]], Iterable[tuple[Any, Any]]]
"""Run a `Work` on named items. Yield each name with its result or its `InputError`, in the order of completion."""

WorkerPool = Callable[[Any], AbstractContextManager[Run]]
"""Make a context from the data that every worker holds. It yields a `Run` and stops the workers on exit."""


@contextmanager
def serial(held: Any) -> Iterator[Run]:
    """Yield a `Run` that processes the items one after the other in this process."""
    yield lambda work, items: ((name, tried(work, item, held)) for name, item in items.items())


def tried(work: Work, item: Any, held: Any) -> Any:
    """Return the result of `work`, or its `InputError`."""
    try:
        return work(item, held)
    except InputError as error:
        return error


def certain(ended: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """Yield results; raise the first InputError."""
    for name, found in ended:
        if isinstance(found, InputError):
            raise found
        yield name, found
