"""The columns of the liquid state: which views of the spikes and potentials a readout is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.signal import lfilter

from millpond.lsm import filters
from millpond.lsm.units import si_each
from millpond.reservoir import checks


@dataclass(frozen=True)
class View:
    """How spikes and potentials become rows of states.

    Attributes
    ----------
    n_units : int
        Neurons, or input lines.
    n_sub : int
        Steps in a row.
    dt : float
        In s.
    taus : tuple of float
        Time constants of the filters (s).
    counts, membrane : bool
        Whether spike counts and potentials stand behind them.
    offset, scale : float
        A potential v (V) is shown as (v - offset) / scale.
    """

    n_units: int
    n_sub: int
    dt: float
    taus: tuple[float, ...]
    counts: bool = False
    membrane: bool = False
    offset: float = 0.0
    scale: float = 1.0

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.n_units * (len(self.taus) + self.counts + self.membrane)

    def rest(self) -> np.ndarray:
        """Return the traces before the first row."""
        return np.zeros((len(self.taus), self.n_units))

    def rows(
        self, steps: np.ndarray, units: np.ndarray, n_rows: int, potentials: np.ndarray | None, traces: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the states (n_rows, width) and the traces after them; `traces` stays as it is."""
        traces = traces.copy()
        parts = []
        if self.taus:
            parts.append(filters.filtered(steps, units, n_rows, self.n_sub, self.dt, self.taus, traces))
        if self.counts:
            parts.append(filters.counted(steps, units, n_rows, self.n_sub, self.n_units))
        if self.membrane and potentials is not None:
            parts.append((potentials - self.offset) / self.scale)
        return (parts[0] if len(parts) == 1 else np.hstack(parts)), traces

    def graded_rows(self, levels: np.ndarray, traces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the states for rates in the place of spikes, `levels` (n_rows, n_units) in Hz: ds/dt = -s/tau + r."""
        traces = traces.copy()
        parts = []
        row = self.n_sub * self.dt
        for f, tau in enumerate(self.taus):
            fall = np.exp(-row / tau)
            shown, _ = lfilter([1.0], [1.0, -fall], levels * tau * (1 - fall), axis=0, zi=fall * traces[f : f + 1])
            traces[f] = shown[-1]
            parts.append(shown)
        return np.hstack([*parts, *([levels * row] if self.counts else [])]), traces


def time_constants(filters: Any, others: bool) -> tuple[float, ...]:
    """Return the time constants of the filters (s); none only where the state has `others` than filtered spikes."""
    n = 1 if np.ndim(filters) == 0 else len(filters)
    if not n and not others:
        raise checks.InputError("filters is empty, but the state needs a column; give a time constant in s")
    return si_each("filters", filters, "s", n, above=0)
