"""The summary of a comparison, read with distrust: it may be old, broken, or of something else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from millpond.evaluation.scoring import SCORES
from millpond.report.schema import INTERVAL, SUMMARY, misfit
from millpond.reservoir.checks import InputError

_SCORES = tuple(SCORES)


def summary(folder: Path) -> dict[str, Any]:
    """Return ``summary.json`` of a folder that a comparison left.

    Raises
    ------
    InputError
        No such folder, no such file in it, or one that is not the summary of a comparison.
    """
    path = folder / "summary.json"
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}; name one that 'millpond compare' wrote")
    if not path.is_file():
        raise InputError(f"there is no summary.json in {folder}; name a folder that 'millpond compare' wrote")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is broken ({error}); repeat the comparison that wrote it") from None
    for row in _rows(found):
        if isinstance(row, dict) and "questions" not in row and isinstance(row.get("score"), dict):  # an old version
            gain = {"gain_of_reservoir": row["gain_of_reservoir"]} if "gain_of_reservoir" in row else {}
            row["questions"] = {"score": row["score"] | gain}
    wrong = misfit(found, SUMMARY) or _inconsistent(found["rows"])
    if wrong:
        raise InputError(f"{path} is not the summary of a comparison ({wrong}); repeat the comparison that wrote it")
    return found


def _rows(found: Any) -> list[Any]:
    rows = found.get("rows") if isinstance(found, dict) else None
    return rows if isinstance(rows, list) else []


def _inconsistent(rows: list[dict[str, Any]]) -> str:
    """Return in what way rows that are whole do not belong together; "" if they do."""
    questions = rows[0]["questions"]
    reservoirs = [row["model"] for row in rows if row["kind"] == "reservoir"]
    for row in rows:
        name = row["model"]
        if row["kind"] not in ("reservoir", "baseline", "control"):
            return f"{name} is a {row['kind']}"
        if not questions or list(row["questions"]) != list(questions):
            return f"{name} was asked other questions"
        if any(q["name"] not in _SCORES or q["name"] != row["score"]["name"] for q in row["questions"].values()):
            return f"{name} has an unknown score"
        if row["kind"] == "control":
            if row["of"] not in reservoirs:
                return f"{name} is a control of nothing"
            gains = [row.get("gain_of_reservoir"), *(q.get("gain_of_reservoir") for q in row["questions"].values())]
            wrong = next(filter(None, (misfit(gain, INTERVAL, "gain_of_reservoir") for gain in gains)), "")
            if wrong:
                return f"of {name}, {wrong}"
        if row["of"] not in (row["model"], *reservoirs):
            return f"{name} belongs to nothing"
        if not row["per_group"]:
            return f"{name} was asked of nobody"
        if ragged := next((q for q in row["questions"] if not _is_square(row["questions"][q].get("confusion"))), None):
            return f"{name} has confusions about {ragged:.60} that are no square"
        penalties = (seed.get("penalty") for seed in row["seed_config"])
        if any(not isinstance(p, dict | None) for p in penalties):
            return f"{name} has penalties that are no object"
    return ""


def _is_square(confusion: dict[str, Any] | None) -> bool:
    return not confusion or [len(row) for row in confusion["counts"]] == [len(confusion["classes"])] * len(
        confusion["classes"]
    )


def confusion(row: dict[str, Any], question: str) -> dict[str, Any] | None:
    """Return the confusions of a row where they are there."""
    found: dict[str, Any] | None = row["questions"][question].get("confusion")
    return found or None


def curve(row: dict[str, Any]) -> list[dict[str, float]]:
    """Return the points of the learning curve of a row where there are any."""
    found: list[dict[str, float]] | None = row.get("learning_curve")
    return found or []
