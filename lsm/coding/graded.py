"""No spikes at all: rates as they are, as a current."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from millpond.lsm.coding.population import Population
from millpond.lsm.coding.volley import Volley
from millpond.reservoir import checks


@dataclass(frozen=True)
class Graded:
    """The rates of another coder's lines as a current: what infinitely many, infinitely weak spikes would do.

    The input current g of a neuron follows dg/dt = -g / tau + sum of W r, with the rates r (Hz) of the row and the W
    that a spike would add. It shows what a liquid does without the noise that spikes bring in.

    Parameters
    ----------
    coder : Population, IntegrateFire
        One with ``rates``.
    """

    coder: Any = field(default_factory=Population)

    graded = True

    def lines(self, n_channels: int) -> int:
        """Return the number of input lines."""
        if not hasattr(self.coder, "rates"):
            raise checks.InputError(
                f"{type(self.coder).__name__} has no rates that can be graded; use Population or IntegrateFire"
            )
        return int(self.coder.lines(n_channels))

    def rest(self, n_channels: int) -> None:
        """Return nothing: rates need no memory."""

    def encode(self, U: np.ndarray, state: None, n_sub: int, dt: float) -> tuple[Volley, None]:
        """Return the rates of rows U."""
        starts, levels = np.zeros(len(U) * n_sub + 1, np.int64), np.ascontiguousarray(self.coder.rates(U))
        asked = self.coder.asked(U) if hasattr(self.coder, "asked") else levels
        dropped = n_sub * dt * float((asked - levels).sum())
        return Volley(starts, np.empty(0, np.int32), dropped, levels), None
