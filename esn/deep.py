"""Stacks of reservoirs: the input of each layer is the previous layer, that and the input, or only the input."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse.linalg import svds
from sklearn.base import clone

from millpond.esn import feedback, weights
from millpond.esn.network import EchoStateNetwork
from millpond.reservoir import Reservoir, checks

ARCHITECTURES = ("deep", "deep-ia", "grouped")


class DeepEchoStateNetwork(Reservoir):
    """Several echo state networks in a row, or side by side; the states are those of all layers.

    Gallicchio, Micheli and Pedrelli (2017), doi:10.1016/j.neucom.2016.12.089.

    Parameters
    ----------
    n_units : int
        Total number of units, divided as evenly as possible between layers.
    n_layers : int
    architecture : {"deep", "deep-ia", "grouped"}
        deepESN: the first layer receives the input, every other layer the previous layer. deepESN-IA: these layers also
        receive the input. groupedESN: all layers receive only the input.
    layer : EchoStateNetwork, optional
        What each layer is like; one with the defaults if left out.
    spectral_radius, leak_rate : float, list of float or None
        For all layers, or one for each, the first first; None leaves those of `layer`.
    inter_scaling : float
        Largest singular value of the weights from one layer to the next, which are drawn uniform.
    n_jobs : int
        Sequences computed side by side, on as many threads.
    random_state : int or numpy.random.Generator, optional
        The only source of chance; that of `layer` is not looked at.

    Attributes
    ----------
    layers_ : list of EchoStateNetwork
        The fitted layers; layer k has ``layers_[k].n_features_in_`` input channels.
    n_units_, n_features_in_ : int

    Examples
    --------
    >>> deep = DeepEchoStateNetwork(n_units=30, n_layers=3, leak_rate=[1.0, 0.5, 0.1], random_state=0)
    >>> states = deep.fit_transform(np.ones((8, 2)))
    >>> [s.shape for s in deep.by_layer(states)]
    [(8, 10), (8, 10), (8, 10)]
    """

    def __init__(
        self,
        *,
        n_units: int = 500,
        n_layers: int = 5,
        architecture: str = "deep",
        layer: EchoStateNetwork | None = None,
        spectral_radius: Any = None,
        leak_rate: Any = None,
        inter_scaling: float = 1.0,
        n_jobs: int = 1,
        random_state: checks.RandomState = None,
    ) -> None:
        self.n_units = n_units
        self.n_layers = n_layers
        self.architecture = architecture
        self.layer = layer
        self.spectral_radius = spectral_radius
        self.leak_rate = leak_rate
        self.inter_scaling = inter_scaling
        self.n_jobs = n_jobs
        self.random_state = random_state

    @property
    def state_dtype(self) -> np.dtype:
        """The dtype of inputs and states."""
        return self._template.state_dtype

    @property
    def _template(self) -> EchoStateNetwork:
        return EchoStateNetwork() if self.layer is None else self.layer

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        checks.option("architecture", self.architecture, ARCHITECTURES)
        feedback.refuse(self._template, "a layer of a deep network")
        if self._template.W_in is not None:
            raise checks.InputError(
                "layer has W_in, but layers have different numbers of inputs; leave it out, or set input_scaling"
            )
        scaling = checks.number("inter_scaling", self.inter_scaling, 0)
        n_layers = checks.integer("n_layers", self.n_layers, 1)
        n_units = checks.integer("n_units", self.n_units, n_layers)
        radii, leaks = self._each("spectral_radius", n_layers), self._each("leak_rate", n_layers)
        n_inputs = signals[0].shape[1]
        self.layers_: list[EchoStateNetwork] = []
        n_before = 0
        for k, (for_layer, for_links) in enumerate(
            zip(streams[0].spawn(n_layers), streams[1].spawn(n_layers), strict=True)
        ):
            size = n_units // n_layers + (k < n_units % n_layers)
            layer = clone(self._template).set_params(
                n_units=size, spectral_radius=radii[k], leak_rate=leaks[k], random_state=for_layer
            )
            n_heard = n_inputs if k == 0 or self.architecture != "deep" else 0
            layer.fit(np.zeros((1, max(n_heard, 1))))
            if n_before and self.architecture != "grouped":
                links = weights.uniform(1.0, (layer.n_units_, n_before), for_links)
                links *= scaling / _norm(links)
                W_in = np.hstack([links, layer.W_in_[:, :n_heard]])
                layer = layer.with_arrays(W=layer.W_, bias=layer.bias_, W_in=W_in)
                layer.fit(np.zeros((1, n_before + n_heard)))
            self.layers_.append(layer)
            n_before = layer.n_units_
        self.n_units_ = sum(layer.n_units_ for layer in self.layers_)
        self.unit_positions_ = None

    def _each(self, name: str, n_layers: int) -> list[Any]:
        value = getattr(self, name)
        if value is None or np.ndim(value) == 0:
            return [getattr(self._template, name) if value is None else value] * n_layers
        if len(value) != n_layers:
            raise checks.InputError(
                f"{name} has {len(value)} entries, but there are {n_layers} layers; give one number, or one per layer"
            )
        return list(value)

    def initial_state(self) -> list[Any]:
        """Return the state at rest."""
        return [layer.initial_state() for layer in self.layers_]

    def _somewhere(self, rng: np.random.Generator) -> list[Any]:
        return [layer._somewhere(rng) for layer in self.layers_]

    def advance(self, U: np.ndarray, state: list[Any]) -> tuple[np.ndarray, list[Any]]:
        """Return the states of the rows U and the final state."""
        found: list[np.ndarray] = []
        after = []
        for layer, start in zip(self.layers_, state, strict=True):
            heard = [U] if not found or self.architecture != "deep" else []
            if found and self.architecture != "grouped":
                heard.insert(0, found[-1])
            states, end = layer.advance(np.hstack(heard), start)
            found.append(states)
            after.append(end)
        return np.hstack(found), after

    def by_layer(self, states: np.ndarray) -> list[np.ndarray]:
        """Return the part of each layer of `states` (n_steps, n_units)."""
        return np.split(states, np.cumsum([layer.n_units_ for layer in self.layers_])[:-1], axis=1)

    def without_recurrence(self) -> DeepEchoStateNetwork:
        """Return an unfitted copy without recurrence within the layers."""
        return clone(self).set_params(spectral_radius=None, layer=self._template.without_recurrence())

    def control_parameters(self, n_channels: int) -> dict[str, dict[str, Any]]:
        """Return the parameters of the controls, with the leak rate if all layers share it."""
        found = super().control_parameters(n_channels)
        return found | {"squares": {"leak_rate": self.leak_rate}} if isinstance(self.leak_rate, float | int) else found

    def operations(self) -> dict[str, int]:
        """Return the operations of one time step."""
        each = [layer.operations() for layer in self.layers_]
        return {name: sum(one[name] for one in each) for name in each[0]}

    def cite(self) -> list[str]:
        """Return the papers this model stands on."""
        deep = "Gallicchio, Micheli, Pedrelli (2017), Neurocomputing 268:87, doi:10.1016/j.neucom.2016.12.089"
        return [*self._template.cite(), deep]


def average_state_entropy(states: np.ndarray, bandwidth: float = 0.3) -> float:
    r"""Return how richly the units differ from each other, averaged over the steps (nats).

    Rényi's quadratic entropy of the values :math:`x_i` of the units at one step, by Parzen windows,

    .. math:: H = -\log \frac{1}{N^2} \sum_{ij} G_{\sqrt 2 \sigma}(x_i - x_j)

    (Ozturk, Xu and Principe 2007, doi:10.1162/neco.2007.19.1.111), with :math:`\sigma` `bandwidth` times the standard
    deviation of the step. Steps at which all units agree give minus infinity.

    Parameters
    ----------
    states : ndarray (n_steps, n_units)
        Of a whole network, or of a layer of one (`DeepEchoStateNetwork.by_layer`).
    bandwidth : float
    """
    x = checks.signal(states, "states")
    width = np.sqrt(2) * checks.number("bandwidth", bandwidth, 0, above=0) * x.std(1)
    entropies = np.full(len(x), -np.inf)
    for t in np.flatnonzero(width):
        z = (x[t][:, None] - x[t]) / width[t]
        entropies[t] = np.log(np.sqrt(2 * np.pi) * width[t]) - np.log(np.exp(-(z**2) / 2).mean())
    return float(entropies.mean())


def _norm(W: np.ndarray) -> float:
    """Return the largest singular value."""
    if min(W.shape) < 300:
        return float(np.linalg.norm(W, 2))
    return float(svds(W, k=1, v0=np.ones(min(W.shape)), return_singular_vectors=False)[0])
