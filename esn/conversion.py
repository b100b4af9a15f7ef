"""To and from the weights of a node of reservoirpy (0.4), which runs the same equation."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from scipy.sparse import issparse

from millpond.esn.hadamard import HadamardMatrix
from millpond.esn.kernels import ACTIVATIONS
from millpond.esn.network import EchoStateNetwork
from millpond.reservoir import checks


def from_reservoirpy(node: Any, dtype: str = "float64") -> EchoStateNetwork:
    """Return a network, not fitted, with the weights of `node`: the states will be the same to rounding.

    Parameters
    ----------
    node : reservoirpy.nodes.Reservoir
        Run or initialised once, as its weights are drawn then.
    dtype : {"float64", "float32"}

    Raises
    ------
    InputError
        Another kind of node, one without weights, or with another activation than `EchoStateNetwork` has.
    """
    if type(node).__name__ != "Reservoir":
        raise checks.InputError(
            f"the node is a {type(node).__name__}, which has another equation; give a reservoirpy.nodes.Reservoir"
        )
    if callable(node.W) or callable(node.Win) or callable(node.bias):
        raise checks.InputError("this node has no weights yet; run it on a signal once, or call its initialize method")
    name = getattr(node.activation, "__name__", str(node.activation))
    checks.option("activation of the node", name, ACTIVATIONS)
    n_units = node.W.shape[0]
    dense = node.Win.toarray() if issparse(node.Win) else np.asarray(node.Win)
    bias = node.bias.toarray() if issparse(node.bias) else np.asarray(node.bias)
    leak = float(node.lr) if np.ndim(node.lr) == 0 else np.ravel(node.lr)
    return EchoStateNetwork(
        W=node.W, W_in=dense, bias=np.broadcast_to(np.ravel(bias), n_units).copy(), leak_rate=leak, activation=name,
        dtype=dtype,
    )  # fmt: skip


def to_reservoirpy(model: EchoStateNetwork) -> Any:
    """Return a node of reservoirpy with the weights of the fitted `model`.

    Raises
    ------
    InputError
        A model with feedback or noise, which a node has not, or no reservoirpy.
    """
    model.check_fitted()
    if model.W_fb_.size or model.noise or type(model) is not EchoStateNetwork:
        raise checks.InputError("a node cannot have feedback, noise or other equations; give a plain network")
    try:
        nodes = importlib.import_module("reservoirpy.nodes")
    except ImportError:
        raise checks.InputError("reservoirpy is not installed; pip install 'reservoirpy==0.4.2'") from None
    leak = model.leak_rate_
    W = model.W_.toarray() if isinstance(model.W_, HadamardMatrix) else model.W_
    return nodes.Reservoir(
        W=W, Win=model.W_in_, bias=model.bias_, activation=model.activation, dtype=model.state_dtype,
        lr=float(leak[0]) if (leak == leak[0]).all() else leak, input_dim=model.n_features_in_,
    )  # fmt: skip
