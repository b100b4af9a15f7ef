"""A paper's figures in one picture: what is asked, what each seed gave, and the curve where there is one."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.reservoir import plots
from millpond.scenarios.papers import paper
from millpond.scenarios.papers.figures import Check, Paper

_STRIP, _CURVE, _HEAD = 0.5, 3.0, 0.7  # inches


def picture(name: str, about: Paper, found: list[Check], random_state: int = 0) -> Any:
    """Return a matplotlib figure of the paper called `name`.

    A strip for each of its figures, each on its own scale; above them the curve of the first seed, where the paper's
    module draws one.
    """
    from matplotlib.figure import Figure
    from threadpoolctl import threadpool_limits

    draw = getattr(paper(name), "draw", None)
    heights = ([_CURVE] if draw else []) + [_STRIP] * len(found)
    figure = Figure(figsize=(8, sum(heights) + _HEAD), layout="constrained")
    panels = figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0]
    if draw:
        with threadpool_limits(1):
            draw(plots.axes(panels[0]), random_state)
    for ax, check in zip(panels[len(panels) - len(found) :], found, strict=True):
        strip(check, ax)
    figure.suptitle(about.title, fontsize=10, wrap=True)
    figure.supxlabel("circles: seeds; dot and line: mean and its 95 % interval; shaded: what is asked", fontsize=8)
    return figure


def strip(check: Check, ax: Any = None) -> Any:
    """Draw one figure on `ax`, or on new axes; return them."""
    ax = plots.axes(ax, (8, _STRIP + 0.3))
    good, bad, shade = plots.COLOURS[0], plots.COLOURS[1], plots.COLOURS[2]
    obtained = np.asarray(check.obtained, float)
    low, high = check.interval or (check.mean, check.mean)
    marks = [v for v in (*obtained, low, high, check.low, check.high) if v is not None and np.isfinite(v)]
    around = 0.06 * (max(marks, default=0) - min(marks, default=0)) or 0.06 * abs(check.mean) or 0.06
    left, right = min(marks, default=0) - around, max(marks, default=0) + around
    if check.judged:
        ends = left if check.low is None else check.low, right if check.high is None else check.high
        ax.axvspan(*ends, color=shade, alpha=0.25, lw=0)
    ax.plot(obtained, np.zeros(len(obtained)), "o", ms=5, mfc="none", mew=0.8, color="0.45")
    colour = good if check.passed else bad
    ax.plot([low, high], [0, 0], lw=2, color=colour)
    ax.plot([check.mean], [0], "o", ms=6, color=colour)
    ax.set(xlim=(left, right), ylim=(-1, 1), yticks=[])
    ax.set_ylabel(check.name, rotation=0, ha="right", va="center", fontsize=8)
    ax.tick_params(labelsize=7)
    ax.spines["left"].set_visible(False)
    return ax
