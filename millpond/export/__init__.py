"""A recording as SONATA (spikes) or NWB (spikes, states and inputs); a trained model as C source.

Both formats of recordings have a single clock. Sequences are laid end to end on it in the order of the recording, with
a second between them, and each is a trial with its start, its stop, and what is known of it. Where there are spikes the
clock is that of the liquid, whose rows may be shorter or longer than those of its input.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from millpond.export.c99 import c_source, sizes
from millpond.models.saving import load
from millpond.recording import Recording, verify
from millpond.reservoir import checks
from millpond.reservoir.files import replace

__all__ = ["FORMATS", "MODEL_FORMATS", "export", "export_model", "c_source"]

FORMATS = {"sonata": ".sonata.h5", "nwb": ".nwb"}
"""The formats, and how their files end."""

MODEL_FORMATS = {"c": ".c"}
"""The formats of trained models, and how their files end."""


def export_model(
    path: str | Path, to: str, out: str | Path | None = None, *, trusted: bool = False
) -> tuple[Path, str]:
    """Write a saved model in another format; return the file, and its sizes as text.

    Parameters
    ----------
    path : str or Path
        A file that `millpond.save` wrote.
    to : {"c"}
    out : str or Path, optional
        The file to write; beside the model if not given. Names in the source begin with the name of this file.

    Raises
    ------
    InputError
        The model cannot be exported, or the file exists already.
    """
    ending = MODEL_FORMATS[checks.option("to", to, MODEL_FORMATS)]
    target = Path(out) if out is not None else Path(path).with_suffix(ending)
    checks.has_folder(target)
    if target.exists():
        raise checks.InputError(f"the file {target} exists already; remove it, or name another with --out")
    name = re.sub(r"\W", "_", target.stem, flags=re.ASCII)
    source = c_source(load(path), name if name[:1].isalpha() else f"model_{name}")
    return replace(target, source.encode("ascii")), sizes(source)


def export(path: str | Path, to: str, out: str | Path | None = None) -> Path:
    """Write the recording at `path` in another format; return where.

    Parameters
    ----------
    path : str or Path
    to : {"sonata", "nwb"}
    out : str or Path, optional
        The file to write; beside the recording if not given.

    Raises
    ------
    InputError
        A recording that is not complete or, for SONATA, has no spikes; a file that is there already; for NWB, no pynwb.
    """
    ending = FORMATS[checks.option("to", to, FORMATS)]
    with Recording.open(path) as recording:
        if not recording.complete:
            raise checks.InputError(
                f"{path} holds {recording.recorded.sum()} of {len(recording)} sequences; "
                "repeat the command that records it to resume"
            )
        if not verify(path).whole:
            raise checks.InputError(
                f"{path} is damaged ('millpond verify' shows where); record it again or take a copy"
            )
        target = Path(out) if out is not None else recording.path.with_suffix(ending)
        checks.has_folder(target)
        if target.exists():
            raise checks.InputError(f"the file {target} exists already; remove it, or name another with --out")
        half = target.with_name(f".new.{target.name}")  # a killed export leaves nothing that looks whole
        try:
            importlib.import_module(f"millpond.export.{to}").write(recording, half)
            half.replace(target)
        finally:
            half.unlink(missing_ok=True)
        return target
