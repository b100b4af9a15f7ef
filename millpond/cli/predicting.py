"""The command ``millpond predict``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from millpond.cli.shared import Trust, say


def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model file, written with --save.")],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="INPUT...", help="Sound files, .csv, .npy or .h5 files, folders, or - (stdin)."),
    ] = None,
    reject: Annotated[
        bool, typer.Option("--reject", help="Give no label where the model is not sure: 'none of the words'.")
    ] = False,
    words: Annotated[
        bool, typer.Option("--words", help="Find and classify each word of long sounds while they are read.")
    ] = False,
    microphone: Annotated[bool, typer.Option("--microphone", help="Classify words from the microphone.")] = False,
    trust: Trust = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per input.")] = False,
) -> None:
    """Classify inputs with a saved model.

    With --json, each line is an object with input, label and scores, and with --words also start and end in s.
    """
    from threadpoolctl import threadpool_limits

    from millpond.models import inputs as files
    from millpond.models import listening, predicting
    from millpond.models.saving import opened
    from millpond.reservoir import checks

    if not inputs and not microphone:
        raise checks.InputError("no input is given; name files or folders, - for standard input, or use --microphone")
    saved = opened(model, trusted=trust)
    predicting.threshold_of(saved, reject)

    def show(answer: dict[str, Any]) -> None:
        say(json.dumps(answer) if as_json else predicting.line(answer))
        sys.stdout.flush()

    with threadpool_limits(1):  # small products are faster on one thread
        if microphone:
            for answer in listening.spoken(saved, "microphone", *listening.of_microphone(), reject):
                show(answer)
        elif words:
            for name in inputs or []:
                sound = listening.of_stdin(sys.stdin.buffer) if name == "-" else listening.of_file(Path(name))
                for answer in listening.spoken(saved, name, *sound, reject):
                    show(answer)
        else:
            given = files.given(inputs or [], predicting.is_sound(saved))
            for answer in predicting.predicted(saved, given, reject):
                show(answer)
