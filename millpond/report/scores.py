"""The table of scores: the numbers of the terminal table, with a plot of each interval."""

from __future__ import annotations

from typing import Any

from millpond import terminal
from millpond.page import Section, explained, folded, table, text
from millpond.report.axes import Scale, mark, ticks, width
from millpond.report.families import colours
from millpond.report.reading import confusion
from millpond.results import AXES, shown, spread

_WIDTH, _HEIGHT, _MARGIN = 260, 28, 18


def section(found: dict[str, Any]) -> Section:
    """Return the complete table of the first question, followed by the other questions."""
    rows = found["rows"]
    first, *others = rows[0]["questions"]
    body = _table(found, first, others)
    body += explained(*terminal.notes(found), _axis_note(rows, first))
    body += "".join(folded(f"Question: {name}", _table(found, name, [])) for name in others)
    return Section("scores", "Scores", body)


def _table(found: dict[str, Any], question: str, others: list[str]) -> str:
    rows = found["rows"]
    is_first = question == next(iter(rows[0]["questions"]))
    scale, reference = _scale(rows, question)
    kind = rows[0]["questions"][question]["name"]
    colour = colours(rows)
    last = [text(name) for name in others] or (["worst"] if is_first else [])
    one = is_first and not others
    head = ["model", text(question if others or not is_first else "score"), "95 %", "difference", *last, "features",
            *(["CPU s"] if one else []), _axis(scale, kind)]  # fmt: skip
    body, kinds = [], []
    for row in rows:
        asked = row["questions"][question]
        gain = asked.get("gain_of_reservoir")
        body.append([
            text(row["model"]), shown(asked["mean"], kind),
            f"{shown(asked['low'], kind)}-{shown(asked['high'], kind)}",
            " ".join(spread(gain, kind)).strip(),
            *[shown(row["questions"][name]["mean"], kind) for name in others],
            *([text(terminal.worst(row))] if last == ["worst"] else []),
            str(row["n_features"]),
            *([f"{sum(row['seconds'].values()):.2f}"] if one else []),
            _whisker(asked, scale, reference, colour[row["of"]], row["kind"]),
        ])  # fmt: skip
        kinds.append(row["kind"])
    return table(f"scores, {question}", head, body, kinds)


def chance(rows: list[dict[str, Any]], question: str) -> float | None:
    """Return the score without any input: the share of the most frequent answer, or the error of the mean.

    None if no confusion matrices are stored.
    """
    if rows[0]["questions"][question]["name"] == "nrmse":
        return 1.0
    counted = next(filter(None, (confusion(row, question) for row in rows)), None)
    if counted is None:
        return None
    asked = [sum(counts) for counts in counted["counts"]]
    return max(asked) / sum(asked) if sum(asked) else None


def _scale(rows: list[dict[str, Any]], question: str) -> tuple[Scale, float | None]:
    """Return an axis for all intervals, and the chance level if the axis includes it.

    The axis of an accuracy includes the chance level. Other axes include it, and all include the best possible score,
    unless this makes them more than half longer.
    """
    asked = [row["questions"][question] for row in rows]
    low, high = min(q["low"] for q in asked), max(q["high"] for q in asked)
    room = max(high - low, 0.02) / 2
    guess = chance(rows, question)
    if guess is not None and (asked[0]["name"] == "accuracy" or low - room <= guess <= high + room):
        low, high = min(low, guess), max(high, guess)
    best = 1.0 if asked[0]["name"] == "accuracy" else 0.0
    if low - room <= best <= high + room:
        low, high = min(low, best), max(high, best)
    pad = 0.0 if high > low else 0.01
    scale = Scale(low - pad, high + pad, _MARGIN, _WIDTH - _MARGIN)
    return scale, guess if guess is not None and low <= guess <= high else None


def _axis(scale: Scale, kind: str) -> str:
    """Return the axis above the column of plots."""
    marks, last = "", -99.0
    for tick in ticks(scale.low, scale.high):
        x, said = scale(tick), f"{100 * tick:g}" if kind == "accuracy" else f"{tick:g}"
        if x - width(said) / 2 > last + 6:
            marks += f'<text x="{x:.1f}" y="28" text-anchor="middle">{said}</text>'
            last = x + width(said) / 2
    marks = f'<text x="{_WIDTH / 2}" y="12" text-anchor="middle">{AXES[kind]}</text>{marks}'
    return f'<svg class="strip" width="{_WIDTH}" height="32" role="img" aria-label="axis of scores">{marks}</svg>'


def _whisker(asked: dict[str, Any], scale: Scale, reference: float | None, colour: str, kind: str) -> str:
    y = _HEIGHT / 2
    low, mean, high = (scale(asked[k]) for k in ("low", "mean", "high"))
    said = " ".join(shown(asked[k], asked["name"]) for k in ("mean", "low", "high"))
    lines = "".join(f'<path class="grid" d="M{scale(t):.1f} 0V{_HEIGHT}"/>' for t in ticks(scale.low, scale.high))
    if reference is not None:
        lines += f'<path class="chance" d="M{scale(reference):.1f} 0V{_HEIGHT}"/>'
    return (
        f'<svg class="strip" width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="{said}" style="--c:{colour}">'
        f'{lines}<path class="whisker" d="M{low:.1f} {y}H{high:.1f}"/>{mark(kind, mean, y)}</svg>'
    )


def _axis_note(rows: list[dict[str, Any]], question: str) -> str:
    guess, kind = chance(rows, question), rows[0]["score"]["name"]
    said = (
        "The plots show the same numbers on one axis. Filled dots are reservoirs, rings are their controls in the same "
        "colour, and diamonds are models that are trained end to end."
    )
    if guess is None:
        return said
    what = "always giving the most frequent answer" if kind == "accuracy" else "always giving the mean"
    place = "the dashed line" if _scale(rows, question)[1] is not None else "outside the axis"
    return f"{said} The chance level ({what}) is {shown(guess, kind)} ({place})."
