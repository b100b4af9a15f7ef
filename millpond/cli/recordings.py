"""Commands that make recordings, and read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from millpond.cli.shared import Corpus, Data, FrontEnd, Scheduler, Split, Task, Units, say, usual, workers_of


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
    workers: Annotated[int | None, typer.Option(help="Processes; one if not given.")] = None,
    scheduler: Scheduler = None,
) -> None:
    """Record the states of one model, with the first fold of a split marked in the file."""
    from millpond.recorded import record_task
    from millpond.reservoir import checks

    checks.integer("seed", seed)
    n_workers = workers_of(workers, scheduler)
    corpus, split = usual(task, corpus, split)
    record_task(
        task, model, corpus, data, split, out, units=units, seed=seed, front_end=front_end, overwrite=overwrite,
        n_workers=n_workers, scheduler=scheduler,
    )  # fmt: skip
    info(out)


def merge(
    folder: Annotated[Path, typer.Argument(help="Where the shards of a recording are.")],
    file: Annotated[Path, typer.Argument(help="The recording to write; a stopped run of it goes on.")],
) -> None:
    """Make one recording of the shards in a folder, which stay; nothing may be missing."""
    from millpond.recording import merge as run

    run(folder, file).close()
    info(file)


def train(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    readout: Annotated[str, typer.Option(help="ridge or logistic.")] = "ridge",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train a readout from a recording alone, and score it on the test part."""
    from millpond import terminal
    from millpond.train import train as run

    found = run(file, readout)
    if as_json:
        say(json.dumps(found))
        return
    say(*terminal.trained(found))


def info(file: Annotated[Path, typer.Argument(help="A recording.")]) -> None:
    """Show what is in a recording and where it comes from."""
    from millpond import terminal
    from millpond.recording import Recording

    with Recording.open(file) as recording:
        say(terminal.recording(recording))


def verify(file: Annotated[Path, typer.Argument(help="A recording.")]) -> None:
    """Compare a recording with its checksums; ends with code 1 where a sequence differs."""
    from millpond.recording import verify as run

    found = run(file)
    say(str(found))
    if not found.whole:
        raise typer.Exit(1)


def export_file(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    to: Annotated[str, typer.Option(help="sonata (spikes) or nwb (spikes, states, inputs).")] = ...,  # type: ignore[assignment]
    out: Annotated[Path | None, typer.Option(help="The file to write; beside the recording if not given.")] = None,
) -> None:
    """Write a recording in a format of others."""
    from millpond.export import export

    say(f"Written to {export(file, to, out)}")
