"""The echo state network."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.base import clone

from esn import kernels, weights
from esn.drive import packed
from reservoir import Reservoir, checks

_DENSE_ABOVE = 0.25  # share of non-zeros from which rows of a dense matrix run faster than lists of indices


class EchoStateNetwork(Reservoir):
    r"""Leaky units with fixed random connections.

    .. math:: h_t = (1 - a)\, h_{t-1} + a\, f(W_{in} u_t + W h_{t-1} + b)

    Jaeger (2001), GMD report 148; with leak rate Jaeger et al. (2007), doi:10.1016/j.neunet.2007.04.016.

    Parameters
    ----------
    n_units : int
        Number of units; taken from the arrays where `W`, `W_in` or `bias` is given.
    spectral_radius : float
        Largest absolute eigenvalue of the drawn W; 0 switches recurrence off.
    leak_rate : float
        a in (0, 1]; 1 forgets the old state but for what W brings back. The time constant in steps is
        about 1 / a.
    input_scaling : float
        Input weights are uniform in [-input_scaling, input_scaling].
    bias_scaling : float
        Biases are uniform in [-bias_scaling, bias_scaling].
    connectivity : int or float
        Non-zeros in each row of W: an int counts them, a float is their share of `n_units`.
    topology : {"random", "cycle"}
        How the units are connected; see `esn.weights.recurrent`.
    activation : {"tanh", "identity", "relu", "sigmoid"}
        The function f.
    W : array or sparse array (n_units, n_units), optional
        Recurrent weights, taken as they are in place of drawn ones.
    W_in : array (n_units, n_channels), optional
        Input weights, taken as they are.
    bias : array (n_units,), optional
        Biases, taken as they are.
    dtype : {"float64", "float32"}
        Precision of weights and states; float32 is 1.2 to 2 times faster.
    n_jobs : int
        Sequences computed side by side, on as many threads.
    random_state : int or numpy.random.Generator, optional
        The only source of chance. W, W_in and bias have a stream each, so switching one off leaves the
        others as they were.

    Attributes
    ----------
    W_ : csr_array or ndarray (n_units, n_units)
    W_in_ : ndarray (n_units, n_channels)
    bias_ : ndarray (n_units,)
    n_units_ : int
    n_features_in_ : int
        Number of input channels.

    Raises
    ------
    InputError
        A parameter outside its range, or explicit arrays whose shapes disagree.

    Notes
    -----
    Every sequence starts at h = 0. States are the same bits whatever the order of the sequences, the
    cut into chunks and `n_jobs`, for sparse and for dense W.

    Examples
    --------
    >>> esn = EchoStateNetwork(n_units=50, random_state=0).fit(np.ones((10, 2)))
    >>> esn.transform(np.ones((10, 2))).shape
    (10, 50)
    """

    def __init__(
        self,
        *,
        n_units: int = 500,
        spectral_radius: float = 0.9,
        leak_rate: float = 0.3,
        input_scaling: float = 1.0,
        bias_scaling: float = 0.2,
        connectivity: int | float = 10,
        topology: str = "random",
        activation: str = "tanh",
        W: Any = None,
        W_in: Any = None,
        bias: Any = None,
        dtype: str = "float64",
        n_jobs: int = 1,
        random_state: Any = None,
    ) -> None:
        self.n_units = n_units
        self.spectral_radius = spectral_radius
        self.leak_rate = leak_rate
        self.input_scaling = input_scaling
        self.bias_scaling = bias_scaling
        self.connectivity = connectivity
        self.topology = topology
        self.activation = activation
        self.W = W
        self.W_in = W_in
        self.bias = bias
        self.dtype = dtype
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        self._leak = checks.number("leak_rate", self.leak_rate, 0, 1, above=0)
        self._activation = checks.option("activation", self.activation, kernels.ACTIVATIONS)
        checks.option("topology", self.topology, weights.TOPOLOGIES)
        radius = checks.number("spectral_radius", self.spectral_radius, 0)
        input_scaling = checks.number("input_scaling", self.input_scaling, 0)
        bias_scaling = checks.number("bias_scaling", self.bias_scaling, 0)
        n = self._size()
        n_channels = signals[0].shape[1]
        for_W, for_W_in, for_bias = streams[:3]
        if self.W is None:
            W = weights.recurrent(self.topology, n, radius, self.connectivity, for_W)
        else:
            W = _checked(self.W, n)
        if self.W_in is None:
            W_in = weights.uniform(input_scaling, (n, n_channels), for_W_in)
        else:
            W_in = checks.matrix("W_in", self.W_in, (n, n_channels))
        if self.bias is None:
            bias = weights.uniform(bias_scaling, (n,), for_bias)
        else:
            bias = checks.matrix("bias", self.bias, (n,))
        self.n_units_ = n
        self.unit_positions_ = None
        self.W_ = _fastest(W, self._dtype)
        self.W_in_ = W_in.astype(self._dtype)
        self.bias_ = bias.astype(self._dtype)
        self._weights = kernels.prepared(self.W_), packed(self.W_in_)

    def _size(self) -> int:
        """Return the number of units: of the arrays, where one is given."""
        for array in (self.W, self.W_in, self.bias):
            if array is not None:
                return array.shape[0] if hasattr(array, "shape") else len(array)
        return checks.integer("n_units", self.n_units, 1)

    def _rest(self) -> np.ndarray:
        return np.zeros(self.n_units_, self._dtype)

    def _run(self, U: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        states = np.empty((len(U), self.n_units_), self._dtype)
        kernels.run(*self._weights, self.bias_, self._leak, self._activation, U, state, states)
        return states, states[-1].copy()

    def _check_run(self, states: np.ndarray, where: str) -> None:
        # h <- (1 - a) h + ...: a unit that is not finite stays so, and the last row tells for all
        if not np.isfinite(states[-1]).all():
            super()._check_run(states, where)

    def without_recurrence(self) -> EchoStateNetwork:
        """Return an unfitted copy with the same input weights, bias and leak, and W = 0."""
        other = clone(self).set_params(spectral_radius=0.0)
        return other if self.W is None else other.set_params(W=csr_array(np.shape(self.W)))

    def operations(self) -> dict[str, int]:
        """Return what one step costs: multiplications with additions, and activations."""
        connections = self.W_.nnz if issparse(self.W_) else self.W_.size
        return {"multiply_adds": int(connections + self.W_in_.size + 2 * self.n_units_), "activations": self.n_units_}

    def cite(self) -> list[str]:
        """Return the papers this model stands on."""
        papers = ["Jaeger (2001), The 'echo state' approach, GMD report 148"]
        if self.leak_rate < 1:
            papers.append("Jaeger et al. (2007), Neural Networks 20:335, doi:10.1016/j.neunet.2007.04.016")
        if self.topology == "cycle":
            papers.append("Rodan, Tino (2011), IEEE Trans. Neural Networks 22:131, doi:10.1109/TNN.2010.2089641")
        return papers


def _checked(W: Any, n: int) -> Any:
    if not issparse(W):
        return checks.matrix("W", W, (n, n))
    checks.matrix("W", W.tocsr().data, (None,))
    if W.shape != (n, n):
        raise checks.InputError(f"W has shape {W.shape}, but ({n}, {n}) is needed; give a square matrix")
    return csr_array(W)


def _fastest(W: Any, dtype: np.dtype) -> Any:
    """Return W as CSR with 32-bit indices or as a dense array, whichever runs faster."""
    n_stored = W.nnz if issparse(W) else np.count_nonzero(W)
    if n_stored > _DENSE_ABOVE * W.shape[0] ** 2:
        return np.array(W.toarray() if issparse(W) else W, dtype=dtype, order="C")
    W = csr_array(W, dtype=dtype, copy=True)
    W.sort_indices()
    W.indices, W.indptr = W.indices.astype(np.int32), W.indptr.astype(np.int32)
    return W
