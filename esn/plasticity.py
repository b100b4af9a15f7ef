r"""Intrinsic plasticity: each unit adapts a gain and an offset until its output is spread as it should be.

For :math:`y = f(z),\; z = a x + b` with the net input x, a step down the gradient of the Kullback-Leibler divergence
of y from its target changes b by :math:`\Delta b` and a by :math:`\eta / a + \Delta b\, x`:

* tanh, towards a normal distribution of `mean` and `deviation` (Schrauwen et al. 2008,
  doi:10.1016/j.neucom.2007.12.020)
  :math:`\Delta b = -\eta (2 y + (y - \mu)(1 - y^2) / \sigma^2)`
* logistic, towards an exponential distribution of `mean` (Triesch 2005, doi:10.1007/11550822_11; in reservoirs Steil
  2007, doi:10.1016/j.neunet.2007.04.011)
  :math:`\Delta b = \eta (1 - 2 y - y (1 - y) / \mu)`
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import diags_array, issparse
from scipy.stats import expon, norm
from sklearn.base import clone

from millpond.esn import feedback
from millpond.esn.drive import FAST, drive
from millpond.esn.hadamard import HadamardMatrix
from millpond.esn.network import EchoStateNetwork
from millpond.esn.recurrence import add
from millpond.esn.spectrum import spectral_radius
from millpond.esn.tanh import tanh
from millpond.reservoir import Reservoir, checks
from millpond.reservoir.compiled import njit


class IntrinsicPlasticity(Reservoir):
    """An echo state network whose units `fit` adapts to the signals it is given, and fixes.

    Gains and offsets end up in the weights: what runs is the plain network `reservoir_`, with rows of W and W_in
    times the gains.

    Parameters
    ----------
    reservoir : EchoStateNetwork, optional
        With activation "tanh" or "sigmoid" (the logistic function); one with the defaults if left out.
    mean : float
        Of the target distribution: within (-1, 1) for tanh, (0, 1) for the logistic function.
    deviation : float
        Standard deviation of the normal target of tanh; the exponential one of the logistic function has none.
    learning_rate : float
        eta.
    n_epochs : int
        How often the signals are gone through, each sequence from rest.

    Attributes
    ----------
    reservoir_ : EchoStateNetwork
        Fitted, with the adapted weights.
    gain_, offset_ : ndarray (n_units,)
    spectral_radius_ : tuple of float
        Of W before and after.
    divergence_ : tuple of float
        Kullback-Leibler divergence (nats) of the outputs of all units on the signals of `fit` from the target, before
        and after.
    n_units_, n_features_in_ : int
    """

    def __init__(
        self,
        *,
        reservoir: EchoStateNetwork | None = None,
        mean: float = 0.0,
        deviation: float = 0.3,
        learning_rate: float = 1e-3,
        n_epochs: int = 10,
    ) -> None:
        self.reservoir = reservoir
        self.mean = mean
        self.deviation = deviation
        self.learning_rate = learning_rate
        self.n_epochs = n_epochs

    @property
    def state_dtype(self) -> np.dtype:
        """The dtype of inputs and states."""
        return self._template.state_dtype

    @property
    def _template(self) -> EchoStateNetwork:
        return EchoStateNetwork() if self.reservoir is None else self.reservoir

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        activation = checks.option("activation of the reservoir", self._template.activation, ("tanh", "sigmoid"))
        feedback.refuse(self._template, "a reservoir with plasticity")
        mean, low = checks.number("mean", self.mean), -1 if activation == "tanh" else 0
        if not low < mean < 1:
            raise checks.InputError(
                f"mean is {mean:g}, but the units' outputs lie between {low} and 1; give a mean between the two"
            )
        deviation = checks.number("deviation", self.deviation, above=0)
        rate = checks.number("learning_rate", self.learning_rate, above=0)
        before = clone(self._template).fit(signals)
        if isinstance(before.W_, HadamardMatrix):
            raise checks.InputError("plasticity scales rows of W; give a reservoir with another topology")
        gain, offset = np.ones(before.n_units_, self.state_dtype), np.zeros(before.n_units_, self.state_dtype)
        for _ in range(checks.integer("n_epochs", self.n_epochs)):
            for u in signals:
                self._adapt(before, u, gain, offset, activation == "tanh", mean, deviation, rate)
        if not (np.isfinite(gain) & np.isfinite(offset)).all():
            raise checks.InputError(f"the gains are not finite; lower learning_rate (it is {rate:g})")
        rows = diags_array(gain) if issparse(before.W_) else gain[:, None]
        W = rows @ before.W_ if issparse(before.W_) else rows * before.W_
        self.gain_, self.offset_ = gain, offset
        self.reservoir_ = before
        outputs = [self._outputs(signals)]
        self.reservoir_ = self._template.with_arrays(
            W=W, W_in=gain[:, None] * before.W_in_, bias=gain * before.bias_ + offset
        ).set_params(leak_rate=before.leak_rate_).fit(signals)  # fmt: skip
        outputs.append(self._outputs(signals))
        self.spectral_radius_ = spectral_radius(before.W_), spectral_radius(self.reservoir_.W_)
        target = norm(mean, deviation) if activation == "tanh" else expon(scale=mean)
        self.divergence_ = divergence(outputs[0], target), divergence(outputs[1], target)
        self.n_units_, self.unit_positions_ = before.n_units_, before.unit_positions_

    def learnt(self) -> dict[str, Any]:
        """Return gains, offsets, the weights with both, and the measures of the adaptation."""
        net = self.reservoir_
        return {
            "gain": self.gain_, "offset": self.offset_, "W": net.W, "W_in": net.W_in, "bias": net.bias,
            "spectral_radius": list(self.spectral_radius_), "divergence": list(self.divergence_),
        }  # fmt: skip

    def restore(self, learnt: dict[str, Any]) -> None:
        """Set gains and offsets to those of another fit."""
        shape, dtype = (self.n_units_,), self.state_dtype
        self.gain_, self.offset_ = (checks.matrix(name, learnt[name], shape, dtype) for name in ("gain", "offset"))
        self.reservoir_ = self._template.with_arrays(
            W=learnt["W"], W_in=learnt["W_in"], bias=learnt["bias"]
        ).set_params(leak_rate=self.reservoir_.leak_rate_).fit(np.zeros((2, self.n_features_in_)))  # fmt: skip
        self.spectral_radius_ = tuple(checks.matrix("spectral_radius", learnt["spectral_radius"], (2,)).tolist())
        self.divergence_ = tuple(checks.matrix("divergence", learnt["divergence"], (2,)).tolist())

    def _adapt(self, network: EchoStateNetwork, u: np.ndarray, *given: Any) -> None:
        W, W_in = network._weights
        states = np.empty((len(u), network.n_units_), self.state_dtype)
        drive(u, W_in, network.bias_, states)
        _adapt(W, network.leak_rate_, states, *given)

    def _outputs(self, signals: list[np.ndarray]) -> np.ndarray:
        """Return the outputs f(z) of all units and steps: the states, before the leak."""
        leak, found = self.reservoir_.leak_rate_, []
        for h in self.reservoir_.transform_batch(signals):
            h_before = np.vstack([np.zeros_like(h[:1]), h[:-1]])
            found.append((h - (1 - leak) * h_before) / leak)
        return np.concatenate(found).ravel()

    def initial_state(self) -> Any:
        """Return the state at rest."""
        return self.reservoir_.initial_state()

    def _somewhere(self, rng: np.random.Generator) -> Any:
        return self.reservoir_._somewhere(rng)

    def advance(self, U: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
        """Return the states of the rows U and the final state."""
        return self.reservoir_.advance(U, state)

    def transform_batch(self, signals: list[np.ndarray]) -> list[np.ndarray]:
        """Return the states of each checked signal."""
        return self.reservoir_.transform_batch(signals)

    def without_recurrence(self) -> IntrinsicPlasticity:
        """Return an unfitted copy of which the reservoir has no recurrence."""
        return clone(self).set_params(reservoir=self._template.without_recurrence())

    def operations(self) -> dict[str, int]:
        """Return the operations of one time step."""
        return self.reservoir_.operations()

    def cite(self) -> list[str]:
        """Return the papers this model stands on."""
        papers = [
            "Triesch (2005), ICANN, LNCS 3696:65, doi:10.1007/11550822_11",
            "Steil (2007), Neural Networks 20:353, doi:10.1016/j.neunet.2007.04.011",
            "Schrauwen et al. (2008), Neurocomputing 71:1159, doi:10.1016/j.neucom.2007.12.020",
        ]
        return [*self._template.cite(), *papers]


def divergence(outputs: np.ndarray, target: Any, n_bins: int = 100) -> float:
    """Return the Kullback-Leibler divergence (nats) of outputs from a scipy distribution, over bins of equal width."""
    counts, edges = np.histogram(outputs, n_bins)
    p, q = counts / counts.sum(), np.diff(target.cdf(edges))
    held = p > 0
    return float((p[held] * np.log(p[held] / np.maximum(q[held], 1e-300))).sum())


def adapt_plain(
    network: EchoStateNetwork, U: np.ndarray, gain: np.ndarray, offset: np.ndarray,
    normal: bool, mean: float, deviation: float, rate: float,
) -> None:  # fmt: skip
    """Change `gain` and `offset` along one sequence from rest, step by step in numpy; twin of the compiled one."""
    h = np.zeros(network.n_units_)
    for u in U:
        x = network.W_in_ @ u + network.W_ @ h + network.bias_
        z = gain * x + offset
        if normal:
            y = np.tanh(z)
            db = -rate * (2 * y + (y - mean) * (1 - y**2) / deviation**2)
        else:
            y = 0.5 + 0.5 * np.tanh(0.5 * z)
            db = rate * (1 - 2 * y - y * (1 - y) / mean)
        gain += rate / gain + db * x
        offset += db
        h = (1 - network.leak_rate_) * h + network.leak_rate_ * y


@njit(**FAST)
def _adapt(W, leak, states, gain, offset, normal, mean, deviation, rate) -> None:  # type: ignore[no-untyped-def]
    """Change `gain` and `offset` along one sequence, the input part of which `states` hold and lose."""
    n = leak.size
    h = np.zeros(n, leak.dtype)
    for t in range(len(states)):
        x = states[t]
        add(W, h, x)
        for i in range(n):
            z = gain[i] * x[i] + offset[i]
            if normal:
                y = tanh(z)
                db = -rate * (2 * y + (y - mean) * (1 - y * y) / deviation**2)
            else:
                y = 0.5 + 0.5 * tanh(0.5 * z)
                db = rate * (1 - 2 * y - y * (1 - y) / mean)
            gain[i] += rate / gain[i] + db * x[i]
            offset[i] += db
            x[i] = (1 - leak[i]) * h[i] + leak[i] * y
        h = x
