"""The verdict: which model is better than which, the critical-difference plot, and the cost of each model."""

from __future__ import annotations

from typing import Any

from millpond.page import Section, folded, note, table, text
from millpond.report.axes import Scale, mark, ticks, width
from millpond.report.families import colours
from millpond.results import AXES, costs, differences, groups, ranked, significant, verdict

_WIDTH, _SIDE, _TOP, _LINE = 440, 30, 34, 22


def section(found: dict[str, Any]) -> Section:
    """Return the sentences of the verdict and, with several models, the plot and the tables of pairs and costs."""
    body = "".join(f"<li>{text(line)}</li>" for line in verdict(found))
    body = f'<ul class="verdict">{body}</ul>'
    pairs = found.get("pairs") or []
    if pairs:
        body += f"{_plot(found)}{_costs(found)}"
        body += folded("Show the differences of all pairs", _pairs(found) + note(
            "Difference: paired over the same folds and seeds, positive if the first model is better. All intervals "
            f"together contain the true differences with 95 % probability (Bonferroni correction for {len(pairs)} "
            f"pair{'s' * (len(pairs) > 1)})."
        ))  # fmt: skip
    return Section("verdict", "Verdict", body)


def _pairs(found: dict[str, Any]) -> str:
    body = [
        [text(name), mean, interval, "yes" if significant(pair) else "no"]
        for (name, mean, interval), pair in zip(differences(found), found["pairs"], strict=True)
    ]
    return table("differences between models", ["pair", "difference", "interval", "significant"], body)


def _costs(found: dict[str, Any]) -> str:
    head = ["model", "score", "CPU s per fold", "trained parameters", "operations per time step"]
    return table("cost of each model", head, [[text(cell) for cell in cells] for cells in costs(found)])


def _plot(found: dict[str, Any]) -> str:
    """Return the critical-difference plot: every model at its score; a bar joins models that do not differ."""
    rows = {row["model"]: row for row in ranked(found)}
    colour, scores = colours(found["rows"]), [row["score"]["mean"] for row in rows.values()]
    pad = 0.1 * (max(scores) - min(scores)) or 0.01
    kind = found["rows"][0]["score"]["name"]
    across = Scale(min(scores) - pad, max(scores) + pad, _SIDE, _WIDTH - _SIDE)
    bars = groups(found)
    base = _TOP + 10 * len(bars) + 14
    marks = ""
    for tick in ticks(across.low, across.high):
        said = f"{100 * tick:g}" if kind == "accuracy" else f"{tick:g}"
        marks += f'<path class="grid" d="M{across(tick):.1f} 18V{base}"/>'
        marks += f'<text x="{across(tick):.1f}" y="12" text-anchor="middle">{said}</text>'
    for k, bar in enumerate(bars):
        ends = [across(rows[name]["score"]["mean"]) for name in bar]
        marks += f'<path class="level" d="M{min(ends) - 6:.1f} {_TOP + 10 * k}H{max(ends) + 6:.1f}"/>'
    for k, name in enumerate(rows):
        x, y = across(rows[name]["score"]["mean"]), base + _LINE * (k + 1)
        end = "end" if x + 10 + width(name) > _WIDTH - 4 else "start"
        marks += (
            f'<g style="--c:{colour[name]}"><path class="whisker" d="M{x:.1f} {base}V{y}"/>'
            f"{mark(rows[name]['kind'], x, base)}"
            f'<text class="named" x="{x + (-6 if end == "end" else 6):.1f}" y="{y + 4}" text-anchor="{end}">'
            f"{text(name)}</text></g>"
        )
    height = base + _LINE * len(rows) + 14
    return (
        f'<figure class="pairs"><svg class="plot" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="critical-difference plot">{marks}</svg>'
        f"<figcaption>Mean {AXES[kind]}. A bar joins models that show no significant difference.</figcaption></figure>"
    )
