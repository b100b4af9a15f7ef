"""Scores by group, for example by speaker."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond import terminal
from millpond.page import Section, explained, folded, table, text
from millpond.results import shown

_WIDE = 12  # groups that fit into the width of a page


def section(found: dict[str, Any]) -> Section | None:
    """Return the scores of models and groups, the hardest group first; None if there is only one group."""
    rows = found["rows"]
    groups = [g for g in rows[0]["per_group"] if all(g in row["per_group"] for row in rows)]
    if len(groups) < 2:
        return None
    score = rows[0]["score"]["name"]
    values = np.array([[row["per_group"][g] for g in groups] for row in rows])
    better = values if score == "accuracy" else -values
    order = np.argsort(better.mean(0), kind="stable")
    span = float(np.ptp(better)) or 1.0
    shade = (better - better.min()) / span
    body = [
        [text(row["model"]), *(_cell(values[i, j], shade[i, j], score) for j in order)] for i, row in enumerate(rows)
    ]
    counts = rows[0].get("n_per_group", {})
    head = ["model", *(_head(groups[j], counts) for j in order)]
    said = (
        f"{terminal.UNITS[score][:1].upper()}{terminal.UNITS[score][1:]}, "
        f"question '{next(iter(rows[0]['questions']))}', "
        f"mean over seeds. {'Small numbers: test sequences of each group. ' if counts else ''}"
        "The first group is the hardest on average. A stronger colour is a better score."
    )
    kinds = [f"heat {row['kind']}" for row in rows]
    every = table("scores by group", head, body, kinds)
    if len(groups) <= _WIDE:
        return Section("groups", "Scores by group", every + explained(said))
    main = [i for i, row in enumerate(rows) if row["kind"] != "control"]
    lines = [[text(groups[j]), *(_cell(values[i, j], shade[i, j], score) for i in main)] for j in order]
    few = table("scores of models by group", ["group", *(text(rows[i]["model"]) for i in main)], lines,
                ["heat"] * len(lines))  # fmt: skip
    return Section("groups", "Scores by group", few + folded("Show the controls", every) + explained(said))


def _head(group: str, counts: Any) -> str:
    n = counts.get(group) if isinstance(counts, dict) else None
    return text(group) + (f"<small>{n}</small>" if isinstance(n, int) else "")


def _cell(value: float, shade: float, score: str) -> str:
    return f'<span class="cell" style="--h:{shade:.2f}">{shown(value, score)}</span>'
