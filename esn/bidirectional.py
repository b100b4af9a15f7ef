"""A reservoir that also reads from the end."""

from __future__ import annotations

import numpy as np
from sklearn.base import clone

from millpond.esn import feedback
from millpond.esn.network import EchoStateNetwork
from millpond.reservoir import Reservoir, Stream, checks


class Bidirectional(Reservoir):
    """Each sequence forwards and backwards through the same reservoir: states are the two side by side.

    The state of a step has heard what came before it (first half of the units) and what comes after it (second
    half), both from rest at their end of the sequence. There is no stream: the end has to be known. For bidirectional
    training see Schuster and Paliwal (1997), doi:10.1109/78.650093.

    Parameters
    ----------
    reservoir : Reservoir, optional
        An EchoStateNetwork with the defaults if left out.

    Attributes
    ----------
    reservoir_ : Reservoir
        Fitted.
    n_units_, n_features_in_ : int
        Units are twice those of the reservoir.
    """

    def __init__(self, *, reservoir: Reservoir | None = None) -> None:
        self.reservoir = reservoir

    @property
    def state_dtype(self) -> np.dtype:
        """The dtype of inputs and states."""
        return self._template.state_dtype

    @property
    def _template(self) -> Reservoir:
        return EchoStateNetwork() if self.reservoir is None else self.reservoir

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        feedback.refuse(self._template, "a bidirectional reservoir")
        self.reservoir_ = clone(self._template).fit(signals)
        self.n_units_ = 2 * self.reservoir_.n_units_
        self.unit_positions_ = None

    def initial_state(self) -> None:
        """Return the state at rest."""
        return None

    def advance(self, U: np.ndarray, state: None) -> tuple[np.ndarray, None]:
        """Return the states of the rows U and the final state."""
        return self.transform_batch([U])[0], None

    def transform_batch(self, signals: list[np.ndarray]) -> list[np.ndarray]:
        """Return the states of each checked signal."""
        ahead = self.reservoir_.transform_batch(signals)
        back = self.reservoir_.transform_batch([np.ascontiguousarray(x[::-1]) for x in signals])
        return [np.hstack([a, b[::-1]]) for a, b in zip(ahead, back, strict=True)]

    def stream(self) -> Stream:
        """Raise InputError, because states depend on the whole sequence."""
        raise checks.InputError("a bidirectional reservoir needs whole sequences, not a stream; use transform")

    def without_recurrence(self) -> Bidirectional:
        """Return an unfitted copy of which the reservoir has no recurrence."""
        return Bidirectional(reservoir=self._template.without_recurrence())

    def operations(self) -> dict[str, int]:
        """Return the operations of one time step: twice those of the reservoir."""
        return {name: 2 * count for name, count in self.reservoir_.operations().items()}

    def cite(self) -> list[str]:
        """Return the papers this model stands on."""
        paper = "Schuster, Paliwal (1997), IEEE Trans. Signal Processing 45:2673, doi:10.1109/78.650093"
        return [*self._template.cite(), paper]
