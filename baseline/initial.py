"""Where the weights start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from millpond.baseline.cells import CELLS
from millpond.baseline.unroll import Net


def uniform(n: int, rng: np.random.Generator, radius: float) -> np.ndarray:
    """Return uniform weights in plus or minus 1 / sqrt(n), PyTorch's custom."""
    return rng.uniform(-1, 1, (n, n)) / np.sqrt(n)


def orthogonal(n: int, rng: np.random.Generator, radius: float) -> np.ndarray:
    """Return `radius` times a random orthogonal matrix (Saxe et al. 2014, arXiv:1312.6120)."""
    Q, R = np.linalg.qr(rng.standard_normal((n, n)))
    return radius * Q * np.sign(np.diag(R))


def identity(n: int, rng: np.random.Generator, radius: float) -> np.ndarray:
    """Return `radius` times the identity: with rectified units the IRNN (Le et al. 2015, arXiv:1504.00941)."""
    return radius * np.eye(n)


def positive(n: int, rng: np.random.Generator, radius: float) -> np.ndarray:
    """Return a normalised positive definite matrix: the np-RNN (Talathi and Vartak 2015, arXiv:1511.03771).

    (A + I) / e with A = S S^T / n for standard normal S, and e the largest eigenvalue of A + I.
    """
    S = rng.standard_normal((n, n))
    A = S @ S.T / n + np.eye(n)
    return radius * A / np.linalg.eigvalsh(A)[-1]


def echo(n: int, rng: np.random.Generator, radius: float) -> np.ndarray:
    """Return normal weights whose largest absolute eigenvalue is `radius`, as in a reservoir (Jaeger 2001)."""
    A = rng.standard_normal((n, n))
    return radius * A / np.abs(np.linalg.eigvals(A)).max()


RECURRENT: dict[str, Callable[[int, np.random.Generator, float], np.ndarray]] = {
    "uniform": uniform,
    "orthogonal": orthogonal,
    "identity": identity,
    "positive": positive,
    "echo": echo,
}


def initial(net: Net, recurrent: str, radius: float, rng: np.random.Generator) -> dict[str, Any]:
    """Return float32 parameters for `net`: those of each layer and direction, and of the output.

    W is uniform in plus or minus 1 / sqrt(n_units), R by `recurrent` for each gate, biases are 0 but for that
    of the forget gate, which is 1: it keeps what it has until it learns to let go (Gers et al. 2000,
    doi:10.1162/089976600300015015; Jozefowicz et al. 2015).
    """
    n = net.n_units
    layers = [
        [_layer(net, n_inputs, recurrent, radius, rng) for _ in range(net.n_directions)] for n_inputs in net.inputs_of
    ]
    n_head = net.n_directions * n * net.n_pooled
    head = {"V": rng.uniform(-1, 1, (n_head, net.n_outputs)) / np.sqrt(n_head), "c": np.zeros(net.n_outputs)}
    return _single({"layers": layers, "head": head})


def _layer(net: Net, n_inputs: int, recurrent: str, radius: float, rng: np.random.Generator) -> dict[str, np.ndarray]:
    cell, n = CELLS[net.cell], net.n_units
    bound = 1 / np.sqrt(n)
    params = {"W": rng.uniform(-bound, bound, (n_inputs, len(cell.gates) * n))}
    for gates, name in ((cell.heard, "R"), (cell.extra.get("C", ()) and "n", "C")):
        if gates:
            params[name] = np.hstack([RECURRENT[recurrent](n, rng, radius) for _ in gates])
    if net.cell == "jordan":
        params["Y"] = rng.uniform(-1, 1, (net.n_outputs, n)) / np.sqrt(net.n_outputs)
    params["b"] = np.concatenate([np.full(n, float(gate == "f")) for gate in cell.gates])
    shapes = {"p": (3, n), "G": (3 * n, 3 * n)}
    params |= {name: rng.uniform(-bound, bound, shapes[name]) for name in cell.extra if name in shapes}
    if "q" in cell.extra:
        params["q"] = np.zeros(n)
    if net.skip:
        params["S"] = rng.uniform(-bound, bound, (n, len(cell.heard or cell.gates) * n))
    return params


def _single(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {k: _single(v) for k, v in tree.items()}
    if isinstance(tree, list):
        return [_single(v) for v in tree]
    return tree.astype(np.float32)
