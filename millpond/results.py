"""Results of a comparison as sentences and short numbers: scores, costs, and which model is better than which."""

from __future__ import annotations

from typing import Any

from millpond.evaluation.scoring import better


def shown(value: float, score: str) -> str:
    """Return a score as printed text."""
    return {"accuracy": f"{100 * value:z.1f}", "nrmse": f"{value:z.3f}"}.get(score, f"{value:.1e}" if value else "0")


def spread(difference: dict[str, float] | None, score: str) -> tuple[str, str]:
    """Return a difference and its interval as printed text, both empty if there is none."""
    if difference is None:
        return "", ""
    mean, low, high = (shown(difference[key], score) for key in ("mean", "low", "high"))
    return mean, f"[{low}, {high}]"


def significant(pair: dict[str, Any]) -> bool:
    """Return whether the interval of the difference of a pair excludes 0."""
    return bool(pair["difference"]["low"] > 0 or pair["difference"]["high"] < 0)


def costs(found: dict[str, Any]) -> list[list[str]]:
    """Return name, score, CPU time, trained parameters and operations of each reservoir and baseline, best first."""
    return [
        [row["model"], shown(row["score"]["mean"], row["score"]["name"]), f"{sum(row['seconds'].values()):.2f}",
         str(row["n_trained"]), short(operations(row))]
        for row in ranked(found)
    ]  # fmt: skip


def differences(found: dict[str, Any]) -> list[list[str]]:
    """Return name, difference and interval of each pair of models."""
    score = found["rows"][0]["score"]["name"]
    return [[f"{pair['a']} - {pair['b']}", *spread(pair["difference"], score)] for pair in found["pairs"]]


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
    level = [f"{pair['a']} and {pair['b']}" for pair in pairs if not significant(pair)]
    worse: dict[str, list[str]] = {}
    for pair in pairs:
        if significant(pair):
            mean = pair["difference"]["mean"]
            winner, other = (pair["a"], pair["b"]) if mean > 0 else (pair["b"], pair["a"])
            worse.setdefault(winner, []).append(f"{other} by {shown(abs(mean), score)}{unit}")
    names = [row["model"] for row in ranked(found)]
    lines = [f"{name} is better than {listed(worse[name])}{end}." for name in names if name in worse]
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


def ranked(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the reservoirs and baselines, the best mean score first."""
    main = [row for row in found["rows"] if row["kind"] != "control"]
    return sorted(main, key=lambda row: -better(row["score"]["name"]) * row["score"]["mean"])


def groups(found: dict[str, Any]) -> list[list[str]]:
    """Return the largest runs of the ranking in which no pair of models differs significantly."""
    order = [row["model"] for row in ranked(found)]
    differs = {frozenset((pair["a"], pair["b"])) for pair in found.get("pairs") or [] if significant(pair)}
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
