"""How much of the input its spikes still tell."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.lsm.clockwork import raster
from millpond.lsm.units import si
from millpond.reservoir import checks


def low_pass(rows: np.ndarray, row_period: float, tau: float) -> np.ndarray:
    """Return `rows` (n_rows, n) behind an exponential filter of gain 1 that starts at 0; a `tau` of 0 s is none.

    y_r = a y_(r-1) + (1 - a) x_r with a = exp(-row_period / tau): what a liquid's own filter of that time
    constant could know.
    """
    if not tau:
        return rows
    from scipy.signal import lfilter

    keep = np.exp(-row_period / tau)
    return lfilter([1 - keep], [1, -keep], rows, axis=0)


def reconstruction_error(
    encoder: Any, X: Any, *, row_period: Any = 0.01, dt: Any = 1e-4, tau: Any = 0.03
) -> np.ndarray:
    """Return how far what a coder's spikes tell is from what it was given.

    Signal and reconstruction both pass a filter of `tau` seconds. Spikes of a coder that has a `delay` are
    read that much later: the last row is held until they are there.

    Parameters
    ----------
    encoder : str or coder
        As for `lsm.LiquidStateMachine`.
    X : list of ndarray (n_rows, n_channels)
        Or one array.
    row_period, dt : float
        Time between rows, and the time step (s).
    tau : float
        Time constant of the filter (s). 0 is none: row by row, which a coder of less than a spike a row cannot follow.

    Returns
    -------
    ndarray (n_channels,)
        Root of the mean squared error over all rows of X, relative to the standard deviation of the filtered
        signal (a channel that does not move has NaN).

    Raises
    ------
    InputError
        A coder without decoder, or what the coder itself refuses.

    Examples
    --------
    >>> slow = np.sin(np.arange(100) / 10)[:, None]
    >>> bool(reconstruction_error("threshold-crossing", slow)[0] < 0.25)
    True
    """
    from millpond.lsm.coding import coder

    chosen, signals, tau = coder(encoder), checks.signals(X), si("tau", tau, "s", low=0)
    if not hasattr(chosen, "decode"):
        raise checks.InputError(
            f"encoder {chosen!r} has no decode(), which the error needs; choose another encoder or write decode()"
        )
    dt, n_sub = raster(dt, row_period)
    later = int(np.ceil(getattr(chosen, "delay", 0.0) / (n_sub * dt) - 1e-9))
    errors, wanted = [], []
    for U in signals:
        held = np.vstack([U, np.repeat(U[-1:], later, axis=0)])
        volley, _ = chosen.encode(held, chosen.rest(U.shape[1]), n_sub, dt)
        wanted.append(low_pass(U, n_sub * dt, tau))
        errors.append(chosen.decode(volley, U.shape[1], n_sub, dt, tau)[: len(U)] - wanted[-1])
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.vstack(wanted).std(axis=0)
        return np.where(spread > 0, np.sqrt((np.vstack(errors) ** 2).mean(axis=0)) / spread, np.nan)
