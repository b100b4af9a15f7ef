"""The command ``millpond forecast``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from millpond.cli.shared import Json, Model, say, whole


def forecast(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, TSV, .npy, .npz or .parquet file with at least 50 rows.")
    ],
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", show_default="all", help="Column to forecast; repeat it for several columns."),
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Column that is only used as input; repeat it for several columns."),
    ] = None,
    horizon: Annotated[
        int | None,
        typer.Option(
            parser=whole, metavar="H", show_default="a tenth of the series, at most 20", help="Number of steps ahead."
        ),
    ] = None,
    model: Model = "esn",
    season: Annotated[
        int | None,
        typer.Option(
            parser=whole, metavar="S", show_default="estimated", help="Number of steps after which the series repeats."
        ),
    ] = None,
    interpolate: Annotated[bool, typer.Option("--interpolate", help="Interpolate missing values.")] = False,
    resample: Annotated[
        bool, typer.Option("--resample", help="Sort rows by time and interpolate to equal time steps.")
    ] = False,
    seed: Annotated[int, typer.Option(parser=whole, metavar="N", help="Random seed.")] = 0,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", show_default="runs/forecast-FILE", help="Folder for the results.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Forecast a time series beyond its end, with prediction intervals.

    The reservoir is compared with the naive, the seasonal naive and the linear forecast and with NVAR. The folder
    receives forecast.csv, forecast.png, forecast.svg and scores.json.
    """
    from threadpoolctl import threadpool_limits

    from millpond.forecast import forecast as run
    from millpond.forecast.verdict import shown

    with threadpool_limits(1):
        found = run(
            file, column or (), inputs or (), horizon=horizon, model=model, season=season, interpolate=interpolate,
            resample=resample, seed=seed, out=out,
        )  # fmt: skip
    if as_json:
        say(json.dumps(found))
        return
    say(*shown(found), f"Written to {found['folder']}: forecast.csv, forecast.png, forecast.svg, scores.json")
