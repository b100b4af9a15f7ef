"""What a readout sees of spikes: low-pass filtered, or counted, at the end of each row."""

from __future__ import annotations

import numpy as np

from millpond.reservoir.compiled import njit


def filtered(
    steps: np.ndarray, units: np.ndarray, n_rows: int, n_sub: int, dt: float, taus: tuple[float, ...],
    traces: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Return exponentially filtered spikes at the end of each row, (n_rows, n_taus * n_units).

    A spike adds 1 to a trace that decays with tau; the value is that after the last step of the row.

    Parameters
    ----------
    steps, units : ndarray of int (n_spikes,)
        Ordered by step, which counts from the first row.
    n_rows, n_sub : int
        Rows, and steps in each.
    dt : float
        In s.
    taus : tuple of float
        In s.
    traces : ndarray (n_taus, n_units)
        Before the first row; moved on in place.
    """
    out = np.empty((n_rows, len(taus), traces.shape[1]))
    # a row is a whole number of steps: what a spike is worth at its end depends on the step within the row alone
    left = np.exp(-np.arange(n_sub)[::-1] * dt / np.array(taus)[:, None])
    _filter(steps, units, n_sub, left, np.exp(-n_sub * dt / np.array(taus)), traces, out)
    return out.reshape(n_rows, -1)


def filtered_plain(
    steps: np.ndarray, units: np.ndarray, n_rows: int, n_sub: int, dt: float, tau: float, n_units: int
) -> np.ndarray:
    """Return one filter's traces by the definition: the twin of `filtered` from rest."""
    ends = (np.arange(n_rows) + 1) * n_sub - 1
    out = np.zeros((n_rows, n_units))
    for step, unit in zip(steps, units, strict=True):
        out[ends >= step, unit] += np.exp(-(ends[ends >= step] - step) * dt / tau)
    return out


def counted(steps: np.ndarray, units: np.ndarray, n_rows: int, n_sub: int, n_units: int) -> np.ndarray:
    """Return the number of spikes in each row, (n_rows, n_units)."""
    flat = np.bincount(steps // n_sub * n_units + units, minlength=n_rows * n_units)
    return flat.reshape(n_rows, n_units).astype(np.float64)


@njit(cache=True, nogil=True)
def _filter(steps, units, n_sub, left, fall, traces, out):  # type: ignore[no-untyped-def]
    p = 0
    for row in range(out.shape[0]):
        for f in range(fall.size):
            for i in range(traces.shape[1]):
                traces[f, i] *= fall[f]
        while p < steps.size and steps[p] < (row + 1) * n_sub:
            for f in range(fall.size):
                traces[f, units[p]] += left[f, steps[p] - row * n_sub]
            p += 1
        out[row] = traces
