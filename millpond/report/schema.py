"""Schemas of ``summary.json`` and ``measures.json``, and validation against them."""

from __future__ import annotations

import math
from typing import Any, NamedTuple


class Number(NamedTuple):
    """A finite number within limits, optionally an integer."""

    low: float
    high: float
    whole: bool = False


class Optional(NamedTuple):
    """The value of a key that may be missing, null or empty."""

    kind: Any


MOST = 2**53
"""Other JSON readers do not represent larger integers exactly."""
COUNT, SIZE = Number(0, MOST, True), Number(0, 1e12)
_LARGEST = 1e300  # limit of numbers that are only displayed
_SCORED = Number(-1e6, 1e6)
_LONGEST, _MOST_ITEMS, _DEEPEST = 10_000, 100_000, 30  # characters of a text; items of a list or object; levels

INTERVAL = {"mean": _SCORED, "low": _SCORED, "high": _SCORED}
_CONFUSION = {"classes": [str], "counts": [[COUNT]]}
_SCORE = INTERVAL | {"name": str}
_QUESTION = _SCORE | {"confusion": Optional(_CONFUSION)}
_POINT = INTERVAL | {"share": Number(0, 1), "n_train": Number(1, MOST)}
_ROW = {
    "model": str, "kind": str, "of": str, "score": _SCORE, "questions": {str: _QUESTION}, "per_group": {str: _SCORED},
    "n_units": COUNT, "n_features": COUNT, "n_trained": COUNT, "seconds": {str: SIZE},
    "operations": {str: {str: object}}, "config": {str: object}, "seed_config": [{str: object}],
    "learning_curve": Optional([_POINT]), "per_fold": Optional({str: _SCORED}),
    "n_per_group": Optional({str: COUNT}), "peak_memory_mb": Optional(SIZE),
}  # fmt: skip
_PAIR = {"a": str, "b": str, "difference": INTERVAL, "questions": Optional({str: INTERVAL})}
SUMMARY = {
    "task": str, "corpus": str, "split": str, "folds": {"used": COUNT, "of": COUNT},
    "seeds": [Number(-MOST, MOST, True)], "rows": [_ROW],
    "pairs": Optional([_PAIR]), "environment": {str: object}, "git": Optional({str: object}),
    "made": Optional(str), "command": Optional(str),
}  # fmt: skip
CARD = {"results": {str: {"value": Optional(Number(-1e300, 1e300)), "said": str}}, "by": Optional(str)}
"""Profile of a reservoir in ``measures.json``."""


def misfit(value: Any, wanted: Any, where: str = "it") -> str:
    """Return the first way in which `value` does not fit the schema `wanted`, or an empty string.

    `wanted` is `str`, `object` (any JSON that is not nested too deeply), a `Number`, a list with the schema of its
    items, a dict with the schema of each key, or a dict with the type `str` as its only key, for any keys.
    """
    if isinstance(wanted, Optional):
        return "" if value is None or value in ([], {}) else misfit(value, wanted.kind, where)
    if isinstance(wanted, list):
        return _misfit_list(value, wanted[0], where)
    if isinstance(wanted, dict):
        return _misfit_object(value, wanted, where)
    if isinstance(wanted, Number):
        return _misfit_number(value, wanted, where)
    if wanted is object:
        return _misfit_any(value, where)
    if not isinstance(value, str):
        return f"{where} is not text"
    return "" if len(value) <= _LONGEST else f"{where} is too long"


def _misfit_list(value: Any, kind: Any, where: str) -> str:
    if not isinstance(value, list) or not value:
        return f"{where} is not a non-empty list"
    if len(value) > _MOST_ITEMS:
        return f"{where} has too many items"
    return next(filter(None, (misfit(v, kind, f"{where}[{i}]") for i, v in enumerate(value))), "")


def _misfit_object(value: Any, wanted: dict[Any, Any], where: str) -> str:
    if not isinstance(value, dict):
        return f"{where} is not an object"
    if len(value) > _MOST_ITEMS:
        return f"{where} has too many items"
    each = dict.fromkeys(value, wanted[str]) if str in wanted else wanted
    missing = [key for key, kind in each.items() if key not in value and not isinstance(kind, Optional)]
    if missing:
        return f"{where} has no {missing[0]}"
    found = next(filter(None, (misfit(value.get(key), kind, f"{key:.60}") for key, kind in each.items())), "")
    if not found and {"low", "high"} <= set(each) and value["low"] > value["high"]:
        return f"{where} has a low above its high"
    return found


def _misfit_number(value: Any, wanted: Number, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int if wanted.whole else int | float):
        return f"{where} is not a{' whole' if wanted.whole else ''} number"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{where} is not a number"
    return "" if wanted.low <= value <= wanted.high else f"{where} is outside {wanted.low:g} to {wanted.high:g}"


def _misfit_any(value: Any, where: str) -> str:
    """Return why a JSON value cannot be displayed (nested too deeply, number too large), or an empty string."""
    level = [value]
    for _ in range(_DEEPEST):
        if any(isinstance(v, int | float) and not abs(v) <= _LARGEST for v in level):
            return f"{where} contains a number that is too large"
        level = [v for item in level if isinstance(item, dict | list)
                 for v in (item.values() if isinstance(item, dict) else item)]  # fmt: skip
        if not level:
            return ""
    return f"{where} is nested too deeply"
