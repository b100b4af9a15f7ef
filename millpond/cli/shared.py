"""What several commands share: options, their meaning, and how a result is printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

Task = Annotated[str, typer.Argument(help="What to do; 'millpond list' shows the tasks.")]
Corpus = Annotated[str | None, typer.Option(help="Of speech: synthetic, fsdd, ti46, or a folder with manifest.csv.")]
Data = Annotated[str | None, typer.Option(help="Folder of fsdd, ti46 or .ts files; for forecast a file.")]
Split = Annotated[str | None, typer.Option(help="Of speech: speaker (none known), official, or blocks.")]
Units = Annotated[int | None, typer.Option(help="Size of the reservoir; the recipe's own if not given.")]
Workers = Annotated[int | None, typer.Option(help="Processes; one for each processor if not given.")]
Scheduler = Annotated[
    str | None, typer.Option(help="Dask does the work: local, slurm, or tcp://HOST:PORT of a scheduler.")
]
Trust = Annotated[
    bool, typer.Option("--trust", help="Allow equations in these files to be compiled and run (docs/trust.md).")
]
FrontEnd = Annotated[str | None, typer.Option(help="mfcc, logmel, ...; the recipe's own if not given.")]


def names_of(models: str) -> list[str]:
    """Return the names in a list of them, each once."""
    return list(dict.fromkeys(name.strip() for name in models.split(",") if name.strip()))


def usual(task: str, corpus: str | None, split: str | None) -> tuple[str, str]:
    """Return corpus and split, those that are usual for the task in place of what was not given."""
    from millpond.scenarios.tasks import task_of

    return corpus or task_of(task).CORPORA[0], split or task_of(task).SPLITS[0]


def workers_of(workers: int | None, scheduler: str | None) -> int | None:
    """Return how many workers to begin; those of a scheduler elsewhere are begun there."""
    from millpond.reservoir import checks

    if scheduler is not None:
        from millpond.execution.dask_cluster import ask

        ask(scheduler)
        if workers is not None and "://" in scheduler:
            raise checks.InputError(
                f"workers is {workers}, but those of {scheduler} are begun there; leave out --workers"
            )
    return None if workers is None else checks.integer("workers", workers, 1)


def drawable(plot: Path | None) -> None:
    """Raise where `plot` is no place for a figure: before the work, not after it."""
    if plot is None:
        return
    from millpond.reservoir import checks, plots

    checks.option("the ending of plot", plot.suffix, plots.ENDINGS)
    checks.has_folder(plot)


def say(*lines: Any) -> None:
    """Print lines and tables, without control characters of what files hold."""
    from rich.console import Console as Plain
    from rich.measure import Measurement
    from rich.segment import Segment

    from millpond.reservoir.printable import printable

    class Console(Plain):
        def render(self, *given: Any, **options: Any) -> Any:
            for text, style, control in super().render(*given, **options):
                yield Segment(text if control else printable(text, lines=True), style, control)

    console = Console()
    for line in lines:
        if isinstance(line, str):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:  # where there is no room for a table its lines break: none of its numbers is cut
            needed = Measurement.get(console, console.options.update(width=999), line).minimum
            Console(width=max(console.width, needed)).print(line)
