"""The echo state network."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar, NamedTuple

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.base import clone

from millpond.esn import batch, feedback, kernels, topologies, weights
from millpond.esn.drive import packed
from millpond.esn.hadamard import HadamardMatrix
from millpond.esn.noise import shaking
from millpond.esn.recurrence import Dense, checked, fastest, prepared
from millpond.reservoir import Reservoir, checks, promises
from millpond.reservoir.interface import Stream, side_by_side
from millpond.reservoir.sequences import like


class State(NamedTuple):
    """State of a run: the units, and the generator of the noise if there is any."""

    h: np.ndarray
    source: Any = None


class EchoStateNetwork(Reservoir):
    r"""Leaky units with fixed random connections.

    .. math:: h_t = (1 - a)\, h_{t-1} + a\, f(W_{in} u_t + W h_{t-1} + W_{fb} y_{t-1} + b + \nu_t)

    Jaeger (2001), GMD report 148; with leak rate Jaeger et al. (2007), doi:10.1016/j.neunet.2007.04.016.

    Parameters
    ----------
    n_units : int, optional
        Number of units. The default is that of the given arrays, or 500.
    spectral_radius : float, optional
        Largest absolute eigenvalue of W; 0 switches recurrence off. Delay lines have no loop, so there it is the weight
        from one unit to the next. By default a drawn W has 0.9 and a given `W` is not scaled. A given `W` is scaled
        only if `spectral_radius` is also given.
    leak_rate : float, array (n_units,) or tuple (low, high)
        a in (0, 1]. With 1, the old state is only kept through W. The time constant in steps is
        about 1 / a. An array sets the rate of each unit. With a tuple the rates are
        log-uniform between low and high.
    input_scaling : float
        Input weights are uniform in [-input_scaling, input_scaling].
    bias_scaling : float
        Biases are uniform in [-bias_scaling, bias_scaling].
    connectivity : int or float
        Non-zeros in each row of W: an int counts them, a float is their share of `n_units`.
    topology : str
        How the units are connected: "random", "delay-line", "delay-line-feedback", "cycle", "cycle-jumps",
        "small-world", "scale-free", "spatial", "orthogonal", "permutation", "hadamard"; see `millpond.esn.topologies`.
    weight_distribution : {"normal", "uniform", "signs"}
        Distribution of the weights of a drawn W before scaling.
    activation : {"tanh", "identity", "relu", "sigmoid"}
        The function f.
    noise : float
        Standard deviation of normal noise inside f at every step and unit. It follows from the seed and the
        first row of a sequence, so that it does not depend on the batch. Sequences with equal first
        rows get equal noise. ``set_params(noise=0)`` turns off the noise of a fitted network.
    feedback_scaling : float
        If positive, the previous outputs are fed back with W_fb uniform in plus or minus this value. `fit` then needs
        the targets y for their number, and `transform` uses them for teacher forcing. `esn.ClosedLoop` runs the
        network on its own outputs.
    W : array or sparse array (n_units, n_units), optional
        Recurrent weights instead of drawn ones, scaled if `spectral_radius` is given too. `topology` is then not
        allowed; `connectivity` and `weight_distribution` concern drawn weights only.
    W_in : array (n_units, n_channels), optional
        Input weights instead of drawn ones, not scaled; `input_scaling` is then not allowed.
    bias : array (n_units,), optional
        Biases instead of drawn ones, not scaled; `bias_scaling` is then not allowed.
    W_fb : array (n_units, n_outputs), optional
        Feedback weights instead of drawn ones, not scaled; `feedback_scaling` is then not allowed.
    dtype : {"float64", "float32"}
        Precision of weights and states; float32 is 1.2 to 2 times faster.
    n_jobs : int
        Number of threads that compute sequences in parallel.
    random_state : int or numpy.random.Generator, optional
        The only source of randomness. W, W_in, bias, W_fb, leak rates and noise have separate streams, so switching
        one off does not change the others.

    Attributes
    ----------
    W_ : csr_array, ndarray or HadamardMatrix (n_units, n_units)
    W_in_ : ndarray (n_units, n_channels)
    bias_, leak_rate_ : ndarray (n_units,)
    W_fb_ : ndarray (n_units, n_outputs)
        Without columns if there is no feedback.
    n_units_ : int
    n_features_in_ : int
        Number of input channels.
    unit_positions_ : ndarray (n_units, 3) or None
        Positions (m) of the "spatial" topology.

    Raises
    ------
    InputError
        A parameter is outside its range, the shapes of given arrays disagree with each other or with `n_units`, or a
        parameter of drawn weights is combined with the array that replaces them.

    Notes
    -----
    Every sequence starts at h = 0 and y = 0. States are bit-identical for any order of the sequences, any division into
    chunks and any `n_jobs`, for sparse and for dense W.

    Examples
    --------
    >>> esn = EchoStateNetwork(n_units=50, random_state=0).fit(np.ones((10, 2)))
    >>> esn.transform(np.ones((10, 2))).shape
    (10, 50)
    """

    _batched = True  # whether `millpond.esn.batch` computes the same equation

    drawn_defaults: ClassVar[dict[str, Any]] = {"n_units": 500, "spectral_radius": 0.9}
    """What parameters that are None stand for where weights are drawn."""

    def __init__(
        self,
        *,
        n_units: int | None = None,
        spectral_radius: float | None = None,
        leak_rate: Any = 0.3,
        input_scaling: float = 1.0,
        bias_scaling: float = 0.2,
        connectivity: int | float = 10,
        topology: str = "random",
        weight_distribution: str = "normal",
        activation: str = "tanh",
        noise: float = 0.0,
        feedback_scaling: float = 0.0,
        W: Any = None,
        W_in: Any = None,
        bias: Any = None,
        W_fb: Any = None,
        dtype: str = "float64",
        n_jobs: int = 1,
        random_state: checks.RandomState = None,
    ) -> None:
        self.n_units = n_units
        self.spectral_radius = spectral_radius
        self.leak_rate = leak_rate
        self.input_scaling = input_scaling
        self.bias_scaling = bias_scaling
        self.connectivity = connectivity
        self.topology = topology
        self.weight_distribution = weight_distribution
        self.activation = activation
        self.noise = noise
        self.feedback_scaling = feedback_scaling
        self.W = W
        self.W_in = W_in
        self.bias = bias
        self.W_fb = W_fb
        self.dtype = dtype
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> EchoStateNetwork:
        """Draw the fixed weights for the channels of X, and with feedback for the columns of y.

        Parameters
        ----------
        X : ndarray (n_steps, n_channels), list of those, ndarray (n_sequences, n_steps, n_channels) or Sequences
        y : ndarray (n_steps,) or (n_steps, n_outputs), or for several sequences a list of those
            Only used with feedback, for the number of outputs.

        Raises
        ------
        InputError
            A parameter or a signal that cannot be used.
        """
        self._n_outputs = feedback.n_outputs(self, X, y)
        super().fit(X, y)
        return self

    def transform(self, X: Any, y: Any = None, out: Any = None) -> Any:
        """Return the states of each sequence, from rest, in the same container as X.

        Parameters
        ----------
        X : ndarray (n_steps, n_channels), list of those, ndarray (n_sequences, n_steps, n_channels) or Sequences
        y : as for `fit`, with a row for each of X; optional
            Targets for teacher forcing. The state of step t receives y of step t - 1.
        out : ndarray (n_steps, n_units) or list of those, optional
            Written to in place of fresh memory; C-ordered, of `dtype`.

        Returns
        -------
        states : as X, with n_units columns; `out` if given

        Raises
        ------
        InputError
            A signal that is empty, not finite or has another number of channels, named with its step; a network
            with feedback without y.
        """
        self.check_fitted()
        signals = feedback.joined(self, self.checked_signals(X), X, y)
        if out is None:
            return like(X, self._states(signals))
        states = self.transform_batch(signals, batch.buffers(out, signals, self.n_units_, self.state_dtype))
        promises.warn_if_huge(self, states, signals)
        return out

    def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> Any:
        """Return ``fit(X, y).transform(X)``; with feedback, y is the teacher in both."""
        return self.fit(X, y, **fit_params).transform(X, y if self._n_outputs else None)

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        self._activation = checks.option("activation", self.activation, kernels.ACTIVATIONS)
        checks.option("topology", self.topology, topologies.TOPOLOGIES)
        checks.option("weight_distribution", self.weight_distribution, weights.DISTRIBUTIONS)
        radius = None if self.spectral_radius is None else checks.number("spectral_radius", self.spectral_radius, 0)
        checks.number("noise", self.noise, 0)
        self._check_given()
        n = self.n_units_ = self._size()
        for_W, for_W_in, for_bias, for_W_fb, for_leak, for_noise = streams[:6]
        self.unit_positions_ = None
        if self.W is None:
            W, self.unit_positions_ = topologies.recurrent(
                self.topology,
                n,
                self.drawn_defaults["spectral_radius"] if radius is None else radius,
                self.connectivity,
                for_W,
                self.weight_distribution,
            )
        else:
            W = checked(self.W, n)
            W = W if radius is None else topologies.scaled(W, radius)

        def drawn_unless(given: str, shape: tuple[int, ...], stream: np.random.Generator) -> np.ndarray:
            scale, array = _SCALE[given], getattr(self, given)
            scaling = checks.number(scale, getattr(self, scale), 0)
            values = weights.uniform(scaling, shape, stream) if array is None else checks.matrix(given, array, shape)
            return values.astype(self.state_dtype)

        self.W_ = fastest(W, self.state_dtype)
        self.W_in_ = drawn_unless("W_in", (n, signals[0].shape[1]), for_W_in)
        self.bias_ = drawn_unless("bias", (n,), for_bias)
        self.W_fb_ = drawn_unless("W_fb", (n, self._n_outputs), for_W_fb)
        self.leak_rate_ = weights.leak_rates(self.leak_rate, n, for_leak).astype(self.state_dtype)
        self._noise_key = int(for_noise.integers(2**63))
        self._weights = prepared(self.W_), packed(np.hstack([self.W_in_, self.W_fb_]))

    def _check_given(self) -> None:
        """Raise InputError if an array is combined with a parameter that only applies to a drawn one."""
        for name in ("W", *_SCALE):
            given = getattr(self, name)
            if isinstance(given, np.ma.MaskedArray) or getattr(getattr(given, "dtype", None), "kind", "f") == "c":
                raise checks.InputError(
                    f"{name} is a {'masked' if isinstance(given, np.ma.MaskedArray) else 'complex'} array, but real "
                    "numbers without a mask are needed; convert it"
                )
        usual = inspect.signature(EchoStateNetwork).parameters
        if self.W is not None and self.connectivity != usual["connectivity"].default:
            raise checks.InputError(
                f"W is given, so connectivity ({self.connectivity!r}) would have no effect; leave one of them out"
            )
        for name, parameter in {"W": "topology", **_SCALE}.items():
            value = getattr(self, parameter)
            if getattr(self, name) is not None and value != usual[parameter].default:
                raise checks.InputError(
                    f"{name} is given, so {parameter} ({value!r}) would have no effect; leave one of them out"
                )

    def with_arrays(self, **arrays: Any) -> EchoStateNetwork:
        """Return an unfitted copy with these arrays (`W`, `W_in`, `bias`, `W_fb`) in place of drawn weights."""
        usual = inspect.signature(EchoStateNetwork).parameters
        drawn: dict[str, tuple[str, ...]] = {name: (scale,) for name, scale in _SCALE.items()}
        drawn["W"] = ("topology", "spectral_radius", "connectivity")
        defaults = {p: usual[p].default for name in arrays for p in drawn[name]}
        return clone(self).set_params(**defaults, **arrays)

    def _size(self) -> int:
        """Return the number of units: `n_units`, else that of the given arrays."""
        if self.n_units is not None:
            n = checks.integer("n_units", self.n_units, 1)
        for name in ("W", *_SCALE):
            array = getattr(self, name)
            if array is not None:
                shape = array.shape if hasattr(array, "shape") else np.shape(np.asarray(array, object))
                if not shape:
                    raise checks.InputError(f"{name} is {array!r}, but an array with a row for each unit is needed")
                if self.n_units is not None and shape[0] != n:
                    raise checks.InputError(
                        f"n_units is {n}, but {name} has shape {tuple(shape)}, a row for each unit; leave n_units out"
                    )
                return int(shape[0])
        return int(self.drawn_defaults["n_units"]) if self.n_units is None else n

    def initial_state(self) -> State:
        """Return the state at rest."""
        return State(np.zeros(self.n_units_, self.state_dtype))

    def _somewhere(self, rng: np.random.Generator) -> State:
        """Return a state to start from that no input has led to, uniform in plus or minus 1."""
        return State(rng.uniform(-1, 1, self.n_units_).astype(self.state_dtype))

    def advance(self, U: np.ndarray, state: State, out: np.ndarray | None = None) -> tuple[np.ndarray, State]:
        """Return the states of the rows U and the final state."""
        feedback.check_heard(self, U)  # the kernels read as many columns as there are, and look no further
        states = np.empty((len(U), self.n_units_), self.state_dtype) if out is None else out
        noise, source = shaking(self.noise, self._noise_key, U, self.n_units_, state.source)
        kernels.run(*self._weights, self.bias_, self.leak_rate_, self._activation, U, state.h, states, noise)
        return states, State(states[-1].copy(), source)

    def transform_batch(self, signals: list[np.ndarray], out: list[np.ndarray] | None = None) -> list[np.ndarray]:
        """Return the states of each checked signal."""
        if self._batched and isinstance(self._weights[0], Dense) and len(signals) > 1 and not self.noise:
            feedback.check_heard(self, signals[0])
            return batch.states_of(self, signals, out)

        def one(i: int) -> np.ndarray:
            states, _ = self.advance(signals[i], self.initial_state(), None if out is None else out[i])
            self.check_finite(states, f"the run of sequence {i} diverged: its state")
            return states

        return side_by_side(one, len(signals), self.n_jobs)

    def check_finite(self, states: np.ndarray, where: str) -> None:
        """Raise InputError if the run diverged."""
        # h <- (1 - a) h + ...: a unit that is not finite stays so, so checking the last row is sufficient
        if not np.isfinite(states[-1]).all():
            super().check_finite(states, where)

    def stream(self) -> Stream:
        """Return a run that starts at rest and processes a signal in chunks."""
        if getattr(self, "_n_outputs", 0):
            raise checks.InputError(
                "a network with feedback needs outputs as well as inputs; run it with "
                "millpond.esn.ClosedLoop(model, readout)"
            )
        return super().stream()

    def without_recurrence(self) -> EchoStateNetwork:
        """Return an unfitted copy with the same input weights, bias and leak, and W = 0."""
        if self.W is None:
            return clone(self).set_params(spectral_radius=0.0)
        return self.with_arrays(W=csr_array(np.shape(self.W)))

    def control_parameters(self, n_channels: int) -> dict[str, dict[str, Any]]:
        """Return the parameters of the controls: the leak rate, if it is one number, and both scalings."""
        found = super().control_parameters(n_channels)
        if isinstance(self.leak_rate, float | int):
            found["squares"] = {"leak_rate": self.leak_rate}
        return found | {"static": {"input_scaling": self.input_scaling, "bias_scaling": self.bias_scaling}}

    def operations(self) -> dict[str, int]:
        """Return the multiply-adds and activations of one time step."""
        n = self.n_units_
        if isinstance(self.W_, HadamardMatrix):
            connections = 3 * n * (n.bit_length() - 1)
        else:
            connections = self.W_.nnz if issparse(self.W_) else self.W_.size
        return {"multiply_adds": int(connections + self.W_in_.size + self.W_fb_.size + 2 * n), "activations": n}

    def cite(self) -> list[str]:
        """Return the papers this model is based on."""
        papers = ["Jaeger (2001), The 'echo state' approach, GMD report 148"]
        if np.ndim(self.leak_rate) or self.leak_rate < 1:
            papers.append("Jaeger et al. (2007), Neural Networks 20:335, doi:10.1016/j.neunet.2007.04.016")
        if self.W is None and self.topology in topologies.SOURCES:
            papers.append(topologies.SOURCES[self.topology])
        return papers


_SCALE = {"W_in": "input_scaling", "bias": "bias_scaling", "W_fb": "feedback_scaling"}
