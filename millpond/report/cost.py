"""Plots of the score against time, operations and trained parameters."""

from __future__ import annotations

import math
from typing import Any

from millpond import terminal
from millpond.page import Section, brief, explained, folded, table, text
from millpond.report.axes import SIZE, Box, Scale, decades, label, mark, ticks, width
from millpond.report.families import called, colours
from millpond.results import AXES, operations, short, shown

_WIDTH, _HEIGHT = 372, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 362, 18, 262
_NONE = 30  # pixels at the left for models with cost 0

_COSTS = {
    "CPU seconds, one fold": lambda row: sum(row["seconds"].values()),
    "operations per time step": operations,
    "trained parameters": lambda row: row["n_trained"],
}


def _called(row: dict[str, Any], cost: str) -> str:
    """Return the label of a row; "+ spikes" marks models whose spike transmission is not counted."""
    more = "per_step" in row["operations"] and "connections" in row["operations"]["per_step"]
    return brief(row["model"]) + (" + spikes" if more and cost.startswith("operations") else "")


def section(found: dict[str, Any]) -> Section:
    """Return the three plots and a table of their numbers."""
    rows = found["rows"]
    score = rows[0]["score"]["name"]
    pictures = "".join(
        f"<figure><figcaption>{text(name)}</figcaption>{_picture(rows, name, [of(r) for r in rows])}</figure>"
        for name, of in _COSTS.items()
    )
    numbers = [
        [text(row["model"]), shown(row["score"]["mean"], score), *(short(of(row)) for of in _COSTS.values())]
        for row in rows
    ]
    better = "upper" if score == "accuracy" else "lower"
    said = (
        f"Vertical axis: {terminal.UNITS[score]}, with its 95 % interval. Horizontal axis: cost, logarithmic. "
        f"The {better} left corner is best. Filled dots are reservoirs, rings are their controls in the same colour, "
        "and diamonds are models that are trained end to end. Point at a mark to see its name."
    )
    more = (
        "Operations are those that compute the states. The readout adds one multiply-add per weight for each answer. "
        "A multiply-add and an activation count as one operation, the update of a spiking neuron as seven. "
        "Models marked '+ spikes' also transmit spikes, which depend on the input and are not counted. "
        "Time is the CPU time from scaling to prediction on one core of this machine."
    )
    costs = table("costs", ["model", "score", *(text(name) for name in _COSTS)], numbers, [r["kind"] for r in rows])
    body = f'<div class="pictures">{pictures}</div>' + explained(said, more) + folded("Show the numbers", costs)
    return Section("cost", "Score against cost", body)


def _picture(rows: list[dict[str, Any]], cost: str, costs: list[float]) -> str:
    scores = [row["score"] for row in rows]
    kind, colour = scores[0]["name"], colours(rows)
    low, high = min(s["low"] for s in scores), max(s["high"] for s in scores)
    pad = 0.05 * (high - low) or 0.01
    up = Scale(low - pad, high + pad, _BOTTOM, _TOP)
    paid = [c for c in costs if c > 0] or [1.0]
    free = min(costs) <= 0
    start = _LEFT + (_NONE if free else 0)
    right = Scale(min(paid) / 1.6, max(paid) * 1.6, start, _RIGHT, True)
    places = [right(c) if c > 0 else _LEFT + _NONE / 2 for c in costs]
    heights = [up(s["mean"]) for s in scores]
    taken = [Box(x - 5, y - 5, x + 5, y + 5) for x, y in zip(places, heights, strict=True)]
    taken += [Box(x - 1, up(s["high"]), x + 1, up(s["low"])) for x, s in zip(places, scores, strict=True)]
    order = sorted(range(len(rows)), key=lambda i: rows[i]["kind"] == "control")  # labels of controls are placed last
    names, seen = "", set()
    for i in order:
        spot = (rows[i]["model"], round(places[i]), round(heights[i]))
        if spot not in seen:  # two reservoirs share a control
            names += _name(rows[i], _called(rows[i], cost), places[i], heights[i], taken, colour[rows[i]["of"]])
        seen.add(spot)
    marks = "".join(_mark(rows[i], places[i], up, colour[rows[i]["of"]], costs[i]) for i in reversed(order))
    return (
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="score against {text(cost)}">'
        f"{_frame(right, up, kind, free)}{marks}{names}</svg>"
    )


def _name(row: dict[str, Any], name: str, x: float, y: float, taken: list[Box], colour: str) -> str:
    """Return the label of the point (x, y) and mark its place as taken; a control without free space has no label."""
    is_control = row["kind"] == "control"
    box = label(name, x, y, taken, Box(_LEFT, _TOP - 6, _RIGHT, _BOTTOM), 28 if is_control else 80)
    if box is None:
        return ""
    taken.append(box)
    leader, near, level = "", max(box.left, min(x, box.right)), max(box.top, min(y, box.bottom))
    if math.hypot(near - x, level - y) > 10:
        leader = f'<path class="leader" d="M{x:.1f} {y:.1f}L{near:.1f} {level:.1f}"/>'
    return (
        f'{leader}<text class="{"control" if is_control else "named"}" x="{(box.left + box.right) / 2:.1f}" '
        f'y="{box.top + SIZE:.1f}" text-anchor="middle" style="--c:{colour}">{text(name)}</text>'
    )


def _frame(right: Scale, up: Scale, kind: str, free: bool) -> str:
    lines = f'<text x="2" y="8">{AXES[kind]}</text>'
    for tick in ticks(up.low, up.high):
        said = f"{100 * tick:g}" if kind == "accuracy" else f"{tick:g}"
        lines += f'<path class="grid" d="M{_LEFT} {up(tick):.1f}H{_RIGHT}"/>'
        lines += f'<text x="{_LEFT - 6}" y="{up(tick) + 4:.1f}" text-anchor="end">{said}</text>'
    last = -99.0
    marks = [(_LEFT + _NONE / 2, "0")] if free else []
    for x, said in marks + [(right(t), short(t)) for t in decades(right.low, right.high)]:
        lines += f'<path class="grid" d="M{x:.1f} {_TOP}V{_BOTTOM}"/>'
        x_text = min(x, _WIDTH - width(said) / 2)
        if x_text - width(said) / 2 > last + 4:
            lines += f'<text x="{x_text:.1f}" y="{_BOTTOM + 18}" text-anchor="middle">{said}</text>'
            last = x_text + width(said) / 2
    return lines


def _mark(row: dict[str, Any], x: float, up: Scale, colour: str, cost: float) -> str:
    kind = row["kind"]
    low, mean, high = (up(row["score"][k]) for k in ("low", "mean", "high"))
    dot = mark(kind, x, mean)
    score = shown(row["score"]["mean"], row["score"]["name"])
    title = f"<title>{text(called(row))}: {score} at {short(cost)}</title>"
    whisker = f'<path class="whisker" d="M{x:.1f} {low:.1f}V{high:.1f}"/>'
    return f'<g class="{kind}" style="--c:{colour}">{title}{whisker}{dot}</g>'
