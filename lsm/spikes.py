"""The liquid's own control: a readout on its input spikes."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.lsm import given
from millpond.lsm.clockwork import raster
from millpond.lsm.coding import coder
from millpond.lsm.state import View, time_constants
from millpond.reservoir import Reservoir


class InputSpikes(Reservoir):
    """The spikes (or graded rates) on the input lines of a liquid, behind the same filters: what its encoder is worth.

    Parameters
    ----------
    encoder, filters, counts, dt, row_period
        As those of `lsm.LiquidStateMachine`.

    Examples
    --------
    >>> InputSpikes().fit_transform(np.ones((50, 2))).shape
    (50, 4)
    """

    def __init__(
        self, *, encoder: Any = "integrate-fire", filters: Any = 0.03, counts: bool = False, dt: Any = 1e-4,
        row_period: Any = 0.01,
    ) -> None:  # fmt: skip
        self.encoder = encoder
        self.filters = filters
        self.counts = counts
        self.dt = dt
        self.row_period = row_period

    def checked_signals(self, X: Any) -> list[Any]:
        """Return the checked signals in X; spike trains remain events."""
        return given.trains(self, X) or super().checked_signals(X)

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        dt, n_sub = raster(self.dt, self.row_period)
        self._coder = coder(self.encoder)
        taus = time_constants(self.filters, bool(self.counts))
        self._view = View(self._coder.lines(self.n_features_in_), n_sub, dt, taus, bool(self.counts))
        self.n_units_ = self._view.width
        self.unit_positions_ = None

    def initial_state(self) -> tuple[Any, np.ndarray]:
        """Return the state at rest."""
        return self._coder.rest(self.n_features_in_), self._view.rest()

    def advance(self, U: np.ndarray, state: tuple[Any, np.ndarray]) -> tuple[np.ndarray, tuple[Any, np.ndarray]]:
        """Return the states of the rows U and the final state."""
        phases, traces = state
        volley, phases = self._coder.encode(U, phases, self._view.n_sub, self._view.dt)
        if volley.levels is None:
            states, traces = self._view.rows(volley.steps, volley.lines, len(U), None, traces)
        else:
            states, traces = self._view.graded_rows(volley.levels, traces)
        return states, (phases, traces)
