"""Names and colours of the rows of a comparison, and the grouping of controls with their reservoirs."""

from __future__ import annotations

from typing import Any

_OWN = ("esn", "lsm", "water")
_OTHERS = ("other-1", "other-2", "other-3")


def called(row: dict[str, Any]) -> str:
    """Return the name of a row; a control also names its reservoir."""
    return f"{row['model']} of {row['of']}" if row["kind"] == "control" else row["model"]


def colours(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return the colour of each reservoir (its controls share it) and baseline."""
    found: dict[str, str] = {}
    n_others = 0
    for row in rows:
        if row["kind"] == "baseline":
            found[row["model"]] = "var(--baseline)"
        elif row["kind"] == "reservoir":
            own = row["model"] in _OWN
            found[row["model"]] = f"var(--{row['model'] if own else _OTHERS[n_others % len(_OTHERS)]})"
            n_others += not own
    return found


def families(rows: list[dict[str, Any]]) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return each reservoir or baseline with its controls."""
    return [
        (row, [r for r in rows if r["kind"] == "control" and r["of"] == row["model"] and row["kind"] == "reservoir"])
        for row in rows
        if row["kind"] != "control"
    ]
