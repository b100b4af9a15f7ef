"""From a folder of results to its page."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from millpond import terminal
from millpond.locking import locked
from millpond.page import Section, page, text
from millpond.report import confusions, cost, groups, learning, measures, origin, reading, scores
from millpond.summary import write

STYLE = Path(__file__).parent / "report.css"


def report(
    folder: Path, measure: bool = True, progress: bool | None = None, known: Iterable[type] = (), trusted: bool = False
) -> Path:
    """Write ``report.html`` into a folder that a comparison left, in one stroke; return its path.

    With `measure` the reservoirs that have no card in ``measures.json`` yet are measured (some ten seconds each).
    Of models that are no substrates those whose classes are `known` are shown with their word. Equations of neurons in
    the files of the folder are compiled only where it is `trusted`.

    Raises
    ------
    InputError
        The folder holds no summary of a comparison, or another process writes to it; nothing is written then.
    """
    found = reading.summary(folder)
    with locked(folder) if measure else nullcontext():  # a comparison, which measures nothing, holds it already
        return _write(folder, found, measure, progress, known, trusted)


def _write(
    folder: Path, found: dict[str, Any], measure: bool, progress: bool | None, known: Iterable[type], trusted: bool
) -> Path:
    from millpond.report.measured import cards  # which takes a second, and a mistake should be told sooner

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
        scores.section(found), word(folder, names, known, trusted), groups.section(found), confusions.section(found),
        cost.section(found), learning.section(found),
    ]  # fmt: skip
