"""The progress bar of long computations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(total: int, what: str, done: int = 0, show: bool | None = None) -> Iterator[Callable[..., None]]:
    """Show a bar on standard error. Yield a function that advances it by a number of steps and can rename it.

    `show=None` shows the bar if standard error is a terminal.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
               TextColumn("left"), TimeRemainingColumn())  # fmt: skip
    hidden = not (console.is_terminal if show is None else show)
    with Progress(*columns, console=console, disable=hidden, transient=True) as progress:
        task = progress.add_task(what, total=total, completed=done)
        yield lambda steps, now=what: progress.update(task, advance=steps, description=now)
