"""The edge-of-stability network: a leaky unit's memory of itself becomes a rotation of them all."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.esn import feedback, kernels, topologies
from millpond.esn.drive import FAST, drive
from millpond.esn.network import EchoStateNetwork, State
from millpond.esn.noise import shaking
from millpond.esn.recurrence import add, fastest, prepared
from millpond.reservoir.compiled import njit


class ES2N(EchoStateNetwork):
    r"""Units that forget along an orthogonal map.

    .. math:: h_t = (1 - a)\, O\, h_{t-1} + a\, f(W_{in} u_t + W h_{t-1} + W_{fb} y_{t-1} + b)

    O is a random rotation (or reflection), so what is not taken in keeps its length: for small a the network sits at
    the edge of stability, with a memory close to the number of units. Ceni and Gallicchio
    (2023), arXiv:2308.02902, who call a (here `leak_rate`) the proximity. All parameters are those of
    `EchoStateNetwork`.

    Attributes
    ----------
    O_ : ndarray (n_units, n_units)
        And all of `EchoStateNetwork`.
    """

    _batched = False

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        super().build(signals, streams)
        O = topologies.orthogonal(self.n_units_, 0, "", streams[6])  # noqa: E741
        self.O_ = fastest(O, self.state_dtype)
        self._turn = prepared(self.O_)

    def advance(self, U: np.ndarray, state: State, out: np.ndarray | None = None) -> tuple[np.ndarray, State]:
        """Return the states of the rows U and the final state."""
        feedback.check_heard(self, U)
        states = np.empty((len(U), self.n_units_), self.state_dtype) if out is None else out
        noise, source = shaking(self.noise, self._noise_key, U, self.n_units_, state.source)
        kind = kernels.ACTIVATIONS.index(self._activation)
        W, W_in = self._weights
        drive(U, W_in, self.bias_, states)
        if noise is not None:
            states += noise
        _turn_and_add(self._turn, W, self.leak_rate_, kind, state.h, states)
        return states, State(states[-1].copy(), source)

    def without_recurrence(self) -> EchoStateNetwork:
        """Return an unfitted leaky network with the same input weights, bias and leak, W = 0 and no rotation."""
        return EchoStateNetwork(**super().without_recurrence().get_params(deep=False))

    def operations(self) -> dict[str, int]:
        """Return the operations of one time step."""
        found = super().operations()
        return found | {"multiply_adds": found["multiply_adds"] + self.n_units_**2}

    def cite(self) -> list[str]:
        """Return the papers this model stands on."""
        paper = "Ceni, Gallicchio (2023), Edge of stability echo state networks, arXiv:2308.02902"
        return [*super().cite(), paper]


def run_plain(
    O: Any, W: Any, W_in: np.ndarray, bias: np.ndarray, leak: Any, activation: str, U: np.ndarray, h: np.ndarray,  # noqa: E741
) -> np.ndarray:  # fmt: skip
    """Return the states (n_steps, n_units) of input `U` from state `h`, step by step in numpy."""
    states = np.empty((len(U), len(h)), h.dtype)
    for t, u in enumerate(U):
        states[t] = h = (1 - leak) * (O @ h) + leak * kernels.FUNCTIONS[activation](W_in @ u + W @ h + bias)
    return states


@njit(**FAST)
def _turn_and_add(turn, W, leak, kind, h, out) -> None:  # type: ignore[no-untyped-def]
    turned = np.empty(h.size, out.dtype)
    for t in range(len(out)):
        o = out[t]
        turned[:] = 0
        add(turn, h, turned)
        add(W, h, o)
        kernels.step(o, turned, leak, kind)
        h = o
