"""Small pieces of HTML: text is escaped here, and nowhere twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from millpond.reservoir.printable import printable


def text(value: Any) -> str:
    """Return any value as text that holds no markup and no control characters."""
    return escape(printable(str(value)), quote=True)


def brief(value: Any, n: int = 24) -> str:
    """Return text for a place that has room for `n` letters."""
    said = str(value)
    return said if len(said) <= n else f"{said[: n - 1]}…"


def table(name: str, head: Sequence[str], rows: Iterable[Sequence[str]], kinds: Iterable[str] = ()) -> str:
    """Return a table that scrolls by itself; heads and cells are HTML, the first cell of each row its heading.

    `name` is what a screen reader calls it; `kinds` are classes of the rows.
    """
    classes = [*kinds]
    body = []
    for i, (first, *cells) in enumerate(rows):
        kind = f' class="{classes[i]}"' if classes and classes[i] else ""
        body.append(f'<tr{kind}><th scope="row">{first}</th>{"".join(f"<td>{c}</td>" for c in cells)}</tr>')
    top = "".join(f'<th scope="col">{h}</th>' for h in head)
    return (
        f'<div class="scroll" role="region" aria-label="{text(name)}">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def note(*lines: str) -> str:
    """Return explanations, which are plain text."""
    return "".join(f'<p class="note">{text(line)}</p>' for line in lines)


def explained(*lines: str) -> str:
    """Return explanations that are opened with a click."""
    return folded("How to read this", note(*lines))


def folded(title: str, body: str) -> str:
    """Return what is opened with a click."""
    return f"<details><summary>{text(title)}</summary>{body}</details>"
