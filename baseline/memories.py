"""Plain controls that remember: memory and computation apart, each without a reservoir."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone

from millpond.reservoir import ChannelScaler, Reservoir, checks


class LeakyBank(Reservoir):
    """Leaky integrators of each channel at several rates: h <- (1 - a) h + a u for every a.

    Linear, and a sum of what single rows do: whatever it remembers, it holds no product of two moments.

    Parameters
    ----------
    leak_rates : sequence of float
        Each in (0, 1].
    """

    def __init__(self, *, leak_rates: Sequence[float] = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02)) -> None:
        self.leak_rates = leak_rates

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        rates = [checks.number("a leak rate", a, 0, 1, above=0) for a in self.leak_rates]
        self._leaks = np.repeat(rates, self.n_features_in_)
        self.n_units_ = len(self._leaks)
        self.unit_positions_ = None

    def initial_state(self) -> np.ndarray:
        """Return the state at rest."""
        return np.zeros(self.n_units_)

    def advance(self, U: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the states of the rows U and the final state."""
        h = np.tile(U, (1, self.n_units_ // self.n_features_in_))
        for t in range(len(h)):
            h[t] = state = (1 - self._leaks) * state + self._leaks * h[t]
        return h, state

    def operations(self) -> dict[str, int]:
        """Return what one step costs."""
        return {"multiply_adds": 2 * self.n_units_, "activations": 0}


class ShiftRegister(Reservoir):
    """The latest rows of the input, `every` rows apart, the newest first; zeros before the first.

    Perfect memory of what it holds, and no computation.

    Parameters
    ----------
    n_taps, every : int
    """

    def __init__(self, *, n_taps: int = 10, every: int = 1) -> None:
        self.n_taps = n_taps
        self.every = every

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        self._span = (checks.integer("n_taps", self.n_taps, 1) - 1) * checks.integer("every", self.every, 1)
        self.n_units_ = self.n_taps * self.n_features_in_
        self.unit_positions_ = None

    def initial_state(self) -> np.ndarray:
        """Return the state at rest."""
        return np.zeros((self._span, self.n_features_in_))

    def advance(self, U: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the states of the rows U and the final state."""
        line = np.concatenate([state, U])
        taps = [line[self._span - k : len(line) - k] for k in range(0, self._span + 1, self.every)]
        return np.hstack(taps), line[len(line) - self._span :]


class Products(Reservoir):
    """Each row, and all products of two of its values."""

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        self._pairs = np.triu_indices(self.n_features_in_)
        self.n_units_ = self.n_features_in_ + len(self._pairs[0])
        self.unit_positions_ = None

    def initial_state(self) -> None:
        """Return the state at rest."""
        return None

    def advance(self, U: np.ndarray, state: None) -> tuple[np.ndarray, None]:
        """Return the states of the rows U and the final state."""
        first, second = self._pairs
        return np.hstack([U, U[:, first] * U[:, second]]), None

    def operations(self) -> dict[str, int]:
        """Return what one step costs."""
        return {"multiply_adds": len(self._pairs[0]), "activations": 0}


class InSeries(Reservoir):
    """A second reservoir driven by the states of a first, each of which is standardised on the training part.

    A register and its products are the nonlinear vector autoregression of Gauthier et al. (2021),
    doi:10.1038/s41467-021-25801-2.

    Parameters
    ----------
    first, second : Reservoir
        Not fitted; copies of them are.
    """

    def __init__(self, first: Reservoir, second: Reservoir) -> None:
        self.first = first
        self.second = second

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        self.first_ = clone(self.first).fit(signals)
        between = self.first_.transform(signals)
        self.scaler_ = ChannelScaler().fit(between)
        self.second_ = clone(self.second).fit(self.scaler_.transform(between))
        self.n_units_, self.unit_positions_ = self.second_.n_units_, None

    def learnt(self) -> dict[str, Any]:
        """Return the scaler between both reservoirs, and what these took from their signals."""
        return {"scaler": self.scaler_.learnt, "first": self.first_.learnt(), "second": self.second_.learnt()}

    def restore(self, learnt: dict[str, Any]) -> None:
        """Set the scaler to that of another fit."""
        self.first_.restore(learnt["first"])
        self.scaler_ = ChannelScaler.restored(**learnt["scaler"])
        if self.scaler_.n_features_in_ != self.second_.n_features_in_:
            raise checks.InputError("the scaler between both reservoirs has another number of channels; save it again")
        self.second_.restore(learnt["second"])

    def initial_state(self) -> Any:
        """Return the state at rest."""
        return self.first_.initial_state(), self.second_.initial_state()

    def advance(self, U: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
        """Return the states of the rows U and the final state."""
        between, first = self.first_.advance(U, state[0])
        states, second = self.second_.advance(self.scaler_.transform([between])[0], state[1])
        return states, (first, second)

    def operations(self) -> dict[str, int]:
        """Return what one step costs."""
        costs = self.first_.operations(), self.second_.operations()
        return {kind: sum(cost.get(kind, 0) for cost in costs) for kind in ("multiply_adds", "activations")}
