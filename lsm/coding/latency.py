"""Time to the first spike: the larger the earlier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from millpond.lsm.coding import signs
from millpond.lsm.coding.decoding import low_pass
from millpond.lsm.coding.volley import Volley, in_order
from millpond.lsm.units import si
from millpond.reservoir import checks


@dataclass(frozen=True)
class Latency:
    """Each line spikes once in a window, the earlier the larger its input; one without input is silent.

    After (1 - ``|u|`` / full_scale) of the window: Thorpe, Delorme, Van Rullen (2001),
    doi:10.1016/S0893-6080(01)00083-1. The window's first row is the one that is told.

    Parameters
    ----------
    full_scale : float
        The input that spikes at once, as all above does.
    window : int
        Rows. Longer ones tell finer and less often.
    signed : bool
        Two lines a channel, first those of the positive parts, then those of the negative. Else one, and
        negative input is silent.
    """

    full_scale: float = 3.0
    window: int = 1
    signed: bool = True

    def lines(self, n_channels: int) -> int:
        """Return the number of input lines."""
        return signs.n_lines(self.signed, n_channels)

    def rest(self, n_channels: int) -> tuple[int, np.ndarray]:
        """Return the state before the first row: rows into the window, and what the lines tell in it."""
        return 0, np.zeros(self.lines(n_channels))

    def encode(
        self, U: np.ndarray, state: tuple[int, np.ndarray], n_sub: int, dt: float
    ) -> tuple[Volley, tuple[int, np.ndarray]]:
        """Return the spikes of rows U, and where in the window they end."""
        top, window = si("full_scale", self.full_scale, above=0), checks.integer("window", self.window, 1)
        at, held = state
        place = (at + np.arange(len(U))) % window
        first = np.maximum(np.arange(len(U)) - place, -1) + 1  # 0: the window began before these rows
        told = np.vstack([held, np.minimum(signs.parts(self.signed, U) / top, 1)])[first]
        wait = np.minimum(np.floor((1 - told) * (window * n_sub)).astype(int), window * n_sub - 1)
        row, line = np.nonzero((told > 0) & (wait // n_sub == place[:, None]))
        steps = row * n_sub + wait[row, line] % n_sub
        return in_order(steps, line, len(U) * n_sub), ((at + len(U)) % window, told[-1].copy())

    def decode(self, volley: Volley, n_channels: int, n_sub: int, dt: float, tau: float = 0.0) -> np.ndarray:
        """Return what the waiting times stand for, held over each window, behind a filter of `tau` seconds.

        An input up to `full_scale` is off by at most full_scale / (2 window n_sub) in its own row.
        """
        n_rows, length = (len(volley.starts) - 1) // n_sub, self.window * n_sub
        told = np.zeros((-(-n_rows // self.window), self.lines(n_channels)))
        told[volley.steps // length, volley.lines] = 1 - (volley.steps % length + 0.5) / length
        rows = np.repeat(told, self.window, axis=0)[:n_rows]
        return low_pass(signs.whole(self.signed, rows) * self.full_scale, n_sub * dt, tau)
