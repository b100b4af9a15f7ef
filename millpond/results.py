"""Results of a comparison in words and short numbers: scores, costs, and which model is better than which."""

from __future__ import annotations

from typing import Any


def shown(value: float, score: str) -> str:
    """Return a score as printed text."""
    return {"accuracy": f"{100 * value:z.1f}", "nrmse": f"{value:z.3f}"}.get(score, f"{value:.1e}" if value else "0")


def short(value: float) -> str:
    """Return a number of operations or seconds in short form.

    >>> short(15000), short(0.02), short(2.5e6)
    ('15k', '0.02', '2.5M')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.2g}" if value < 10 else f"{value:.3g}"


_WEIGHTS = {"connections": 0, "neuron_updates": 7}
"""Operations of each kind. A neuron update counts 7: four currents are added and three decay. Other kinds count 1."""


def operations(row: dict[str, Any]) -> float:
    """Return the operations per time step: multiply-adds, activations, and neuron updates with their weight."""
    counted = row["operations"].get("per_step", {})
    return sum(_WEIGHTS.get(name, 1) * n for name, n in counted.items() if isinstance(n, int | float))


AXES = {"accuracy": "accuracy in %", "nrmse": "error in standard deviations", "symbol error rate": "symbol error rate"}
"""Titles of the axes of scores."""


def listed(names: list[str]) -> str:
    """Return names as an enumeration.

    >>> listed(["input", "squares", "static"])
    'input, squares and static'
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def verdict(found: dict[str, Any]) -> list[str]:
    """Return the sentences about pairs of models, then those about each reservoir and its controls."""
    return [*between_models(found), *against_controls(found)]


def between_models(found: dict[str, Any]) -> list[str]:
    """Return one sentence for each model that is better than others, and one about the other pairs."""
    pairs = found.get("pairs") or []
    if not pairs:
        return []
    score, end = found["rows"][0]["score"]["name"], _caveat(found)
    unit = " points" if score == "accuracy" else ""
    level = [f"{p['a']} and {p['b']}" for p in pairs if p["difference"]["low"] <= 0 <= p["difference"]["high"]]
    worse: dict[str, list[str]] = {}
    for pair in pairs:
        difference = pair["difference"]
        if difference["low"] > 0 or difference["high"] < 0:
            winner, other = (pair["a"], pair["b"]) if difference["mean"] > 0 else (pair["b"], pair["a"])
            worse.setdefault(winner, []).append(f"{other} by {shown(abs(difference['mean']), score)}{unit}")
    lines = [f"{m} is better than {listed(worse[m])}{end}." for m in ranking(found) if m in worse]
    return lines + ([f"No significant difference between {'; '.join(level)}{end}."] if level else [])


def against_controls(found: dict[str, Any]) -> list[str]:
    """Return up to three sentences per reservoir: the controls it is better than, not different from and worse than."""
    lines = []
    for row in found["rows"]:
        if row["kind"] != "reservoir":
            continue
        controls = [r for r in found["rows"] if r["kind"] == "control" and r["of"] == row["model"]]
        worse = [c["model"] for c in controls if c["gain_of_reservoir"]["low"] > 0]
        better = [c["model"] for c in controls if c["gain_of_reservoir"]["high"] < 0]
        level = [c["model"] for c in controls if c["model"] not in worse + better]
        parts = [(worse, "is better than"), (level, "shows no significant difference from"), (better, "is worse than")]
        lines += [
            f"{row['model']} {verb} its control{'s' * (len(names) > 1)} {listed(names)}{_caveat(found)}."
            for names, verb in parts
            if names
        ]
    return lines


def ranking(found: dict[str, Any]) -> list[str]:
    """Return the reservoirs and baselines, the best mean score first."""
    main = [row for row in found["rows"] if row["kind"] != "control"]
    sign = -1 if main[0]["score"]["name"] == "accuracy" else 1
    return [row["model"] for row in sorted(main, key=lambda row: sign * row["score"]["mean"])]


def groups(found: dict[str, Any]) -> list[list[str]]:
    """Return the largest runs of the ranking in which no pair of models differs significantly."""
    order = ranking(found)
    differs = {
        frozenset((p["a"], p["b"]))
        for p in found.get("pairs") or []
        if not p["difference"]["low"] <= 0 <= p["difference"]["high"]
    }
    runs: list[list[str]] = []
    for start in range(len(order)):
        stop = start + 1
        while stop < len(order) and not any(frozenset((m, order[stop])) in differs for m in order[start:stop]):
            stop += 1
        if stop - start > 1 and not (runs and order[stop - 1] in runs[-1]):
            runs.append(order[start:stop])
    return runs


def _caveat(found: dict[str, Any]) -> str:
    return " (one seed)" if len(found["seeds"]) == 1 else ""
