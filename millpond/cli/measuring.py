"""Commands that measure substrates and reproduce papers, and the list of all names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from millpond.cli.shared import Corpus, Data, Scheduler, Units, Workers, drawable, names_of, say, workers_of


def measure(
    file: Annotated[Path | None, typer.Argument(help="A recording of the probe (made with --keep).")] = None,
    models: Annotated[str, typer.Option("--model", help="Names separated by commas, or module:Class.")] = "",
    units: Units = None,
    seeds: Annotated[int, typer.Option(help="Draws of each model and of the probe.")] = 1,
    keep: Annotated[Path | None, typer.Option(help="Record the model on the probe there, and measure that.")] = None,
    over: Annotated[
        list[str] | None,
        typer.Option(help="Twice: the axes of a map, as leak_rate=0.1:1:5 (spaced geometrically) or leak_rate=0.1,1."),
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="A .png, .pdf or .svg to draw into.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of several cards or a map [runs/measure-MODELS].")] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Measure what reservoirs can do: memory, capacity, rank, separation, stability, robustness.

    Several cards, or a map, go on if stopped.
    """
    from millpond.reservoir import checks

    names = names_of(models)
    n_seeds = checks.integer("seeds", seeds, 1)
    n_units = None if units is None else checks.integer("units", units, 1)
    n_workers = workers_of(workers, scheduler)
    drawable(plot)
    if bool(names) == (file is not None):
        raise checks.InputError("either a recording or models are measured; give a file, or --model NAME")
    one = len(names) == n_seeds == 1
    if file is not None and (units or n_seeds > 1 or keep or over or out or workers or scheduler):
        raise checks.InputError("a recording is measured as it is, by one process; leave out all options but --plot")
    if file is None and (over or keep or plot) and not one:
        raise checks.InputError("a map, a recording and a plot are of one model and one seed; give one --model NAME")
    if (workers or scheduler or out) and one and not over:
        raise checks.InputError("one card is printed, by one process; leave out --workers, --scheduler and --out")
    if over and keep:
        raise checks.InputError("a map is of many models, and a recording of one; leave out --keep or --over")
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
    name: Annotated[str, typer.Argument(metavar="PAPER", help="A paper; 'millpond list' shows them.")],
    quick: Annotated[bool, typer.Option("--quick", help="Three seeds instead of ten.")] = False,
    seed: Annotated[int, typer.Option(help="The first seed; the only source of chance.")] = 0,
    plot: Annotated[Path | None, typer.Option(help="A .png, .pdf or .svg to draw into.")] = None,
    corpus: Corpus = None,
    data: Data = None,
) -> None:
    """Reproduce a paper's figures; ends with code 1 where one differs."""
    from millpond.reservoir import checks

    checks.integer("seed", seed)
    drawable(plot)
    if not _reproduced(name, seed, quick, plot, corpus, data):
        raise typer.Exit(1)


def selfcheck() -> None:
    """Reproduce the figures of all papers with three seeds; ends with code 1 where one differs."""
    from millpond.scenarios.papers import names

    differ = [name for name in names() if not _reproduced(name, 0, quick=True)]
    say(f"differ: {', '.join(differ)}" if differ else f"all figures of {len(names())} papers came out as expected")
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
    """List tasks, models, corpora, front ends, splits, readouts and papers."""
    from millpond.evaluation.fitting import READOUTS
    from millpond.evaluation.models import BASELINES, CONTROLS, substrates
    from millpond.scenarios.papers import names
    from millpond.scenarios.tasks import TASKS, task_of

    found = {
        "tasks": TASKS, "models": substrates(), "baselines": BASELINES, "controls": CONTROLS, "readouts": READOUTS,
        "papers": names(),
    }  # fmt: skip
    for kind, words in found.items():
        say(f"{kind:<12}{', '.join(words)}")
    alike: dict[tuple[Any, ...], list[str]] = {}
    for name in TASKS:
        task = task_of(name)
        alike.setdefault((task.CORPORA, task.SPLITS, task.FRONT_ENDS), []).append(name)
    for (corpora, splits, front_ends), own in alike.items():
        say(f"\n{', '.join(own)}")
        for kind, words in {"corpora": corpora, "splits": splits, "front ends": front_ends}.items():
            say(f"  {kind:<12}{', '.join(words)}")
