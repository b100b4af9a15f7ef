"""The summary of a comparison, read with distrust: it may be old, broken, or of something else."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from reservoir.checks import InputError
from scenarios.scoring import SCORES

_INTERVAL = {"mean": float, "low": float, "high": float}
_SCORE = _INTERVAL | {"name": str}
_ROW = {
    "model": str, "kind": str, "of": str, "score": _SCORE, "questions": {str: _SCORE}, "per_group": {str: float},
    "n_units": int, "n_features": int, "n_trained": int, "seconds": {str: float}, "operations": {str: {str: object}},
    "config": {str: object}, "seed_config": [{str: object}],
}  # fmt: skip
_SUMMARY = {
    "task": str, "corpus": str, "split": str, "folds": {"used": int, "of": int}, "seeds": [int], "rows": [_ROW],
    "environment": {str: object},
}  # fmt: skip
_CONFUSION = {"classes": [str], "counts": [[int]]}
_POINT = _INTERVAL | {"share": float, "n_train": float}
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
    wrong = misfit(found, _SUMMARY) or _inconsistent(found["rows"])
    if wrong:
        raise InputError(f"{path} is not the summary of a comparison ({wrong}); repeat the comparison that wrote it")
    return found


def _rows(found: Any) -> list[Any]:
    rows = found.get("rows") if isinstance(found, dict) else None
    return rows if isinstance(rows, list) else []


def misfit(value: Any, wanted: Any, where: str = "it") -> str:
    """Return what of `value` is not as `wanted`, in words; "" if nothing is.

    `wanted` is a type, a list with what each item is, a dict of keys that must be there, or a dict with the
    type `str` as its one key, for any keys.
    """
    if isinstance(wanted, list):
        if not isinstance(value, list) or not value:
            return f"{where} is not a list of something"
        return next(filter(None, (misfit(v, wanted[0], f"{where}[{i}]") for i, v in enumerate(value))), "")
    if isinstance(wanted, dict):
        if not isinstance(value, dict):
            return f"{where} is not an object"
        each = dict.fromkeys(value, wanted[str]) if str in wanted else wanted
        missing = [key for key in each if key not in value]
        if missing:
            return f"{where} has no {missing[0]}"
        return next(filter(None, (misfit(value[key], kind, key) for key, kind in each.items())), "")
    if wanted is float:
        is_right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    else:
        is_right = isinstance(value, wanted) and not (wanted is int and isinstance(value, bool))
    return "" if is_right else f"{where} is not {'a number' if wanted in (int, float) else 'text'}"


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
            wrong = next(filter(None, (misfit(gain, _INTERVAL, "gain_of_reservoir") for gain in gains)), "")
            if wrong:
                return f"of {name}, {wrong}"
        if not row["per_group"]:
            return f"{name} was asked of nobody"
    return ""


def confusion(row: dict[str, Any], question: str) -> dict[str, Any] | None:
    """Return the confusions of a row where they are there and whole."""
    found = row["questions"][question].get("confusion")
    if found is None or misfit(found, _CONFUSION):
        return None
    n = len(found["classes"])
    return found if [len(counts) for counts in found["counts"]] == [n] * n else None


def curve(row: dict[str, Any]) -> list[dict[str, float]]:
    """Return the points of the learning curve of a row where they are there and whole."""
    found = row.get("learning_curve")
    return [] if not found or misfit(found, [_POINT]) else found
