"""Confusion matrices of all models."""

from __future__ import annotations

from typing import Any

from millpond.evaluation.scoring import MOST_CLASSES
from millpond.page import Section, explained, folded, note, table, text
from millpond.report.families import called, families
from millpond.report.reading import confusion


def section(found: dict[str, Any]) -> Section | None:
    """Return a matrix for each model, with those of controls collapsed; None for regression tasks."""
    rows = found["rows"]
    if rows[0]["score"]["name"] != "accuracy":
        return None
    kept = [name for name in rows[0]["questions"] if any(confusion(row, name) for row in rows)]
    if not kept:
        why = "This folder contains no confusion matrices: it was written by an older version, or there are more than "
        return Section("confusions", "Confusions", note(f"{why}{MOST_CLASSES} classes."))
    first, *others = kept
    body = _question(rows, first) + "".join(folded(f"Question: {name}", _question(rows, name)) for name in others)
    said = (
        "Rows are the true classes and columns the predicted classes. Counts are summed over all seeds and folds; "
        "a count of 0 is left empty. The colour shows the share of the row. Errors have the second colour, which grows "
        "with the square root of the share and saturates at a quarter, so that rare errors are visible. "
        "Right: share of correct answers in %."
    )
    return Section("confusions", "Confusions", body + explained(said))


def _question(rows: list[dict[str, Any]], question: str) -> str:
    body = f'<div class="matrices">{"".join(_matrix(row, question) for row, _ in families(rows))}</div>'
    for row, controls in families(rows):
        if controls:
            many = "".join(_matrix(control, question) for control in controls)
            body += folded(f"Controls of {row['model']}", f'<div class="matrices">{many}</div>')
    return body


def _matrix(row: dict[str, Any], question: str) -> str:
    found = confusion(row, question)
    if found is None:
        return ""
    classes, body = [text(c) for c in found["classes"]], []
    for i, (name, counts) in enumerate(zip(classes, found["counts"], strict=True)):
        total = sum(counts) or 1
        cells = [_cell(n, n / total, i == j) for j, n in enumerate(counts)]
        body.append([name, *cells, f"{100 * counts[i] / total:.0f}"])
    named = called(row)
    matrix = table(f"confusions of {named}, {question}", ["", *classes, "right"], body, ["heat"] * len(body))
    return f"<figure><figcaption>{text(named)}</figcaption>{matrix}</figure>"


def _cell(count: int, share: float, is_right: bool) -> str:
    kind = "cell" if is_right else "cell wrong"
    strength = share if is_right else min(1.0, 2 * share**0.5)  # one error in fifty is visible
    return f'<span class="{kind}" style="--h:{strength:.2f}">{count or ""}</span>'
