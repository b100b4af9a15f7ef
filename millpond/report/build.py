"""Build the report page from a folder of results."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from millpond import terminal
from millpond.locking import locked
from millpond.page import Section, page, text
from millpond.report import confusions, cost, groups, learning, measures, origin, pairs, reading, scores
from millpond.summary import write

STYLE = Path(__file__).parent / "report.css"


def report(
    folder: Path, measure: bool = True, progress: bool | None = None, known: Iterable[type] = (), trusted: bool = False
) -> Path:
    """Write ``report.html`` into the folder of a comparison atomically and return its path.

    With `measure`, reservoirs without a profile in ``measures.json`` are measured (about ten seconds each). Models of
    third parties appear in the word section only if their classes are `known`. Neuron equations in the files of the
    folder are compiled only if the folder is `trusted`.

    Raises
    ------
    InputError
        The folder contains no summary of a comparison, or another process writes to it. Nothing is written.
    """
    found = reading.summary(folder)
    with locked(folder) if measure else nullcontext():  # a comparison does not measure and already holds the lock
        return _write(folder, found, measure, progress, known, trusted)


def _write(
    folder: Path, found: dict[str, Any], measure: bool, progress: bool | None, known: Iterable[type], trusted: bool
) -> Path:
    from millpond.report.measured import cards  # slow import: errors in the input are reported first

    measured = cards(folder, found["rows"], measure, progress, trusted)
    sections = [*_found(folder, found, known, trusted), measures.section(measured)]
    sections += [origin.section(found), origin.recordings(folder, found["rows"])]
    there = [s for s in sections if s is not None]
    lead = f'<p class="note">{text(terminal.title(found))}</p><style>{STYLE.read_text(encoding="utf-8")}</style>'
    return write(folder / "report.html", page(f"Millpond: {found['task']}", there, lead))


def _found(folder: Path, found: dict[str, Any], known: Iterable[type], trusted: bool) -> list[Section | None]:
    from millpond.viewer import section as word

    names = [row["model"] for row in found["rows"] if row["kind"] == "reservoir"]
    return [
        pairs.section(found), word(folder, names, known, trusted), scores.section(found), groups.section(found),
        confusions.section(found), cost.section(found), learning.section(found),
    ]  # fmt: skip
