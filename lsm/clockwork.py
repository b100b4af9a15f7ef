"""Time: how many steps a row of the input lasts."""

from __future__ import annotations

from typing import Any

from millpond.lsm.units import si
from millpond.reservoir import checks


def raster(dt: Any, row_period: Any) -> tuple[float, int]:
    """Return the time step (s) and how many of them make a row of the input.

    Raises
    ------
    InputError
        A step that does not divide the row's period.
    """
    dt, row_period = si("dt", dt, "s", above=0), si("row_period", row_period, "s", above=0)
    n_sub = round(row_period / dt)
    if n_sub < 1 or abs(n_sub * dt - row_period) > 1e-9 * row_period:
        near = row_period / max(1, n_sub)
        raise checks.InputError(
            f"dt is {dt:g} s, but it must divide a row of {row_period:g} s into whole steps; use {near:.6g}"
        )
    return dt, n_sub
