"""Commands that write, read, check and export recordings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from millpond.cli.shared import (
    Corpus,
    Data,
    FrontEnd,
    Json,
    Model,
    Scheduler,
    Split,
    Task,
    Trust,
    Units,
    say,
    usual,
    whole,
    workers_of,
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="A recording.")]


def record(
    task: Task,
    model: Model = "esn",
    out: Annotated[Path, typer.Option(metavar="FILE", help="Recording to write.")] = ...,  # type: ignore[assignment]
    corpus: Corpus = None,
    data: Data = None,
    split: Split = None,
    units: Units = None,
    seed: Annotated[int, typer.Option(parser=whole, metavar="N", help="Random seed.")] = 0,
    front_end: FrontEnd = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing recording of another model, seed or data set.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(parser=whole, metavar="N", show_default="1", help="Number of worker processes.")
    ] = None,
    scheduler: Scheduler = None,
) -> None:
    """Record the states of one model to a file.

    The file also stores which sequences are the training and test part of the first fold. A recording that was
    interrupted resumes when the command is repeated.
    """
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
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with the shards of a recording.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Recording to write.")],
) -> None:
    """Merge the shards in a folder into one recording.

    All sequences must be present. The shards are not deleted. A merge that was interrupted resumes when the command is
    repeated.
    """
    from millpond.recording import merge as run

    run(folder, file).close()
    info(file)


def train(
    file: File,
    readout: Annotated[str, typer.Option(metavar="NAME", help="Readout: ridge or logistic.")] = "ridge",
    save: Annotated[
        Path | None, typer.Option(metavar="MODEL", help="File for the trained model; 'millpond predict' uses it.")
    ] = None,
    trust: Trust = False,
    as_json: Json = False,
) -> None:
    """Train a readout on a recording and score it on the test part."""
    from millpond import terminal
    from millpond.reservoir import checks
    from millpond.train import train as run

    if save is not None:
        checks.has_folder(save)
    found = run(file, readout)
    if save is not None:
        from millpond.models.training import save_from_recording

        save_from_recording(file, save, readout, trust)
    if as_json:
        say(json.dumps(found))
        return
    say(*terminal.trained(found))
    if save is not None:
        say(f"Saved to {save}")


def info(file: File) -> None:
    """Show the contents and the origin of a recording."""
    from millpond import terminal
    from millpond.recording import Recording

    with Recording.open(file) as recording:
        say(terminal.recording(recording))


def verify(file: File) -> None:
    """Check a recording against its checksums.

    The exit code is 1 if a sequence differs.
    """
    from millpond.recording import verify as run

    found = run(file)
    say(str(found))
    if not found.whole:
        raise typer.Exit(1)


def export_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A recording, or for c a saved model.")],
    to: Annotated[
        str,
        typer.Option(metavar="FORMAT", help="Recordings: sonata (spikes), nwb (spikes, states, inputs). Models: c."),
    ] = ...,  # type: ignore[assignment]
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", show_default="next to FILE", help="File to write.")
    ] = None,
) -> None:
    """Export a recording to SONATA or NWB, or a trained model to C.

    Only echo state networks with a linear readout can be exported to C.
    """
    from millpond.export import FORMATS, MODEL_FORMATS, export, export_model
    from millpond.reservoir import checks

    if checks.option("to", to, [*FORMATS, *MODEL_FORMATS]) in MODEL_FORMATS:
        target, about = export_model(file, to, out)
        say(f"Written to {target}. {about}")
    else:
        say(f"Written to {export(file, to, out)}")
