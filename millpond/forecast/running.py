"""Forecast the series of a file, score it at held-out origins, and write the results to a folder."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from millpond.evaluation import forecasting
from millpond.forecast.verdict import verdict
from millpond.reservoir import checks
from millpond.scenarios import columns, dates
from millpond.scenarios import forecast_figure as drawing
from millpond.scenarios import forecast_models as fitting
from millpond.summary import write

LEVELS = (0.8, 0.95)
LONGEST = 20_000
"""Number of rows, at the end of a longer series, that are used."""


def forecast(
    file: str | Path, columns_: Sequence[str] = (), inputs: Sequence[str] = (), *, horizon: int | None = None,
    model: str = "esn", season: int | None = None, interpolate: bool = False, resample: bool = False, seed: int = 0,
    out: str | Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Forecast the series of a file beyond its end.

    Parameters
    ----------
    file : path
        Text table, .npy, .npz or .parquet file with at least 50 rows.
    columns_, inputs : sequence of str
        Columns to forecast (all by default), and columns that are only used as inputs.
    horizon : int, optional
        Number of steps to forecast; by default a tenth of the series, at most 20.
    model : str
        Name of the reservoir.
    season : int, optional
        Number of steps after which the series repeats; estimated if it is not given. 1: no season.
    interpolate, resample : bool
        Fill in missing values; interpolate to equal time steps.
    seed : int
    out : path, optional
        Folder for ``forecast.csv``, ``forecast.png``, ``forecast.svg`` and ``scores.json``.

    Returns
    -------
    dict
        The contents of ``scores.json``.

    Raises
    ------
    InputError
        The file cannot be used, or a parameter is outside its range.
    """
    path = Path(file)
    checks.integer("seed", seed)
    table, n_outputs = columns.read(path, columns_, inputs, interpolate=interpolate, resample=resample)
    folder = Path(out) if out is not None else Path("runs") / f"forecast-{path.stem}"
    _check_folder(folder, str(file))
    n_rows = len(table.values)
    if n_rows > LONGEST:
        table.values = table.values[-LONGEST:]
        table.times = None if table.times is None else table.times[-LONGEST:]
        table.notes.append(f"The last {LONGEST} of {n_rows} rows are used.")
    constant = [name for name, column in zip(table.names, table.values.T, strict=True) if np.ptp(column) == 0]
    if constant:
        raise checks.InputError(f"column '{constant[0]}' is constant; leave it out with --column")
    horizon = min(20, len(table.values) // 10) if horizon is None else horizon
    series = fitting.series_of(table.values, n_outputs, horizon, season)
    fitted = dict(fitting.baselines(series))
    fitted[model], _ = fitting.reservoir(series, model, seed, fitted)
    scale, mean = series.scaler.scale_[:n_outputs], series.scaler.mean_[:n_outputs]
    overlap = -(-horizon // max(1, int(np.diff(series.test[0].origins).max(initial=1)))) - 1
    rows = [_row(name, each, overlap, "reservoir" if name == model else "baseline") for name, each in fitted.items()]
    found: dict[str, Any] = {
        "file": str(file), "model": model, "columns": table.names[:n_outputs], "inputs": table.names[n_outputs:],
        "n_steps": len(table.values), "horizon": horizon, "step": str(table.step) if _dated(table) else table.step.size,
        "season": series.season, "season_estimated": season is None, "seed": seed, "notes": table.notes,
        "origins": {"validation": _span(series.validation), "test": _span(series.test)},
        "rows": rows, "pairs": _pairs(fitted, model, overlap),
        "coverage": {
            f"{100 * level:.0f}": forecasting.coverage(fitted[model].validation, fitted[model].test, level)
            for level in LEVELS
        },
    }  # fmt: skip
    found["verdict"] = verdict(found)
    ahead = mean + scale * fitted[model].ahead
    widths = [scale * forecasting.half_widths(fitted[model].test, level) for level in LEVELS]
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "forecast.csv", _csv(table, ahead, widths))
    write(folder / "scores.json", json.dumps(found, indent=1) + "\n")
    drawing.draw(table, n_outputs, ahead, widths, LEVELS, folder, model)
    return found | {"folder": str(folder)}


def _dated(table: columns.Table) -> bool:
    return isinstance(table.times, list)


def _check_folder(folder: Path, file: str) -> None:
    """Raise InputError if the folder contains the forecast of another file."""
    try:
        other = json.loads((folder / "scores.json").read_text()).get("file")
    except (OSError, ValueError, AttributeError):
        return
    if other != file:
        raise checks.InputError(f"the folder {folder} contains the forecast of '{other}'; name another with --out")


def _row(name: str, fitted: fitting.Fitted, overlap: int, kind: str) -> dict[str, Any]:
    """Return the scores of a model: root mean squared errors in standard deviations."""
    mean, low, high = forecasting.mean_interval(forecasting.per_origin(fitted.test), overlap)
    per_step = np.sqrt(np.mean(fitted.test**2, axis=(0, 2)))
    return {
        "model": name, "kind": kind,
        "score": {"name": "rmse / sd", "mean": mean, "low": _finite(low), "high": _finite(high)},
        "validation": fitted.loss, "per_step": per_step.tolist(), "n_tried": fitted.n_tried, "config": fitted.settings,
    }  # fmt: skip


def _pairs(fitted: dict[str, fitting.Fitted], model: str, overlap: int) -> list[dict[str, Any]]:
    """Return the paired differences of the error of the reservoir and each baseline, corrected for their number."""
    others = [name for name in fitted if name != model]
    own = forecasting.per_origin(fitted[model].test)
    found = []
    for name in others:
        difference = own - forecasting.per_origin(fitted[name].test)
        mean, low, high = forecasting.mean_interval(difference, overlap, 1 - 0.05 / len(others))
        found.append({"a": model, "b": name, "difference": {"mean": mean, "low": _finite(low), "high": _finite(high)}})
    return found


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _span(blocks: list[forecasting.Block]) -> dict[str, int]:
    return {
        "first": blocks[0].start, "last": int(blocks[-1].origins[-1]), "n": sum(len(b.origins) for b in blocks),
        "fits": len(blocks),
    }  # fmt: skip


def _csv(table: columns.Table, ahead: np.ndarray, widths: list[np.ndarray]) -> str:
    """Return the forecast as CSV: the time, and for each column the forecast and its intervals."""
    last = len(table.values) - 1.0 if table.times is None else table.times[-1]
    times = dates.after(last, table.step, len(ahead))
    head, cells = [table.time_name], [times]
    for j in range(ahead.shape[1]):
        name = table.names[j]
        head.append(name)
        cells.append([f"{v:.7g}" for v in ahead[:, j]])
        for level, half in zip(LEVELS, widths, strict=True):
            for end, sign in (("low", -1), ("high", 1)):
                head.append(f"{name} {end} {100 * level:.0f}")
                cells.append([f"{v:.7g}" for v in ahead[:, j] + sign * half[:, j]])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(zip(*cells, strict=True))
    return text.getvalue()
