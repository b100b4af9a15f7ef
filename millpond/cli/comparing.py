"""Commands that compare models, and show what came of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from millpond.cli.shared import (
    Corpus,
    Data,
    FrontEnd,
    Scheduler,
    Split,
    Task,
    Trust,
    Units,
    Workers,
    names_of,
    say,
    usual,
    workers_of,
)


def compare(
    task: Task,
    models: Annotated[str, typer.Option(help="Names separated by commas, or module:Class.")] = "esn",
    corpus: Corpus = None,
    data: Data = None,
    split: Split = None,
    units: Units = None,
    seeds: Annotated[int, typer.Option(help="Seeds to average over.")] = 3,
    front_end: FrontEnd = None,
    quick: Annotated[bool, typer.Option("--quick", help="A first look: 200 units, two folds, few epochs.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder of the results [runs/TASK-CORPUS-SPLIT].")] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json instead of the table.")] = False,
) -> None:
    """Compare models and their plain controls on the same splits."""
    from millpond.reservoir import checks

    n_seeds = checks.integer("seeds", seeds, 1)
    n_workers = workers_of(workers, scheduler)
    n_units = (200 if quick else None) if units is None else checks.integer("units", units, 1)
    corpus, split = usual(task, corpus, split)
    folder = out or Path("runs") / f"{task}-{Path(corpus).name}-{split}{'-quick' if quick else ''}"
    from millpond.compare import compare as run
    from millpond.summary import recording_path

    names = names_of(models)
    if not names:
        raise checks.InputError(f"models is {models!r}, but at least one name is needed; try --models esn")
    found = run(
        task, names, corpus, data, split, folder, units=n_units, n_seeds=n_seeds,
        front_end=front_end, n_workers=n_workers, scheduler=scheduler, n_folds=2 if quick else None,
        n_epochs=8 if quick else None,
    )  # fmt: skip
    if as_json:
        say(json.dumps(found, indent=1))
        return
    from millpond import terminal

    say(*terminal.comparison(found))
    files = [recording_path(folder, row["model"]) for row in found["rows"] if row["kind"] == "reservoir"]
    hint = f" (millpond info {files[0]})" if files else ""
    say(f"Written to {folder}: {', '.join(['report.html', 'summary.json', *(f.name for f in files)])}{hint}")
    if files:
        say(f"'millpond report {folder}' adds the measures of the reservoirs to the page.")


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that 'millpond compare' wrote.")],
    trust: Trust = False,
) -> None:
    """Write the page of a comparison anew, with the measures of its reservoirs; they are kept for the next time."""
    from millpond.report import report as write

    say(str(write(folder, trusted=trust)))


def tune(
    task: Task,
    models: Annotated[str, typer.Option("--model", help="Names separated by commas, or module:Class.")] = "esn",
    trials: Annotated[int, typer.Option(help="Candidates of each model in each fold.")] = 40,
    over: Annotated[
        list[str] | None, typer.Option(help="NAME=LOW:HIGH, NAME=LOW:HIGH:log or NAME=A,B; the model's own if none.")
    ] = None,
    corpus: Corpus = None,
    data: Data = None,
    split: Split = None,
    units: Units = None,
    seeds: Annotated[int, typer.Option(help="Seeds to measure the choice with; the search has one of its own.")] = 3,
    folds: Annotated[int | None, typer.Option(help="The first so many folds; all if not given.")] = None,
    front_end: FrontEnd = None,
    storage: Annotated[str | None, typer.Option(help="URL of a database for the candidates [a file in out].")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the results [runs/tune-TASK-CORPUS-SPLIT].")] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print tuning.json instead of the table.")] = False,
) -> None:
    """Search settings on validation groups, and measure them on what the search has not seen; goes on if stopped."""
    from millpond.reservoir import checks

    numbers = {"trials": trials, "seeds": seeds, "folds": folds, "units": units}
    told = {name: None if value is None else checks.integer(name, value, 1) for name, value in numbers.items()}
    corpus, split = usual(task, corpus, split)
    names = names_of(models)
    if not names:
        raise checks.InputError(f"model is {models!r}, but at least one name is needed; try --model esn")
    folder = out or Path("runs") / f"tune-{task}-{Path(corpus).name}-{split}"
    from millpond import terminal
    from millpond.tuning import tune as run

    found = run(
        task, names, corpus, data, split, folder, n_trials=told["trials"] or 1, over=over or [], units=told["units"],
        n_seeds=told["seeds"] or 1, n_folds=told["folds"], front_end=front_end,
        n_workers=workers_of(workers, scheduler), scheduler=scheduler, storage=storage,
    )  # fmt: skip
    if as_json:
        say(json.dumps(found, indent=1))
        return
    say(*terminal.tuned(found), f"Written to {folder}: tuning.json")


def plan(
    task: Task,
    model: Annotated[str, typer.Option(help="A model's name, or module:Class.")] = "esn",
    units: Annotated[str | None, typer.Option(help="Size of the reservoir, as 5000 or 1e6 [the recipe's own].")] = None,
    sequences: Annotated[str | None, typer.Option(help="How many, as 1e7; those there are if not given.")] = None,
    workers: Annotated[str, typer.Option(help="Processes, on one machine or many.")] = "1",
    seeds: Annotated[int, typer.Option(help="Seeds of the comparison.")] = 3,
    corpus: Corpus = None,
    data: Data = None,
    split: Split = None,
    front_end: FrontEnd = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON instead of the table.")] = False,
) -> None:
    """Foretell time, memory, disk and network of a large run, from a minute of small ones."""
    from millpond.planning import words
    from millpond.reservoir import checks

    n_seeds, n_workers = checks.integer("seeds", seeds, 1), words.whole("workers", workers)
    n_units = None if units is None else words.whole("units", units)
    n_sequences = None if sequences is None else words.whole("sequences", sequences)
    corpus, split = usual(task, corpus, split)
    from millpond.planning import plan as run
    from millpond.planning import shown

    found = run(
        task, model, corpus, data, split, units=n_units, n_sequences=n_sequences, n_workers=n_workers, n_seeds=n_seeds,
        front_end=front_end,
    )  # fmt: skip
    say(json.dumps(found, indent=1)) if as_json else say(*shown.table(found))


def play(
    file: Annotated[Path | None, typer.Argument(help="A sound file of one word; the microphone if not given.")] = None,
    run: Annotated[Path | None, typer.Option(help="Folder of a comparison of digits [the newest under runs/].")] = None,
    models: Annotated[str, typer.Option("--model", help="Names separated by commas; all there if not given.")] = "",
    out: Annotated[Path | None, typer.Option(help="The page [NAME.play.html in the folder of the run].")] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Write the page, and open no browser.")] = False,
    trust: Trust = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Name a spoken word with trained models, and show what each made of it."""
    from millpond import play, terminal
    from millpond.reservoir import checks
    from millpond.reservoir.printable import tell

    if run is not None and not run.is_dir():
        raise checks.InputError(f"there is no folder {run}; give the folder of a comparison of digits")
    names = names_of(models) or None
    sound = play.heard(file)
    folder = run or play.newest(Path("runs"))
    if folder is None:
        tell("no comparison of digits under runs/ yet; recording three models first")
        folder = play.ready_made(Path("runs") / "play")
    found, refused, path = play.play(sound, folder, names, out, trust)
    if as_json:
        say(json.dumps({"models": found, "refused": refused, "page": str(path)}))
    else:
        say(*terminal.words(found), *(f"Not asked: {why}." for why in refused), f"Written to {path}")
    if not no_open:
        play.opened(path)
