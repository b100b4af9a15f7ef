"""The plain controls: what a readout reaches without a reservoir.

They keep the reservoir's contract, so that every comparison runs them through the same lines.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.reservoir import Reservoir, checks


class RawInput(Reservoir):
    """The input itself: states = input. A readout on it is what the front end alone is worth."""

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        self.n_units_ = self.n_features_in_
        self.unit_positions_ = None

    def initial_state(self) -> None:
        """Return the state at rest."""
        return None

    def advance(self, U: np.ndarray, state: None) -> tuple[np.ndarray, None]:
        """Return the states of the rows U and the final state."""
        return U.copy(), None


class SquaredIntegrators(Reservoir):
    """Leaky integrators of each channel, and their squares.

    h <- (1 - a) h + a u for each channel; states are (h, h^2). Memory and a nonlinearity with neither
    connections nor chance.

    Parameters
    ----------
    leak_rate : float
        a in (0, 1].
    """

    def __init__(self, *, leak_rate: float = 0.1) -> None:
        self.leak_rate = leak_rate

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        self._leak = checks.number("leak_rate", self.leak_rate, 0, 1, above=0)
        self.n_units_ = 2 * self.n_features_in_
        self.unit_positions_ = None

    def initial_state(self) -> np.ndarray:
        """Return the state at rest."""
        return np.zeros(self.n_features_in_)

    def advance(self, U: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the states of the rows U and the final state."""
        h = np.empty_like(U)
        for t, u in enumerate(U):
            h[t] = state = (1 - self._leak) * state + self._leak * u
        return np.hstack([h, h * h]), state

    def control_parameters(self, n_channels: int) -> dict[str, dict[str, Any]]:
        """Return the parameters of the plain controls, with this leak rate."""
        return super().control_parameters(n_channels) | {"squares": {"leak_rate": self.leak_rate}}

    def operations(self) -> dict[str, int]:
        """Return what one step costs."""
        return {"multiply_adds": 3 * self.n_features_in_, "activations": 0}


class StaticExpansion(Reservoir):
    """Random nonlinear features of each row by itself: tanh(W_in u + b), no memory at all.

    A reservoir of the same size, input weights and bias without its dynamics (an extreme learning machine,
    Huang, Zhu and Siew 2006, doi:10.1016/j.neucom.2005.12.126).

    Parameters
    ----------
    n_units : int
    input_scaling, bias_scaling : float
        Weights and biases are uniform in plus or minus these.
    random_state : int or numpy.random.Generator, optional

    Notes
    -----
    The matrix product may round differently for chunks of another length: equal to 1e-12, not to the bit.
    """

    def __init__(
        self,
        *,
        n_units: int = 500,
        input_scaling: float = 1.0,
        bias_scaling: float = 0.2,
        random_state: checks.RandomState = None,
    ) -> None:
        self.n_units = n_units
        self.input_scaling = input_scaling
        self.bias_scaling = bias_scaling
        self.random_state = random_state

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        self.n_units_ = checks.integer("n_units", self.n_units, 1)
        self.unit_positions_ = None
        input_scaling = checks.number("input_scaling", self.input_scaling, 0)
        bias_scaling = checks.number("bias_scaling", self.bias_scaling, 0)
        self.W_in_ = streams[1].uniform(-1, 1, (self.n_units_, self.n_features_in_)) * input_scaling
        self.bias_ = streams[2].uniform(-1, 1, self.n_units_) * bias_scaling

    def initial_state(self) -> None:
        """Return the state at rest."""
        return None

    def advance(self, U: np.ndarray, state: None) -> tuple[np.ndarray, None]:
        """Return the states of the rows U and the final state."""
        drive = U @ self.W_in_.T
        drive += self.bias_
        return np.tanh(drive, out=drive), None

    def control_parameters(self, n_channels: int) -> dict[str, dict[str, Any]]:
        """Return the parameters of the plain controls, with these scalings."""
        own = {"input_scaling": self.input_scaling, "bias_scaling": self.bias_scaling}
        return super().control_parameters(n_channels) | {"static": own}

    def operations(self) -> dict[str, int]:
        """Return what one step costs."""
        return {"multiply_adds": self.W_in_.size, "activations": self.n_units_}
