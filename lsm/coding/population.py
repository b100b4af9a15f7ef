"""Receptive fields: a channel becomes a hill of activity on lines that each prefer a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from millpond.lsm.coding.decoding import low_pass
from millpond.lsm.coding.integrate_fire import IntegrateFire
from millpond.lsm.coding.volley import Volley
from millpond.lsm.units import si
from millpond.reservoir import checks


@dataclass(frozen=True)
class Population:
    r"""Gaussian receptive fields, whose activity integrate-and-fire units turn into spikes.

    .. math:: r_i(u) = \text{rate} \; e^{-(u - c_i)^2 / 2 \sigma^2}

    with preferred values c_i evenly from `low` to `high`: Bohte, La Poutre, Kok (2002), doi:10.1109/72.991428.
    Together the fields of a channel spike \sqrt{2 \pi} \sigma rate / spacing times a second whatever the value,
    as long as it is not near an end. Lines are in the order of the fields: the first of all channels, the second ...

    Parameters
    ----------
    fields : int
        Lines for each channel, at least two.
    low, high : float
        The range of the input; what is beyond counts as at its end.
    width : float
        Of a field (sigma), in units of the spacing of the fields.
    rate : float
        Spikes per second of a line at the value it prefers.
    """

    fields: int = 12
    low: float = -3.0
    high: float = 3.0
    width: float = 1.0
    rate: float = 80.0

    def lines(self, n_channels: int) -> int:
        """Return the number of input lines."""
        return checks.integer("fields", self.fields, 2) * n_channels

    def rest(self, n_channels: int) -> np.ndarray:
        """Return the phases of the units before the first row."""
        return self._units().rest(self.lines(n_channels))

    def encode(self, U: np.ndarray, state: np.ndarray, n_sub: int, dt: float) -> tuple[Volley, np.ndarray]:
        """Return the spikes of rows U and the phases after them."""
        return self._units().encode(self._by_field(U), state, n_sub, dt)

    def rates(self, U: np.ndarray) -> np.ndarray:
        """Return the rates of the lines (n_rows, n_lines) for rows U (Hz)."""
        return si("rate", self.rate, "Hz", above=0) * self._by_field(U)

    def activity(self, values: np.ndarray) -> np.ndarray:
        """Return the activity, 0 to 1, of each field at `values`; the fields are a last axis."""
        preferred, sigma = self._fields()
        inside = np.clip(values, preferred[0], preferred[-1])
        return np.exp(-((inside[..., None] - preferred) ** 2) / (2 * sigma**2))

    def decode(self, volley: Volley, n_channels: int, n_sub: int, dt: float, tau: float = 0.0) -> np.ndarray:
        """Return the value whose activity has the same centre as the spikes, counted by a filter of `tau` seconds.

        Before the first spike it is the middle of the range.
        """
        n_lines, (preferred, _) = self.lines(n_channels), self._fields()
        counts = low_pass(volley.counts(n_lines, n_sub), n_sub * dt, tau).reshape(-1, len(preferred), n_channels)
        seen = low_pass(np.ones((len(counts), 1)), n_sub * dt, tau)  # of the filter: the rest is the 0 it starts at
        total, moment = counts.sum(axis=1), np.einsum("rfc,f->rc", counts, preferred)
        centre = np.divide(moment, total, out=np.full_like(total, preferred.mean()), where=total > 0)
        # near an end the hill is cut off and its centre lags behind the value, but it still rises with it
        values = np.linspace(preferred[0], preferred[-1], 16 * len(preferred))
        hills = self.activity(values)
        return seen * np.interp(centre, hills @ preferred / hills.sum(axis=1), values)

    def _by_field(self, U: np.ndarray) -> np.ndarray:
        return np.hstack(list(np.moveaxis(self.activity(U), -1, 0)))

    def _units(self) -> IntegrateFire:
        return IntegrateFire(rate=self.rate, signed=False)

    def _fields(self) -> tuple[np.ndarray, float]:
        """Return the preferred values and the width of the fields."""
        low, high = si("low", self.low), si("high", self.high)
        if not low < high:
            raise checks.InputError(f"low is {low:g} and high is {high:g}, but low must be less than high; swap them")
        preferred = np.linspace(low, high, checks.integer("fields", self.fields, 2))
        return preferred, si("width", self.width, above=0) * (preferred[1] - preferred[0])
