"""The result of a forecast in one or two sentences, and as a table."""

from __future__ import annotations

from typing import Any


def verdict(found: dict[str, Any]) -> list[str]:
    """Return sentences that compare the reservoir with the best baseline on the test origins."""
    rows = {row["model"]: row for row in found["rows"]}
    model = found["model"]
    best = min((name for name in rows if name != model), key=lambda name: rows[name]["score"]["mean"])
    own, other = rows[model]["score"]["mean"], rows[best]["score"]["mean"]
    change = 100 * (own / other - 1) if other else 0.0
    config = rows[model]["config"]
    sentences = []
    if not config["weight"]:
        sentences.append(
            f"{model} did not improve the {config['corrects']} forecast on the validation origins, so its forecast is "
            f"the {config['corrects']} forecast."
        )
    if config["corrects"] == best and not config["weight"]:
        return [*sentences, f"{best} has the smallest error of the baselines on the test origins."]
    size = f"{abs(change):.1f} % {'larger' if change > 0 else 'smaller'}"
    pair = next(pair for pair in found["pairs"] if pair["b"] == best)["difference"]
    if pair["low"] is None or pair["low"] <= 0 <= pair["high"]:
        span = "there are too few origins for an interval"
        if pair["low"] is not None:
            span = f"the interval of the difference is [{pair['low']:.3g}, {pair['high']:.3g}] sd"
        sentences.append(
            f"No significant difference between {model} and the best baseline, {best}: the error of {model} is {size}, "
            f"and {span}."
        )
    else:
        sentences.append(
            f"The error of {model} is {size} than that of the best baseline, {best}: the difference is "
            f"{pair['mean']:.3g} sd, with the interval [{pair['low']:.3g}, {pair['high']:.3g}]."
        )
    if change > 5:
        sentences.append(f"On this series {best} is the better choice.")
    return sentences


def shown(found: dict[str, Any]) -> list[Any]:
    """Return the table of scores with its notes, for rich to print."""
    from rich.text import Text

    from millpond.terminal import table_of

    table = table_of("model", "error", "95 %", "difference", "interval", "tried")
    differences = {pair["b"]: pair["difference"] for pair in found["pairs"]}
    for row in sorted(found["rows"], key=lambda row: row["kind"] != "reservoir"):
        score, difference = row["score"], differences.get(row["model"])
        table.add_row(
            row["model"], _short(score["mean"]), _span(score), _short(difference["mean"]) if difference else "",
            _span(difference) if difference else "", str(row["n_tried"]),
        )  # fmt: skip
    season = f"season {found['season']}{' (estimated)' if found['season_estimated'] else ''}"
    if found["season"] == 1:
        season = "no season"
    origins = found["origins"]
    what = ", ".join(found["columns"])
    own = next(row for row in found["rows"] if row["kind"] == "reservoir")
    settings = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in own["config"].items())
    coverage = ", ".join(f"{100 * v:.0f} % (of {k} %)" for k, v in found["coverage"].items())
    return [
        Text(f"{found['file']}: {what}; {found['n_steps']} steps, {found['horizon']} ahead, {season}", style="bold"),
        *found["notes"],
        table,
        "Error: root mean squared error in standard deviations, mean over "
        f"{origins['test']['n']} test origins and all steps ahead.",
        "Difference: error of the reservoir minus that of the baseline, paired; intervals corrected for their number.",
        f"Tried: settings compared on {origins['validation']['n']} earlier validation origins.",
        f"{found['model']}: {settings}.",
        f"Intervals from validation errors contained {coverage} of the test values.",
        *found["verdict"],
    ]


def _short(value: float) -> str:
    return f"{value:.3f}" if abs(value) >= 0.01 or value == 0 else f"{value:.2g}"


def _span(ends: dict[str, Any]) -> str:
    return "" if ends["low"] is None else f"[{_short(ends['low'])}, {_short(ends['high'])}]"
