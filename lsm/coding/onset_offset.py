"""Fixed levels: a spike where the input comes up to one, and where it leaves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from millpond.lsm.coding.decoding import low_pass
from millpond.lsm.coding.volley import Volley, in_order
from millpond.reservoir import checks


@dataclass(frozen=True)
class OnsetOffset:
    """Each level of each channel has two lines: onset where the input reaches it, offset where it falls below.

    As the sounds in Guetig, Sompolinsky (2009), doi:10.1371/journal.pbio.1000141. The lines tell between which
    two levels the input is. It moves in a straight line from the row before, 0 at first, to its row, which it
    reaches with the last step.

    Parameters
    ----------
    levels : sequence of float
        Ascending, at least two. Lines are in this order: the first level of all channels, the second, ..., all
        for onset, then all for offset.
    """

    levels: Any = (-1.75, -1.25, -0.75, -0.25, 0.25, 0.75, 1.25, 1.75)

    def lines(self, n_channels: int) -> int:
        """Return the number of input lines."""
        return 2 * len(self._levels()) * n_channels

    def rest(self, n_channels: int) -> np.ndarray:
        """Return the values before the first row."""
        return np.zeros(n_channels)

    def encode(self, U: np.ndarray, state: np.ndarray, n_sub: int, dt: float) -> tuple[Volley, np.ndarray]:
        """Return the spikes of rows U and the values after them."""
        level = self._levels()[:, None]
        before, after = np.vstack([state, U[:-1]])[:, None, :], U[:, None, :]
        was, is_ = before >= level, after >= level  # (n_rows, n_levels, n_channels)
        row, where, channel = np.nonzero(was != is_)
        start, end = before[row, 0, channel], after[row, 0, channel]
        way = (self._levels()[where] - start) / (end - start)
        steps = row * n_sub + np.clip(np.ceil(way * n_sub).astype(int), 1, n_sub) - 1
        down = was[row, where, channel]
        lines = (down * len(level) + where) * U.shape[1] + channel
        return in_order(steps, lines, len(U) * n_sub), U[-1].copy()

    def decode(self, volley: Volley, n_channels: int, n_sub: int, dt: float, tau: float = 0.0) -> np.ndarray:
        """Return the middle between the two levels the input is between, behind a filter of `tau` seconds.

        Beyond the outermost levels it is as far outside as the middle of the last pair is inside.
        """
        levels = self._levels()
        up, down = np.hsplit(volley.counts(self.lines(n_channels), n_sub), 2)
        passed = np.cumsum(up - down, axis=0).reshape(-1, len(levels), n_channels).sum(axis=1)
        middle = (levels[1:] + levels[:-1]) / 2
        told = np.concatenate([[2 * levels[0] - middle[0]], middle, [2 * levels[-1] - middle[-1]]])
        return low_pass(told[(passed + (levels <= 0).sum()).astype(int)], n_sub * dt, tau)

    def _levels(self) -> np.ndarray:
        levels = checks.matrix("levels", self.levels, (None,))
        if len(levels) < 2 or not (np.diff(levels) > 0).all():
            raise checks.InputError(f"levels is {self.levels!r}, but at least two numbers must ascend; sort them")
        return levels
