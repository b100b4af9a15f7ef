"""Spikes on input lines, ordered by time step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from millpond.lsm import filters
from millpond.reservoir.compiled import njit


@dataclass(frozen=True, eq=False)
class Volley:
    """Spikes on input lines, ordered by time step and then by line; a line has at most one in a step.

    Attributes
    ----------
    starts : ndarray of int64 (n_steps + 1,)
        Spikes of step t are ``lines[starts[t]:starts[t + 1]]``.
    lines : ndarray of int32 (n_spikes,)
    dropped : float
        Spikes that did not fit.
    levels : ndarray (n_rows, n_lines), optional
        Rates of the lines (Hz), which drive by a graded current; there are no spikes then.
    """

    starts: np.ndarray
    lines: np.ndarray
    dropped: float = 0.0
    levels: np.ndarray | None = None

    @property
    def steps(self) -> np.ndarray:
        """Time step of each spike."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def amount(self, row_period: float) -> float:
        """Return how many spikes there are, or would be at the rates of a graded input."""
        return len(self.lines) if self.levels is None else float(self.levels.sum()) * row_period

    def counts(self, n_lines: int, n_sub: int) -> np.ndarray:
        """Return how many spikes each line has in each row of `n_sub` steps, (n_rows, n_lines)."""
        return filters.counted(self.steps, self.lines, (len(self.starts) - 1) // n_sub, n_sub, n_lines)


def in_order(steps: np.ndarray, lines: np.ndarray, n_steps: int, dropped: float = 0.0) -> Volley:
    """Return spikes in any order as a volley of `n_steps` time steps."""
    starts = np.zeros(n_steps + 1, np.int64)
    np.cumsum(np.bincount(steps, minlength=n_steps), out=starts[1:])
    return Volley(starts, lines[np.lexsort((lines, steps))].astype(np.int32), dropped)


def of_raster(raster: np.ndarray, spacing: int = 1, dropped: float = 0.0) -> Volley:
    """Return the spikes of a boolean `raster` (n_slots, n_lines), each at the first of the steps of its slot."""
    slots, lines = np.nonzero(raster)
    return in_order(slots * spacing, lines, len(raster) * spacing, dropped)


@njit(cache=True, nogil=True)
def sorted_by_step(starts, at, who):  # type: ignore[no-untyped-def]
    """Return lines in order of their step (a counting sort), with where each step starts."""
    for t in range(starts.size - 1):
        starts[t + 1] += starts[t]
    place = starts[:-1].copy()
    lines = np.empty(who.size, np.int32)
    for k in range(who.size):
        lines[place[at[k]]] = who[k]
        place[at[k]] += 1
    return starts, lines
