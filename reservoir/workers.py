"""Who does work that can be shared out: the seam between what is computed and where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from millpond.reservoir.checks import InputError

Work = Callable[[Any, Any], Any]
"""A function of a module, not a closure: of an item, and of what the workers hold."""

Run = Callable[[Work, dict[Any, Any]], Iterable[tuple[Any, Any]]]
"""Run a work on items, given by names of the caller's; yield each name with what came out, or with the `InputError` of
what was given, in the order in which they end."""

Crew = Callable[[Any], AbstractContextManager[Run]]
"""From what every worker is to hold, make a context that yields a `Run`; the workers end with it, done or not."""


@contextmanager
def alone(held: Any) -> Iterator[Run]:
    """Yield a `Run` that does the work here, one item after the other: the crew of one."""
    yield lambda work, items: ((name, tried(work, item, held)) for name, item in items.items())


def tried(work: Work, item: Any, held: Any) -> Any:
    """Return what `work` returns, or its error where that is about what was given."""
    try:
        return work(item, held)
    except InputError as error:
        return error


def certain(ended: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Any]]:
    """Yield what ended well, and raise the first error."""
    for name, found in ended:
        if isinstance(found, InputError):
            raise found
        yield name, found
