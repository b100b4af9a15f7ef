"""Options that several commands share, their checks, and the printing of results."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

RECIPE = "recommended value"


def whole(value: str | int) -> int:
    """Return the whole number that an option was given, such as 200 or 1e3.

    >>> whole("1e3")
    1000
    """
    try:
        number = int(value) if isinstance(value, int) or value.strip().lstrip("+-").isdigit() else float(value)
        if number == int(number):
            return int(number)
    except (ValueError, OverflowError):
        pass
    raise typer.BadParameter(f"{value!r} is not a whole number; give one, such as 200 or 1e3")


Task = Annotated[
    str, typer.Argument(metavar="TASK", help="Name of a task (see 'millpond list'), or module:Name for your own.")
]
Corpus = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", show_default="the task's first corpus",
        help="Corpus of speech: synthetic, fsdd, audiomnist, speech-commands, ti46, or a folder with a manifest.csv.",
    ),
]  # fmt: skip
Data = Annotated[
    str | None,
    typer.Option(
        metavar="PATH", help="Folder of the recordings of a corpus or of .ts files; for the task forecast, a file."
    ),
]
Split = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", show_default="the task's first split",
        help="How test sequences are chosen. Spoken digits have speaker (held-out speakers), official and blocks.",
    ),
]  # fmt: skip
Model = Annotated[str, typer.Option("--model", "--models", metavar="NAME", help="Model; module:Class loads your own.")]
Models = Annotated[
    str,
    typer.Option(
        "--models",
        "--model",
        metavar="NAMES",
        help="Models, separated by commas, with settings in brackets: esn(leak_rate=0.3); module:Class loads yours.",
    ),
]
Units = Annotated[
    int | None,
    typer.Option(parser=whole, metavar="N", show_default=RECIPE, help="Number of units, such as 200 or 1e3."),
]
Workers = Annotated[
    int | None,
    typer.Option(parser=whole, metavar="N", show_default="number of processors", help="Number of worker processes."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Run on Dask workers: local, slurm, or the address tcp://HOST:PORT of a scheduler."
    ),
]
Trust = Annotated[
    bool, typer.Option("--trust", help="Compile and run neuron equations from these files (see docs/trust.md).")
]
FrontEnd = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", show_default=RECIPE, help="Features of the sound, such as mfcc; 'millpond list' shows all."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def names_of(models: str) -> list[str]:
    """Return the names in a comma-separated list without duplicates.

    >>> names_of("esn, lsm,esn(n_units=20, leak_rate=0.3)")
    ['esn', 'lsm', 'esn(n_units=20, leak_rate=0.3)']
    """
    parts = re.split(r",(?![^(]*\))", models)  # commas in brackets separate settings
    return list(dict.fromkeys(name.strip() for name in parts if name.strip()))


def usual(task: str, corpus: str | None, split: str | None) -> tuple[str, str]:
    """Return corpus and split; the first ones of the task replace those that are not given."""
    from millpond.scenarios.tasks import task_of

    return corpus or task_of(task).CORPORA[0], split or task_of(task).SPLITS[0]


def workers_of(workers: int | None, scheduler: str | None) -> int | None:
    """Return the number of workers to start, or None; a scheduler at an address has its own workers."""
    from millpond.reservoir import checks

    if scheduler is not None:
        from millpond.execution.dask_cluster import ask

        ask(scheduler)
        if workers is not None and "://" in scheduler:
            raise checks.InputError(
                f"workers is {workers}, but the scheduler {scheduler} starts its own workers; leave out --workers"
            )
    return None if workers is None else checks.integer("workers", workers, 1)


def drawable(plot: Path | None) -> None:
    """Raise InputError if no figure can be written to `plot`. Call this before the computation."""
    if plot is None:
        return
    from millpond.reservoir import checks, plots

    checks.option("the file type of plot", plot.suffix, plots.ENDINGS)
    checks.has_folder(plot)


def say(*lines: Any) -> None:
    """Print lines and tables; control characters that come from files are removed."""
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
        else:  # a table wider than the terminal wraps: no number is cut
            needed = Measurement.get(console, console.options.update(width=999), line).minimum
            Console(width=max(console.width, needed)).print(line)
