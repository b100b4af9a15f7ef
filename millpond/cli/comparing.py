"""Commands that compare, tune and plan models, and show the results."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import Annotated

import typer

from millpond.cli.shared import (
    Corpus,
    Data,
    FrontEnd,
    Json,
    Model,
    Models,
    Scheduler,
    Split,
    Task,
    Trust,
    Units,
    Workers,
    names_of,
    say,
    usual,
    whole,
    workers_of,
)


def compare(
    task: Task,
    models: Models = "esn",
    corpus: Corpus = None,
    data: Data = None,
    split: Split = None,
    units: Units = None,
    seeds: Annotated[int, typer.Option(parser=whole, metavar="N", help="Number of random seeds.")] = 3,
    front_end: FrontEnd = None,
    quick: Annotated[bool, typer.Option("--quick", help="Run a short version: 200 units, 2 folds, 8 epochs.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", show_default="runs/TASK-CORPUS-SPLIT", help="Folder for the results."),
    ] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    save: Annotated[
        Path | None,
        typer.Option(metavar="MODEL", help="Train the best reservoir on all data, with seed 0, and save it."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json instead of the table.")] = False,
) -> None:
    """Compare models and their control models on the same folds.

    A comparison that was interrupted resumes when the command is repeated.
    """
    from millpond.reservoir import checks

    n_seeds = checks.integer("seeds", seeds, 1)
    if save is not None:
        checks.has_folder(save)
    n_workers = workers_of(workers, scheduler)
    n_units = (200 if quick else None) if units is None else checks.integer("units", units, 1)
    corpus, split = usual(task, corpus, split)
    folder = out or Path("runs") / f"{task.replace(':', '-')}-{Path(corpus).name}-{split}{'-quick' if quick else ''}"
    from millpond.comparison import compare as run
    from millpond.summary import recording_path

    names = names_of(models)
    if not names:
        raise checks.InputError(f"models is {models!r}, but at least one name is needed; for example, --models esn")
    found = run(
        task, names, corpus, data, split, folder, units=n_units, n_seeds=n_seeds,
        front_end=front_end, n_workers=n_workers, scheduler=scheduler, n_folds=2 if quick else None,
        n_epochs=8 if quick else None,
    )  # fmt: skip
    if save is not None:
        from millpond.models import training

        best = training.best_of(found)
        training.save_trained(save, task, best, corpus, data, split, units=n_units, front_end=front_end)
    if as_json:
        say(json.dumps(found, indent=1))
        return
    from millpond import terminal

    say(*terminal.comparison(found, width=shutil.get_terminal_size().columns))
    files = [recording_path(folder, row["model"]) for row in found["rows"] if row["kind"] == "reservoir"]
    hint = f" (millpond info {shlex.quote(str(files[0]))})" if files else ""
    say(f"Written to {folder}: {', '.join(['report.html', 'summary.json', *(f.name for f in files)])}{hint}")
    if save is not None:
        say(f"Saved {best} with seed 0, trained on all sequences, to {save}")
    if files:
        say(f"'millpond report {folder}' adds the measures of the reservoirs to the report.")


def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the results of 'millpond compare'.")],
    trust: Trust = False,
    table: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write only the table of results, as .csv or .tex.")
    ] = None,
) -> None:
    """Update the report page and add the measures of the reservoirs.

    The measures are stored in the folder and computed once.
    """
    if table is not None:
        from millpond.export import tables

        say(str(tables.table(folder, table)))
        return
    from millpond.report import report as write

    say(str(write(folder, trusted=trust)))


def tune(
    task: Task,
    models: Models = "esn",
    trials: Annotated[
        int, typer.Option(parser=whole, metavar="N", help="Number of candidates for each model and fold.")
    ] = 40,
    over: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RANGE",
            show_default="the ranges of the model",
            help="Search range of a parameter: NAME=LOW:HIGH, NAME=LOW:HIGH:log or NAME=A,B. Can be repeated.",
        ),
    ] = None,
    corpus: Corpus = None,
    data: Data = None,
    split: Split = None,
    units: Units = None,
    seeds: Annotated[
        int,
        typer.Option(
            parser=whole, metavar="N", help="Number of seeds that evaluate the result; the search uses another seed."
        ),
    ] = 3,
    folds: Annotated[
        int | None, typer.Option(parser=whole, metavar="N", show_default="all", help="Use only the first N folds.")
    ] = None,
    front_end: FrontEnd = None,
    storage: Annotated[
        str | None,
        typer.Option(metavar="URL", show_default="a file in the folder", help="Database that stores the candidates."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", show_default="runs/tune-TASK-CORPUS-SPLIT", help="Folder for the results."),
    ] = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print tuning.json instead of the table.")] = False,
) -> None:
    """Search hyperparameters and evaluate them on unseen test data.

    The search uses validation groups within the training part of each fold. The result is evaluated on the test part,
    which the search does not use. A search that was interrupted resumes when the command is repeated.
    """
    from millpond.reservoir import checks

    numbers = {"trials": trials, "seeds": seeds, "folds": folds, "units": units}
    given = {name: None if value is None else checks.integer(name, value, 1) for name, value in numbers.items()}
    corpus, split = usual(task, corpus, split)
    names = names_of(models)
    if not names:
        raise checks.InputError(f"model is {models!r}, but at least one name is needed; for example, --model esn")
    folder = out or Path("runs") / f"tune-{task.replace(':', '-')}-{Path(corpus).name}-{split}"
    from millpond import terminal
    from millpond.tuning import tune as run

    found = run(
        task, names, corpus, data, split, folder, n_trials=given["trials"] or 1, over=over or [], units=given["units"],
        n_seeds=given["seeds"] or 1, n_folds=given["folds"], front_end=front_end,
        n_workers=workers_of(workers, scheduler), scheduler=scheduler, storage=storage,
    )  # fmt: skip
    if as_json:
        say(json.dumps(found, indent=1))
        return
    say(*terminal.tuned(found), f"Written to {folder}: tuning.json")


def plan(
    task: Task,
    model: Model = "esn",
    units: Units = None,
    sequences: Annotated[
        int | None,
        typer.Option(
            parser=whole, metavar="N", show_default="those of the corpus", help="Number of sequences, such as 1e7."
        ),
    ] = None,
    workers: Annotated[
        int,
        typer.Option(parser=whole, metavar="N", help="Number of worker processes, on one or several machines."),
    ] = 1,
    seeds: Annotated[
        int, typer.Option(parser=whole, metavar="N", help="Number of random seeds of the comparison.")
    ] = 3,
    corpus: Corpus = None,
    data: Data = None,
    split: Split = None,
    front_end: FrontEnd = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON instead of the table.")] = False,
) -> None:
    """Estimate time, memory, disk and network for a large run.

    The estimate is extrapolated from small runs, which take about a minute.
    """
    from millpond.reservoir import checks

    n_seeds, n_workers = checks.integer("seeds", seeds, 1), checks.integer("workers", workers, 1)
    n_units = None if units is None else checks.integer("units", units, 1)
    n_sequences = None if sequences is None else checks.integer("sequences", sequences, 1)
    corpus, split = usual(task, corpus, split)
    from millpond.planning import plan as run
    from millpond.planning import shown

    found = run(
        task, model, corpus, data, split, units=n_units, n_sequences=n_sequences, n_workers=n_workers, n_seeds=n_seeds,
        front_end=front_end,
    )  # fmt: skip
    say(json.dumps(found, indent=1)) if as_json else say(*shown.table(found))


def play(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", show_default="the microphone", help="Sound file with one spoken word."),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(metavar="DIR", show_default="the newest under runs/", help="Folder of a comparison of digits."),
    ] = None,
    models: Annotated[
        str,
        typer.Option(
            "--models",
            "--model",
            metavar="NAMES",
            show_default="all of the comparison",
            help="Models, separated by commas.",
        ),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default="DIR/NAME.play.html", help="HTML page to write."),
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Write the page without opening it in a browser.")] = False,
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Classify a spoken word and show how each model responds to it."""
    from millpond import play, terminal
    from millpond.reservoir import checks
    from millpond.reservoir.printable import tell

    if run is not None and not run.is_dir():
        raise checks.InputError(f"there is no folder {run}; name the folder of a comparison of digits")
    names = names_of(models) or None
    sound = play.heard(file)
    folder = run or play.newest(Path("runs"))
    if folder is None:
        tell("runs/ contains no comparison of digits; recording three models first")
        folder = play.ready_made(Path("runs") / "play")
    found, refused, path = play.play(sound, folder, names, out, trust)
    if as_json:
        say(json.dumps({"models": found, "refused": refused, "page": str(path)}))
    else:
        say(*terminal.words(found), *(f"Not used: {why}." for why in refused), f"Written to {path}")
    if not no_open:
        play.opened(path)
