"""The table of a plan."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from millpond.planning.words import seconds, size, unit_of


def table(found: dict[str, Any]) -> list[Any]:
    """Return the table of a plan and its notes, for rich to print."""
    n_workers = found["workers"]
    units = "" if found["units"] is None else f" of {found['units']:,} units"
    title = (
        f"{found['task']}, corpus {found['corpus']}, split {found['split']}: {found['model']}{units}, "
        f"{found['sequences']:,} sequences, {found['rows']:,} rows"
    )
    told = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    told.add_column("stage", no_wrap=True)
    head = [f"time, {n_workers:,} worker{'s' * (n_workers > 1)}", "CPU time", "memory each", "disk", "network"]
    for name in head:
        told.add_column(name, justify="right", no_wrap=True)
    for stage in found["stages"]:
        bytes_of = [
            size(stage[f"{name}_bytes"]) if stage[f"{name}_bytes"] else "" for name in ("memory", "disk", "network")
        ]
        told.add_row(stage["name"], span(stage["wall_seconds"]), span(stage["cpu_seconds"]), *bytes_of)
    return [Text(title, style="bold"), told, *found["notes"]]


def span(found: dict[str, float]) -> str:
    """Return a time, with its bounds in brackets if they differ."""
    likely, low, high = (found[name] for name in ("likely", "low", "high"))
    if not likely:
        return ""
    unit = unit_of(likely)
    if high <= 1.1 * low:
        return seconds(likely, unit)
    bounds = (seconds(value, unit).removesuffix(f" {unit}") for value in (low, high))
    return f"{seconds(likely, unit)} ({'-'.join(bounds)})"
