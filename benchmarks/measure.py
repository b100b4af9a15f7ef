"""What the benchmarks share: timing in turns, and rows that show what is asked and what is reached."""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

PEER_MISSING = "reservoirpy is not installed: pip install 'millpond[peers]'"


@dataclass
class Row:
    """One line of the table: what was measured, and what is asked: at least, or with `at_most` at most."""

    what: str
    measured: float | None
    unit: str
    asked: float | None = None
    at_most: bool = False
    note: str = ""

    @property
    def verdict(self) -> str:
        """What the row has to say for itself."""
        if self.measured is None or self.asked is None:
            return self.note
        good = self.measured <= self.asked if self.at_most else self.measured >= self.asked
        return "reached" if good else "missed"


def show(name: str, doc: str | None, rows: list[Row]) -> None:
    """Print the rows of one benchmark as a table."""
    table = Table(title=f"{name}: {(doc or '').splitlines()[0]}", title_justify="left", title_style="bold")
    table.add_column("what")
    for column in ("asked", "measured"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("")
    for row in rows:
        asked = "" if row.asked is None else f"{'<=' if row.at_most else '>='} {_text(row.asked, row.unit)}"
        measured = "" if row.measured is None else _text(row.measured, row.unit)
        verdict = "[red]missed[/red]" if row.verdict == "missed" else escape(row.verdict)
        table.add_row(row.what, asked, measured, verdict)
    Console(width=118).print(table)


def _text(value: float, unit: str) -> str:
    return f"{value:.3g}{'' if unit == 'x' else ' '}{unit}" if value < 100 else f"{value:.0f} {unit}"


def in_turns(
    *functions: Callable[[], Any],
    rounds: int,
    clock: Callable[[], float] = time.process_time,
    before: Callable[[], Any] | None = None,
) -> np.ndarray:
    """Return the seconds (n_functions, rounds) of the functions, called in turns after one unmeasured.

    `before` is called before each of them, unmeasured.
    """
    seconds = np.empty((len(functions), rounds + 1))
    gc.collect()
    gc.disable()
    try:
        for k in range(rounds + 1):
            for i, function in enumerate(functions):
                if before is not None:
                    before()
                start = clock()
                result = function()
                seconds[i, k] = clock() - start
                del result
    finally:
        gc.enable()
    return seconds[:, 1:]


def ratio(seconds: np.ndarray) -> float:
    """Return how many times longer the first of two functions takes than the second."""
    return float(np.median(seconds[0] / seconds[1]))


def peer() -> Any:
    """Return the nodes of reservoirpy, or None where it is not installed."""
    try:
        return importlib.import_module("reservoirpy.nodes")
    except ImportError:
        return None
