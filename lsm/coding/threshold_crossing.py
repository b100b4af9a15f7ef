"""Send-on-delta: a spike for every step of the input up or down."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from millpond.lsm.coding import signs
from millpond.lsm.coding.decoding import low_pass
from millpond.lsm.coding.volley import Volley, in_order
from millpond.lsm.units import si
from millpond.reservoir.compiled import njit


@dataclass(frozen=True)
class ThresholdCrossing:
    """A channel spikes when it is `delta` above (first line) or below (second line) what it told last.

    Send-on-delta, Miskowicz (2006), doi:10.3390/s6010049. Each spike moves the told value by `delta`, so that it
    stays within `delta` of the input: input that stands still is silent, and noise below `delta` as well. The
    input moves in a straight line from the row before, 0 at first, to its row, which it reaches with the last
    step. A line spikes once a step: a jump of more than n_sub deltas in a row is told late, not lost.

    Parameters
    ----------
    delta : float
        In units of the input.
    """

    delta: float = 0.25

    def lines(self, n_channels: int) -> int:
        """Return the number of input lines: up of all channels, then down."""
        return 2 * n_channels

    def rest(self, n_channels: int) -> tuple[np.ndarray, np.ndarray]:
        """Return values and told levels (in deltas) before the first row."""
        return np.zeros(n_channels), np.zeros(n_channels, np.int64)

    def encode(
        self, U: np.ndarray, state: tuple[np.ndarray, np.ndarray], n_sub: int, dt: float
    ) -> tuple[Volley, tuple[np.ndarray, np.ndarray]]:
        """Return the spikes of rows U, and values and levels after them."""
        before, level = state
        level = level.copy()
        moves = _cross(np.vstack([before, U]), level, si("delta", self.delta, above=0), n_sub)
        steps, channels = np.nonzero(moves != 0)
        lines = channels + U.shape[1] * (moves[steps, channels] < 0)
        return in_order(steps, lines, len(moves)), (U[-1].copy(), level)

    def decode(self, volley: Volley, n_channels: int, n_sub: int, dt: float, tau: float = 0.0) -> np.ndarray:
        """Return the told values, within `delta` of the input at the end of a row, behind a filter of `tau` seconds."""
        moves = signs.whole(True, volley.counts(2 * n_channels, n_sub))
        return low_pass(np.cumsum(moves, axis=0) * si("delta", self.delta, above=0), n_sub * dt, tau)


def cross_plain(rows: np.ndarray, level: np.ndarray, delta: float, n_sub: int) -> tuple[np.ndarray, np.ndarray]:
    """Return moves (-1, 0, 1) of each channel in each step and the levels after them: the twin of the compiled coder.

    `rows` begin with the one before the first.
    """
    moves = []
    for before, after in pairwise(rows):
        for s in range(1, n_sub + 1):
            u = after if s == n_sub else before + (after - before) * (s / n_sub)
            move = (u >= (level + 1) * delta).astype(int) - (u <= (level - 1) * delta)
            level = level + move
            moves.append(move)
    return np.array(moves), level


@njit(cache=True, nogil=True)
def _cross(rows, level, delta, n_sub):  # type: ignore[no-untyped-def]
    """Return the moves; `level` goes on in place."""
    n_rows, n_channels = rows.shape[0] - 1, rows.shape[1]
    moves = np.zeros((n_rows * n_sub, n_channels), np.int8)
    for row in range(n_rows):
        for i in range(n_channels):
            before, after = rows[row, i], rows[row + 1, i]
            high, low = (level[i] + 1) * delta, (level[i] - 1) * delta
            if low < min(before, after) and max(before, after) < high:
                continue  # the whole way is within reach of the told value
            for s in range(1, n_sub + 1):
                u = after if s == n_sub else before + (after - before) * (s / n_sub)
                if u >= (level[i] + 1) * delta:
                    level[i] += 1
                    moves[row * n_sub + s - 1, i] = 1
                elif u <= (level[i] - 1) * delta:
                    level[i] -= 1
                    moves[row * n_sub + s - 1, i] = -1
    return moves
