"""Figure of a forecast with its prediction intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from millpond.reservoir import plots
from millpond.scenarios import columns, dates

_MOST_PANELS = 12


def draw(table: columns.Table, n_outputs: int, ahead: np.ndarray, widths: list[np.ndarray], levels: tuple[float, ...],
         folder: Path, model: str) -> None:  # fmt: skip
    """Write ``forecast.png`` and ``forecast.svg``: the end of each series, the forecast and its intervals.

    Parameters
    ----------
    table : Table
    n_outputs : int
    ahead : ndarray (horizon, n_outputs)
    widths : list of ndarray (horizon, n_outputs)
        Half the width of the interval of each level.
    levels : tuple of float
    folder : Path
    model : str
    """
    from matplotlib.figure import Figure

    n = min(n_outputs, _MOST_PANELS)
    past = min(len(table.values), max(60, 6 * len(ahead)))
    old, new = _times(table, past, len(ahead))
    figure = Figure(figsize=(7, 1.2 + 1.8 * n), layout="constrained")
    panels = figure.subplots(n, 1, sharex=True, squeeze=False)[:, 0]
    for j, panel in enumerate(panels):
        ax = plots.axes(panel)
        ax.plot(old, table.values[-past:, j], color="black", lw=1, label="data")
        for level, half, alpha in sorted(zip(levels, widths, (0.35, 0.2), strict=True), reverse=True):
            ax.fill_between(
                new, ahead[:, j] - half[:, j], ahead[:, j] + half[:, j], color=plots.COLOURS[0], alpha=alpha, lw=0,
                label=f"{100 * level:.0f} % interval",
            )  # fmt: skip
        ax.plot(new, ahead[:, j], color=plots.COLOURS[0], lw=1.5, label=f"forecast ({model})")
        ax.set_ylabel(table.names[j])
    panels[-1].set_xlabel(table.time_name)
    panels[0].legend(frameon=False, ncols=4, loc="lower left", bbox_to_anchor=(0, 1), borderpad=0, fontsize="small")
    if isinstance(table.times, list):
        figure.autofmt_xdate()
    for ending in ("png", "svg"):
        figure.savefig(folder / f"forecast.{ending}", dpi=150)


def _times(table: columns.Table, past: int, horizon: int) -> tuple[Any, Any]:
    """Return the times of the last rows and of the forecast."""
    if isinstance(table.times, list):
        later = dates.after(table.times[-1], table.step, horizon)
        return table.times[-past:], [np.datetime64(t).astype("datetime64[us]").item() for t in later]
    times = np.arange(len(table.values), dtype=float) if table.times is None else table.times
    return times[-past:], times[-1] + table.step.size * np.arange(1, horizon + 1)
