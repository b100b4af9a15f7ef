"""Commands that measure reservoirs, reproduce papers and list all names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from millpond.cli.shared import (
    Corpus,
    Data,
    Json,
    Scheduler,
    Units,
    Workers,
    drawable,
    names_of,
    say,
    whole,
    workers_of,
)

Plot = Annotated[Path | None, typer.Option(metavar="FILE", help="Figure to write (.png, .pdf or .svg).")]


def measure(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Recording of the test signal, made with --keep.")
    ] = None,
    models: Annotated[
        str,
        typer.Option(
            "--models",
            "--model",
            metavar="NAMES",
            show_default=False,
            help="Models, separated by commas; module:Class loads your own.",
        ),
    ] = "",
    units: Units = None,
    seeds: Annotated[
        int, typer.Option(parser=whole, metavar="N", help="Number of random seeds of the model and the test signal.")
    ] = 1,
    keep: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Record the states on the test signal to this file.")
    ] = None,
    over: Annotated[
        list[str] | None,
        typer.Option(
            metavar="AXIS",
            help="Axis of a map (give two): NAME=LOW:HIGH:STEPS, spaced geometrically, or NAME=A,B.",
        ),
    ] = None,
    plot: Plot = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            show_default="runs/measure-MODELS",
            help="Folder for the results of several models or a map.",
        ),
    ] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Measure the memory, rank and stability of reservoirs.

    The result is a benchmark profile: memory, capacity, rank, separation, stability and robustness. Profiles of several
    models and maps resume when an interrupted command is repeated.
    """
    from millpond.reservoir import checks

    names = names_of(models)
    n_seeds = checks.integer("seeds", seeds, 1)
    n_units = None if units is None else checks.integer("units", units, 1)
    n_workers = workers_of(workers, scheduler)
    drawable(plot)
    if bool(names) == (file is not None):
        raise checks.InputError("measure needs either a recording or models; give FILE or --model NAME")
    one = len(names) == n_seeds == 1
    if file is not None and (units or n_seeds > 1 or keep or over or out or workers or scheduler):
        raise checks.InputError(
            "a recording is measured without other options; leave out all options but --plot and --json"
        )
    if file is None and (over or keep or plot) and not one:
        raise checks.InputError("--over, --keep and --plot need exactly one model and one seed; give one --model NAME")
    if (workers or scheduler or out) and one and not over:
        raise checks.InputError(
            "one model with one seed is measured by one process; leave out --workers, --scheduler and --out"
        )
    if over and keep:
        raise checks.InputError("--over measures many models, but --keep records one; leave out --keep or --over")
    from millpond import measuring, terminal

    folder = out or Path("runs") / f"measure-{'-'.join(names).replace(':', '.')}{'-map' if over else ''}"
    if over:
        found: Any = measuring.chart(names[0], over, n_units, folder, n_workers, scheduler)
    elif file is not None:
        found = measuring.recorded(file)
    elif one:
        found = measuring.measure(names[0], n_units, keep)
    else:
        cards = measuring.side_by_side(names, n_units, n_seeds, folder, n_workers, scheduler)
        if as_json:
            say(json.dumps(measuring.plain(cards)))
        else:
            say(*terminal.cards(cards), f"Written to {folder}: {measuring.FILE}")
        return
    if plot is not None:
        found.plot().savefig(plot)
    if as_json:
        say(json.dumps(found.to_dict()))
    else:
        lines = [str(found), *measuring.spacings(found), f"Written to {folder}: {measuring.FILE}"] if over else []
        say(*(lines or terminal.card(found)))


def run_paper(
    name: Annotated[str, typer.Argument(metavar="PAPER", help="Name of the paper; 'millpond list' shows all papers.")],
    quick: Annotated[bool, typer.Option("--quick", help="Use 3 seeds instead of 10.")] = False,
    seed: Annotated[int, typer.Option(parser=whole, metavar="N", help="First random seed.")] = 0,
    plot: Plot = None,
    corpus: Corpus = None,
    data: Data = None,
) -> None:
    """Reproduce the figures of a paper.

    The exit code is 1 if a figure differs from the expected value by more than the tolerance.
    """
    from millpond.reservoir import checks

    checks.integer("seed", seed)
    drawable(plot)
    if not _reproduced(name, seed, quick, plot, corpus, data):
        raise typer.Exit(1)


def selfcheck() -> None:
    """Reproduce the figures of all papers with 3 seeds.

    The exit code is 1 if a figure differs from the expected value by more than the tolerance.
    """
    from millpond.scenarios.papers import names

    differ = [name for name in names() if not _reproduced(name, 0, quick=True)]
    say(
        f"papers with figures that differ: {', '.join(differ)}"
        if differ
        else f"all figures of {len(names())} papers agree"
    )
    if differ:
        raise typer.Exit(1)


def _reproduced(
    name: str, seed: int, quick: bool, plot: Path | None = None, corpus: str | None = None, data: str | None = None
) -> bool:
    from millpond import terminal
    from millpond.scenarios.papers import reproduce

    about, found = reproduce(name, seed, quick, corpus, data)
    say(*terminal.paper(about, found), "")
    if plot is not None:
        from millpond.scenarios.papers.drawing import picture

        picture(name, about, found, seed).savefig(plot)
    return all(check.passed for check in found)


def list_names() -> None:
    """List all tasks, models, corpora, readouts and papers."""
    from millpond.evaluation.fitting import READOUTS
    from millpond.evaluation.models import BASELINES, CONTROLS, substrates
    from millpond.scenarios.papers import names
    from millpond.scenarios.tasks import names as task_names
    from millpond.scenarios.tasks import task_of

    tasks = task_names()
    found = {
        "tasks": tasks, "models": substrates(), "baselines": BASELINES, "controls": CONTROLS, "readouts": READOUTS,
        "papers": names(),
    }  # fmt: skip
    for kind, words in found.items():
        say(f"{kind:<12}{', '.join(words)}")
    alike: dict[tuple[Any, ...], list[str]] = {}
    for name in tasks:
        task = task_of(name)
        alike.setdefault((task.CORPORA, task.SPLITS, task.FRONT_ENDS), []).append(name)
    for (corpora, splits, front_ends), own in alike.items():
        say(f"\n{', '.join(own)}")
        for kind, words in {"corpora": corpora, "splits": splits, "front ends": front_ends}.items():
            say(f"  {kind:<12}{', '.join(words)}")
