"""From a folder of results to its page."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from scenarios import show
from scenarios.locking import alone
from scenarios.page import Section, page
from scenarios.report import confusions, cost, groups, learning, measures, origin, reading, scores
from scenarios.report.markup import text
from scenarios.summary import write

STYLE = Path(__file__).parent / "report.css"


def report(folder: Path, measure: bool = True, progress: bool | None = None) -> Path:
    """Write ``report.html`` into a folder that a comparison left, in one stroke; return its path.

    With `measure` the reservoirs that have no card in ``measures.json`` yet are measured (some ten seconds each).

    Raises
    ------
    InputError
        The folder holds no summary of a comparison, or another process writes to it; nothing is written then.
    """
    found = reading.summary(folder)
    with alone(folder) if measure else nullcontext():  # a comparison, which measures nothing, holds it already
        return _write(folder, found, measure, progress)


def _write(folder: Path, found: dict[str, Any], measure: bool, progress: bool | None) -> Path:
    from scenarios.report.measured import cards  # which takes a second, and a mistake should be told sooner

    sections = [*_found(folder, found), measures.section(cards(folder, found["rows"], measure, progress))]
    sections += [origin.section(found), origin.recordings(folder, found["rows"])]
    there = [s for s in sections if s is not None]
    lead = f'<p class="note">{text(show.title(found))}</p><style>{STYLE.read_text()}</style>'
    return write(folder / "report.html", page(f"Millpond: {found['task']}", there, lead))


def _found(folder: Path, found: dict[str, Any]) -> list[Section | None]:
    from scenarios.word import section as word

    return [scores.section(found), word(folder), groups.section(found), confusions.section(found), cost.section(found),
            learning.section(found)]  # fmt: skip
