"""Drawing what stays fixed: recurrent, input and bias weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_array

from esn.spectrum import spectral_radius
from reservoir import checks

TOPOLOGIES = ("random", "cycle")


def in_degree(connectivity: Any, n_units: int) -> int:
    """Return how many non-zeros a row has: an int is taken as that, a float as a fraction of `n_units`."""
    if isinstance(connectivity, int | np.integer) and not isinstance(connectivity, bool):
        return min(checks.integer("connectivity", connectivity, 1), n_units)
    return max(1, round(checks.number("connectivity", connectivity, 0, 1, above=0) * n_units))


def recurrent(topology: str, n_units: int, radius: float, connectivity: Any, rng: np.random.Generator) -> csr_array:
    """Return W (n_units, n_units) with the given spectral radius.

    ``random``: each row has `in_degree` standard normal weights in places drawn without replacement.
    ``cycle``: unit i hears unit i - 1 alone, all with weight `radius` (the simple cycle reservoir of
    Rodan and Tino 2011, doi:10.1109/TNN.2010.2089641); its eigenvalues lie on the circle of that radius.
    """
    if radius == 0:
        return csr_array((n_units, n_units))
    if topology == "cycle":
        rows = np.arange(n_units)
        return csr_array((np.full(n_units, radius), (rows, np.roll(rows, 1))), shape=(n_units, n_units))
    k = in_degree(connectivity, n_units)
    columns = _distinct(n_units, k, rng)
    W = csr_array(
        (rng.standard_normal(n_units * k), columns.ravel(), np.arange(0, n_units * k + 1, k)),
        shape=(n_units, n_units),
    )
    drawn = spectral_radius(W)
    if drawn < 1e-9:
        raise checks.InputError(
            f"the {n_units} drawn units with {k} connection(s) each form no loop, so W cannot have "
            f"spectral_radius {radius:g}; raise connectivity or n_units"
        )
    W.data *= radius / drawn
    return W


def _distinct(n: int, k: int, rng: np.random.Generator) -> np.ndarray:
    """Return n rows of k different numbers below n, ascending."""
    if 4 * k > n:  # a redraw would hardly ever be free of repeats: rank random numbers, a block at a time
        block = max(1, 2**22 // n)
        parts = [
            rng.random((min(block, n - first), n)).argpartition(k - 1, axis=1)[:, :k] for first in range(0, n, block)
        ]
        return np.sort(np.concatenate(parts), axis=1)
    columns = np.sort(rng.integers(0, n, (n, k)), axis=1)
    while len(again := np.flatnonzero((np.diff(columns, axis=1) == 0).any(axis=1))):
        columns[again] = np.sort(rng.integers(0, n, (len(again), k)), axis=1)
    return columns


def uniform(scale: float, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return weights drawn uniformly from [-scale, scale]."""
    return rng.uniform(-1, 1, shape) * scale
