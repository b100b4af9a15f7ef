"""The command ``millpond``. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    help="Reservoir computing with spikes, rates and water: compare, record, train, reproduce.",
    add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip

Task = Annotated[str, typer.Argument(help="What to do; 'millpond list' shows the tasks.")]
Corpus = Annotated[str | None, typer.Option(help="Of speech: synthetic, fsdd, ti46, or a folder with manifest.csv.")]
Data = Annotated[str | None, typer.Option(help="Folder of the recordings of fsdd or ti46.")]
Split = Annotated[str | None, typer.Option(help="Of speech: speaker (none known), official, or blocks.")]
Units = Annotated[int | None, typer.Option(help="Size of the reservoir; the recipe's own if not given.")]
FrontEnd = Annotated[str | None, typer.Option(help="mfcc, logmel, ...; the recipe's own if not given.")]


@app.command()
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
    workers: Annotated[int | None, typer.Option(help="Processes; one for each processor if not given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json instead of the table.")] = False,
) -> None:
    """Compare models and their plain controls on the same splits."""
    from reservoir import checks

    n_seeds = checks.integer("seeds", seeds, 1)
    n_workers = None if workers is None else checks.integer("workers", workers, 1)
    n_units = (200 if quick else None) if units is None else checks.integer("units", units, 1)
    corpus, split = _usual(task, corpus, split)
    folder = out or Path("runs") / f"{task}-{Path(corpus).name}-{split}{'-quick' if quick else ''}"
    from scenarios.compare import compare as run
    from scenarios.summary import recording_path

    names = _names(models)
    if not names:
        raise checks.InputError(f"models is {models!r}, but at least one name is needed; try --models esn")
    found = run(
        task, names, corpus, data, split, folder, units=n_units, n_seeds=n_seeds,
        front_end=front_end, n_workers=n_workers, n_folds=2 if quick else None, n_epochs=8 if quick else None,
    )  # fmt: skip
    if as_json:
        _print(json.dumps(found, indent=1))
        return
    from scenarios import show

    _print(*show.comparison(found))
    files = [recording_path(folder, row["model"]) for row in found["rows"] if row["kind"] == "reservoir"]
    hint = f" (millpond info {files[0]})" if files else ""
    _print(f"Written to {folder}: {', '.join(['report.html', 'summary.json', *(f.name for f in files)])}{hint}")
    if files:
        _print(f"'millpond report {folder}' adds the measures of the reservoirs to the page.")


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that 'millpond compare' wrote.")],
) -> None:
    """Write the page of a comparison anew, with the measures of its reservoirs; they are kept for the next time."""
    from scenarios.report import report as write

    _print(str(write(folder)))


@app.command()
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
    workers: Annotated[int | None, typer.Option(help="Processes; one for each processor if not given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print tuning.json instead of the table.")] = False,
) -> None:
    """Search settings on validation groups, and measure them on what the search has not seen; goes on if stopped."""
    from reservoir import checks

    numbers = {"trials": trials, "seeds": seeds, "folds": folds, "workers": workers, "units": units}
    told = {name: None if value is None else checks.integer(name, value, 1) for name, value in numbers.items()}
    corpus, split = _usual(task, corpus, split)
    names = _names(models)
    if not names:
        raise checks.InputError(f"model is {models!r}, but at least one name is needed; try --model esn")
    folder = out or Path("runs") / f"tune-{task}-{Path(corpus).name}-{split}"
    from scenarios import show
    from scenarios.tuning import tune as run

    found = run(
        task, names, corpus, data, split, folder, n_trials=told["trials"] or 1, over=over or [], units=told["units"],
        n_seeds=told["seeds"] or 1, n_folds=told["folds"], front_end=front_end, n_workers=told["workers"],
        storage=storage,
    )  # fmt: skip
    if as_json:
        _print(json.dumps(found, indent=1))
        return
    _print(*show.tuned(found), f"Written to {folder}: tuning.json")


@app.command()
def record(
    task: Task,
    model: Annotated[str, typer.Option(help="A model's name, or module:Class.")] = "esn",
    out: Annotated[Path, typer.Option(help="The file to write; a stopped run of it goes on.")] = ...,  # type: ignore[assignment]
    corpus: Corpus = None,
    data: Data = None,
    split: Split = None,
    units: Units = None,
    seed: Annotated[int, typer.Option(help="The only source of chance.")] = 0,
    front_end: FrontEnd = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another recording.")] = False,
) -> None:
    """Record the states of one model, with the first fold of a split marked in the file."""
    from reservoir import checks
    from scenarios.compare import record_task

    checks.integer("seed", seed)
    corpus, split = _usual(task, corpus, split)
    record_task(task, model, corpus, data, split, out, units=units, seed=seed, front_end=front_end, overwrite=overwrite)
    info(out)


@app.command()
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
    from reservoir import checks
    from scenarios.planning import words

    n_seeds, n_workers = checks.integer("seeds", seeds, 1), words.whole("workers", workers)
    n_units = None if units is None else words.whole("units", units)
    n_sequences = None if sequences is None else words.whole("sequences", sequences)
    corpus, split = _usual(task, corpus, split)
    from scenarios.planning import plan as run
    from scenarios.planning import shown

    found = run(
        task, model, corpus, data, split, units=n_units, n_sequences=n_sequences, n_workers=n_workers, n_seeds=n_seeds,
        front_end=front_end,
    )  # fmt: skip
    _print(json.dumps(found, indent=1)) if as_json else _print(*shown.table(found))


@app.command()
def train(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    readout: Annotated[str, typer.Option(help="ridge or logistic.")] = "ridge",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train a readout from a recording alone, and score it on the test part."""
    from scenarios import show
    from scenarios.train import train as run

    found = run(file, readout)
    if as_json:
        _print(json.dumps(found))
        return
    _print(*show.trained(found))


@app.command()
def play(
    file: Annotated[Path | None, typer.Argument(help="A sound file of one word; the microphone if not given.")] = None,
    run: Annotated[Path | None, typer.Option(help="Folder of a comparison of digits [the newest under runs/].")] = None,
    models: Annotated[str, typer.Option("--model", help="Names separated by commas; all there if not given.")] = "",
    out: Annotated[Path | None, typer.Option(help="The page [NAME.play.html in the folder of the run].")] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Write the page, and open no browser.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Name a spoken word with trained models, and show what each made of it."""
    from reservoir import checks
    from scenarios import playing, show

    if run is not None and not run.is_dir():
        raise checks.InputError(f"there is no folder {run}; give the folder of a comparison of digits")
    names = _names(models) or None
    sound = playing.heard(file)
    folder = run or playing.newest(Path("runs"))
    if folder is None:
        print("millpond: no comparison of digits under runs/ yet; recording three models first", file=sys.stderr)  # noqa: T201
        folder = playing.ready_made(Path("runs") / "play")
    found, refused, path = playing.play(sound, folder, names, out)
    if as_json:
        _print(json.dumps({"models": found, "refused": refused, "page": str(path)}))
    else:
        _print(*show.words(found), *(f"Not asked: {why}." for why in refused), f"Written to {path}")
    if not no_open:
        playing.opened(path)


@app.command()
def info(file: Annotated[Path, typer.Argument(help="A recording.")]) -> None:
    """Show what is in a recording and where it comes from."""
    from reservoir import Recording
    from scenarios import show

    with Recording.open(file) as recording:
        _print(show.recording(recording))


@app.command()
def verify(file: Annotated[Path, typer.Argument(help="A recording.")]) -> None:
    """Compare a recording with its checksums; ends with code 1 where a sequence differs."""
    from reservoir import verify as run

    found = run(file)
    _print(str(found))
    if not found.whole:
        raise typer.Exit(1)


@app.command("export")
def export_file(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    to: Annotated[str, typer.Option(help="sonata (spikes) or nwb (spikes, states, inputs).")] = ...,  # type: ignore[assignment]
    out: Annotated[Path | None, typer.Option(help="The file to write; beside the recording if not given.")] = None,
) -> None:
    """Write a recording in a format of others."""
    from scenarios.export import export

    _print(f"Written to {export(file, to, out)}")


@app.command()
def measure(
    file: Annotated[Path | None, typer.Argument(help="A recording of the probe (made with --keep).")] = None,
    models: Annotated[str, typer.Option("--model", help="Names separated by commas, or module:Class.")] = "",
    units: Units = None,
    seeds: Annotated[int, typer.Option(help="Draws of each model and of the probe.")] = 1,
    keep: Annotated[Path | None, typer.Option(help="Record the model on the probe there, and measure that.")] = None,
    over: Annotated[list[str] | None, typer.Option(help="Twice: the axes of a map, as leak_rate=0.1:1:5.")] = None,
    plot: Annotated[Path | None, typer.Option(help="A .png, .pdf or .svg to draw into.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Measure what reservoirs can do: memory, capacity, rank, separation, stability, robustness."""
    from reservoir import checks

    names = _names(models)
    n_seeds = checks.integer("seeds", seeds, 1)
    n_units = None if units is None else checks.integer("units", units, 1)
    _drawable(plot)
    if bool(names) == (file is not None):
        raise checks.InputError("either a recording or models are measured; give a file, or --model NAME")
    one = len(names) == n_seeds == 1
    if file is not None and (units or n_seeds > 1 or keep or over):
        raise checks.InputError("a recording is what it is; leave out --units, --seeds, --keep and --over")
    if file is None and (over or keep or plot) and not one:
        raise checks.InputError("a map, a recording and a plot are of one model and one seed; give one --model NAME")
    if over and keep:
        raise checks.InputError("a map is of many models, and a recording of one; leave out --keep or --over")
    from scenarios import measuring, show

    if over:
        found: Any = measuring.chart(names[0], over, n_units)
    elif file is not None:
        found = measuring.recorded(file)
    elif one:
        found = measuring.measure(names[0], n_units, keep)
    else:
        cards = measuring.side_by_side(names, n_units, n_seeds)
        if as_json:
            _print(json.dumps({name: [card.to_dict() for card in own] for name, own in cards.items()}))
        else:
            _print(*show.cards(cards))
        return
    if plot is not None:
        found.plot().savefig(plot)
    if as_json:
        _print(json.dumps(found.to_dict()))
    else:
        _print(*([str(found)] if over else show.card(found)))


@app.command("run")
def run_paper(
    name: Annotated[str, typer.Argument(metavar="PAPER", help="A paper; 'millpond list' shows them.")],
    quick: Annotated[bool, typer.Option("--quick", help="Three seeds instead of ten.")] = False,
    seed: Annotated[int, typer.Option(help="The first seed; the only source of chance.")] = 0,
    plot: Annotated[Path | None, typer.Option(help="A .png, .pdf or .svg to draw into.")] = None,
    corpus: Corpus = None,
    data: Data = None,
) -> None:
    """Reproduce a paper's figures; ends with code 1 where one differs."""
    from reservoir import checks

    checks.integer("seed", seed)
    _drawable(plot)
    if not _reproduced(name, seed, quick, plot, corpus, data):
        raise typer.Exit(1)


@app.command()
def selfcheck() -> None:
    """Reproduce the figures of all papers with three seeds; ends with code 1 where one differs."""
    from scenarios.papers import names

    differ = [name for name in names() if not _reproduced(name, 0, quick=True)]
    _print(f"differ: {', '.join(differ)}" if differ else f"all figures of {len(names())} papers came out as expected")
    if differ:
        raise typer.Exit(1)


def _reproduced(
    name: str, seed: int, quick: bool, plot: Path | None = None, corpus: str | None = None, data: str | None = None
) -> bool:
    from scenarios import show
    from scenarios.papers import reproduce

    about, found = reproduce(name, seed, quick, corpus, data)
    _print(*show.paper(about, found), "")
    if plot is not None:
        from scenarios.papers.drawing import picture

        picture(name, about, found, seed).savefig(plot)
    return all(check.passed for check in found)


@app.command("list")
def list_names() -> None:
    """List tasks, models, corpora, front ends, splits, readouts and papers."""
    from scenarios.models import BASELINES, CONTROLS, substrates
    from scenarios.papers import names
    from scenarios.reading import READOUTS
    from scenarios.tasks import TASKS, task_of

    found = {
        "tasks": TASKS, "models": substrates(), "baselines": BASELINES, "controls": CONTROLS, "readouts": READOUTS,
        "papers": names(),
    }  # fmt: skip
    for kind, words in found.items():
        _print(f"{kind:<12}{', '.join(words)}")
    alike: dict[tuple[Any, ...], list[str]] = {}
    for name in TASKS:
        task = task_of(name)
        alike.setdefault((task.CORPORA, task.SPLITS, task.FRONT_ENDS), []).append(name)
    for (corpora, splits, front_ends), names_of in alike.items():
        _print(f"\n{', '.join(names_of)}")
        for kind, words in {"corpora": corpora, "splits": splits, "front ends": front_ends}.items():
            _print(f"  {kind:<12}{', '.join(words)}")


def _drawable(plot: Path | None) -> None:
    """Raise where `plot` is no place for a figure: before the work, not after it."""
    if plot is None:
        return
    from reservoir import checks, plots

    checks.option("the ending of plot", plot.suffix, plots.ENDINGS)
    if not plot.parent.is_dir():
        raise checks.InputError(f"there is no folder {plot.parent} to put {plot.name} in; make it first")


def _names(models: str) -> list[str]:
    """Return the names in a list of them, each once."""
    return list(dict.fromkeys(name.strip() for name in models.split(",") if name.strip()))


def _usual(task: str, corpus: str | None, split: str | None) -> tuple[str, str]:
    """Return corpus and split, those that are usual for the task in place of what was not given."""
    from scenarios.tasks import task_of

    return corpus or task_of(task).CORPORA[0], split or task_of(task).SPLITS[0]


def _print(*lines: Any) -> None:
    from rich.console import Console
    from rich.measure import Measurement

    console = Console()
    for line in lines:
        if isinstance(line, str):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:  # where there is no room for a table its lines break: none of its numbers is cut
            needed = Measurement.get(console, console.options.update(width=999), line).minimum
            Console(width=max(console.width, needed)).print(line)


def main() -> None:
    """Run the command; a mistake in what was given ends in one sentence and exit code 2."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except Exception as error:
        code = _told(error)
    if code == 130:  # which typer makes of Ctrl-C in some versions, and raises in others
        print("millpond: stopped", file=sys.stderr)  # noqa: T201
    sys.exit(code)


def _stop(*_: Any) -> None:
    """End on SIGTERM as on Ctrl-C: files are closed and workers ended on the way."""
    raise KeyboardInterrupt


def _told(error: Exception) -> int:
    """Say what went wrong on standard error; return the exit code."""
    if hasattr(error, "format_message"):  # of the command line's own parser
        message, code = error.format_message(), 2
    elif type(error).__name__ == "InputError" or isinstance(error, OSError):
        message, code = str(error), 2
    elif os.environ.get("MILLPOND_TRACEBACK"):
        raise error
    else:
        message, code = f"internal error: {error!r}; set MILLPOND_TRACEBACK=1 to see where, and please report it", 1
    print(f"millpond: {message}", file=sys.stderr)  # noqa: T201
    return code


if __name__ == "__main__":
    main()
