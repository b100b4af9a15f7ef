"""Learning curves: scores against the number of training sequences, one plot per reservoir with its controls."""

from __future__ import annotations

from typing import Any

from millpond import terminal
from millpond.page import Section, brief, explained, folded, note, table, text
from millpond.report.axes import SIZE, Scale, spread, ticks, width
from millpond.report.families import called, colours, families
from millpond.report.reading import curve
from millpond.results import AXES, shown

_WIDTH, _HEIGHT = 372, 300
_LEFT, _TOP, _BOTTOM = 40, 18, 262
_GAP = 13.5


def section(found: dict[str, Any]) -> Section | None:
    """Return the curves, or the reason why there are none; None if no reservoir was compared."""
    rows = [row for row in found["rows"] if row["kind"] != "baseline"]
    if not rows:
        return None
    drawn = [(row, [c for c in controls if curve(c)]) for row, controls in families(rows) if curve(row)]
    if not drawn:
        old = any("learning_curve" not in row for row in rows)
        why = "it was written by an older version" if old else "there are too few training sequences"
        return Section("learning", "Learning curve", note(f"This folder contains no learning curve: {why}."))
    points = [p for row, controls in drawn for one in (row, *controls) for p in curve(one)]
    score = rows[0]["score"]["name"]
    pictures = "".join(
        f"<figure><figcaption>{text(row['model'])} and its controls</figcaption>"
        f"{_picture(row, controls, points, score, colours(rows)[row['model']])}</figure>"
        for row, controls in drawn
    )
    parts = curve(drawn[0][0])
    numbers = [
        [text(one["model"]), *(shown(p["mean"], score) for p in curve(one))]
        for row, controls in drawn for one in (row, *controls)
    ]  # fmt: skip
    kinds = [one["kind"] for row, controls in drawn for one in (row, *controls)]
    said = (
        f"Vertical axis: {terminal.UNITS[score]}. Horizontal axis: number of training sequences of the readout "
        f"(mean over folds), logarithmic. First seed, question '{next(iter(rows[0]['questions']))}'. The intervals are "
        "over test sequences only."
    )
    more = (
        "Each subset of the training sequences is contained in the next larger one and is the same for all models. The "
        "penalty is chosen within the subset. Inputs are scaled by the whole training part. "
        "Models that are trained end to end have no curve, because each point would need a new training."
    )
    head = ["model", *(f"{p['n_train']:g}" for p in parts)]
    body = f'<div class="pictures">{pictures}</div>' + explained(said, more)
    body += folded("Show the numbers", table("learning curve", head, numbers, kinds))
    return Section("learning", "Learning curve", body)


def _picture(
    row: dict[str, Any], controls: list[dict[str, Any]], points: list[dict[str, float]], score: str, colour: str
) -> str:
    """Return the plot of one reservoir and its controls; all plots share their axes."""
    low, high = min(p["low"] for p in points), max(p["high"] for p in points)
    pad = 0.03 * (high - low) or 0.01
    up = Scale(low - pad, high + pad, _BOTTOM, _TOP)
    names = max(width(brief(one["model"])) for one in (row, *controls))
    right = Scale(
        min(p["n_train"] for p in points), max(p["n_train"] for p in points), _LEFT + 14, _WIDTH - names - 22, True
    )
    lines = f'<text x="2" y="8">{AXES[score]}</text>'
    lines += f'<text x="{right.start:.1f}" y="{_BOTTOM + 34}">training sequences</text>'
    for tick in ticks(up.low, up.high):
        said = f"{100 * tick:g}" if score == "accuracy" else f"{tick:g}"
        lines += f'<path class="grid" d="M{_LEFT} {up(tick):.1f}H{right.end:.1f}"/>'
        lines += f'<text x="{_LEFT - 6}" y="{up(tick) + 4:.1f}" text-anchor="end">{said}</text>'
    for n in sorted({p["n_train"] for p in points}):
        lines += f'<path class="grid" d="M{right(n):.1f} {_TOP}V{_BOTTOM}"/>'
        lines += f'<text x="{right(n):.1f}" y="{_BOTTOM + 18}" text-anchor="middle">{n:.0f}</text>'
    everyone = [*controls, row]  # the reservoir is drawn last, on top
    ends = [up(curve(one)[-1]["mean"]) for one in everyone]
    labels = spread(ends, _GAP, _TOP, _BOTTOM)
    for one, end, at in zip(everyone, ends, labels, strict=True):
        lines += _line(one, right, up)
        x = right.end
        lines += f'<path class="leader" d="M{x + 3:.1f} {end:.1f}L{x + 16:.1f} {at:.1f}"/>'
        kind = "control" if one["kind"] == "control" else "named"
        lines += f'<text class="{kind}" x="{x + 20:.1f}" y="{at + SIZE / 3:.1f}">{text(brief(one["model"]))}</text>'
    return (
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" style="--c:{colour}" '
        f'aria-label="learning curve of {text(row["model"])}">{lines}</svg>'
    )


def _line(row: dict[str, Any], right: Scale, up: Scale) -> str:
    kind, points = row["kind"], curve(row)
    road = "L".join(f"{right(p['n_train']):.1f} {up(p['mean']):.1f}" for p in points)
    lines = f'<path class="curve {kind}" d="M{road}"/>'
    for p in points:
        x, low, mean, high = right(p["n_train"]), up(p["low"]), up(p["mean"]), up(p["high"])
        if kind == "reservoir":
            lines += f'<path class="whisker" d="M{x:.1f} {low:.1f}V{high:.1f}"/>'
        lines += f'<circle class="{kind}" cx="{x:.1f}" cy="{mean:.1f}" r="{4 if kind == "reservoir" else 2.4}"/>'
    return f"<g><title>{text(called(row))}</title>{lines}</g>"
