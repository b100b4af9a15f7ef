"""Reading and validating the summary of a comparison, which may be old, damaged or unrelated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from millpond.evaluation.scoring import SCORES
from millpond.report.schema import INTERVAL, SUMMARY, misfit
from millpond.reservoir.checks import InputError

_SCORES = tuple(SCORES)


def summary(folder: Path) -> dict[str, Any]:
    """Return ``summary.json`` from the folder of a comparison.

    Raises
    ------
    InputError
        The folder or the file does not exist, or the file is not the summary of a comparison.
    """
    path = folder / "summary.json"
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}; name one that 'millpond compare' wrote")
    if not path.is_file():
        raise InputError(f"there is no summary.json in {folder}; name a folder that 'millpond compare' wrote")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON ({error}); repeat the comparison that wrote it") from None
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
    """Return the first inconsistency between rows, or an empty string."""
    questions = rows[0]["questions"]
    reservoirs = [row["model"] for row in rows if row["kind"] == "reservoir"]
    for row in rows:
        name = row["model"]
        if row["kind"] not in ("reservoir", "baseline", "control"):
            return f"{name} is a {row['kind']}"
        if not questions or list(row["questions"]) != list(questions):
            return f"{name} has other questions"
        if any(q["name"] not in _SCORES or q["name"] != row["score"]["name"] for q in row["questions"].values()):
            return f"{name} has an unknown score"
        if row["kind"] == "control":
            if row["of"] not in reservoirs:
                return f"{name} is a control of no reservoir"
            gains = [row.get("gain_of_reservoir"), *(q.get("gain_of_reservoir") for q in row["questions"].values())]
            wrong = next(filter(None, (misfit(gain, INTERVAL, "gain_of_reservoir") for gain in gains)), "")
            if wrong:
                return f"of {name}, {wrong}"
        if row["of"] not in (row["model"], *reservoirs):
            return f"{name} belongs to no reservoir"
        if not row["per_group"]:
            return f"{name} has no groups"
        if ragged := next((q for q in row["questions"] if not _is_square(row["questions"][q].get("confusion"))), None):
            return f"{name} has a confusion matrix of {ragged:.60} that is not square"
        penalties = (seed.get("penalty") for seed in row["seed_config"])
        if any(not isinstance(p, dict | None) for p in penalties):
            return f"{name} has penalties that are not an object"
    return ""


def _is_square(confusion: dict[str, Any] | None) -> bool:
    return not confusion or [len(row) for row in confusion["counts"]] == [len(confusion["classes"])] * len(
        confusion["classes"]
    )


def confusion(row: dict[str, Any], question: str) -> dict[str, Any] | None:
    """Return the confusion matrix of a row, or None."""
    found: dict[str, Any] | None = row["questions"][question].get("confusion")
    return found or None


def curve(row: dict[str, Any]) -> list[dict[str, float]]:
    """Return the points of the learning curve of a row, or an empty list."""
    found: list[dict[str, float]] | None = row.get("learning_curve")
    return found or []
