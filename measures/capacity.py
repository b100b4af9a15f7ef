r"""Capacity: how well a linear readout of the states reconstructs a function of the input.

The capacity of states X (n rows) for a target z is the share of its variance that least squares explains,

.. math:: C[X, z] = 1 - \min_w \langle (z - X w)^2 \rangle / \langle z^2 \rangle

Dambre et al. (2012), doi:10.1038/srep00514, equation 4. Fitted and evaluated on the same rows, r independent columns
explain about r / (n - 1) of an unrelated target. This share is subtracted (the adjusted R^2 of
Wherry 1931, doi:10.1214/aoms/1177732951), and values that can occur by chance count as 0. For a target that is
white and independent of the states, C follows a Beta distribution of parameters r/2 and (n - 1 - r)/2. Targets made
of the same inputs as the states are uncorrelated with them and not independent, which widens the distribution; the cut
is therefore twice as far from the mean as the quantile is.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cholesky, eigh, solve_triangular
from scipy.stats import beta

from millpond.reservoir import checks

CHANCE = 1e-2
"""Probability that any unrelated target of one call exceeds the threshold."""

RESOLUTION = 1e-6
"""Directions of the states weaker than this share of the strongest are ignored, because noise-free simulations contain
information in the last digits that no experiment could measure."""


def span(states: np.ndarray, resolution: float = RESOLUTION) -> np.ndarray:
    """Return an orthonormal basis (n_rows, rank) of the centred columns of `states`, without its weakest directions.

    From the Gram matrix, and orthonormalised once more, as the first pass leaves weak directions askew.
    """
    centred = states - states.mean(0)
    values, vectors = eigh(centred.T @ centred)
    kept = values > max(values[-1], 0.0) * max(resolution**2, len(values) * np.finfo(float).eps)
    if not kept.any():
        return np.empty((len(states), 0))
    rough = centred @ (vectors[:, kept] / np.sqrt(values[kept]))
    return np.asarray(solve_triangular(cholesky(rough.T @ rough), rough.T, trans="T").T)


def explained(basis: np.ndarray, targets: np.ndarray, n_targets: int | None = None) -> np.ndarray:
    """Return the capacity of each target, adjusted for chance and 0 below the threshold.

    Parameters
    ----------
    basis : ndarray (n_rows, rank)
        From `span`.
    targets : ndarray (n_rows, n)
        White in time, as functions of independent inputs are.
    n_targets : int, optional
        Size of the family the cut is made for; n if left out.

    Returns
    -------
    ndarray (n,)
    """
    n_rows, rank = basis.shape
    if n_rows <= rank + 1:
        raise checks.InputError(
            f"there are {n_rows} time steps for {rank} independent columns of states; give more time steps than columns"
        )
    centred = targets - targets.mean(0)
    share = ((basis.T @ centred) ** 2).sum(0) / np.maximum((centred**2).sum(0), np.finfo(float).tiny)
    if not rank:
        return np.zeros(len(share))
    adjusted = 1 - (1 - np.minimum(share, 1)) * (n_rows - 1) / (n_rows - 1 - rank)
    return np.where(share > _least_share(n_rows, rank, n_targets or len(share)), np.maximum(adjusted, 0), 0.0)


def threshold(basis: np.ndarray, n_targets: int) -> float:
    """Return the threshold below which a capacity counts as 0; 1 if no target can exceed it."""
    n_rows, rank = basis.shape
    share = _least_share(n_rows, rank, n_targets) if rank else 0.0
    return float(min(1.0, max(0.0, 1 - (1 - share) * (n_rows - 1) / (n_rows - 1 - rank))))


def _least_share(n_rows: int, rank: int, n_targets: int) -> float:
    chance = rank / (n_rows - 1)
    return float(2 * beta.isf(CHANCE / n_targets, rank / 2, (n_rows - 1 - rank) / 2) - chance)


def later(basis: np.ndarray, targets: np.ndarray, lengths: list[int]) -> np.ndarray:
    """Return the capacity of each target for weights fitted on the first half of each stream, on the second half.

    No row is both fitted and tested, and none is tested before one that is fitted: states that drift lose capacity
    here, where `explained` fits both ends together. Negative values count as 0.

    Parameters
    ----------
    basis, targets : as for `explained`
    lengths : list of int
        Rows of each stream.
    """
    early = np.concatenate([np.arange(n) < n // 2 for n in lengths])
    X, center = np.column_stack([basis, np.ones(len(basis))]), targets[early].mean(0)
    W = np.linalg.lstsq(X[early].T @ X[early], X[early].T @ (targets[early] - center), rcond=None)[0]
    error = targets[~early] - center - X[~early] @ W
    spread = ((targets[~early] - targets[~early].mean(0)) ** 2).sum(0)
    return np.maximum(1 - (error**2).sum(0) / np.maximum(spread, np.finfo(float).tiny), 0.0)


def check_input(signals: list[np.ndarray], even: bool = True) -> None:
    """Raise InputError unless the input has one channel, is independent in time and (`even`) uniform on [-1, 1].

    If it need not be uniform, its mean must still be 0.
    """
    if signals[0].shape[1] != 1:
        raise checks.InputError(
            f"the input has {signals[0].shape[1]} channels, but capacities are defined for one; drive it with one"
        )
    u = np.concatenate([x[:, 0] for x in signals])
    spread, chance = float(u.std()) + 1e-300, 5 / len(u) ** 0.5
    near = sum(float(x[1:, 0] @ x[:-1, 0]) for x in signals) / (len(u) * spread**2)
    if abs(near) > chance or abs(u.mean()) > chance * spread:
        raise checks.InputError(
            f"the input has mean {u.mean():.2g} and correlation {near:.2g} from row to row, but capacities need an "
            "input that is independent from row to row about 0; drive it with measures.probe()"
        )
    if even and (np.abs(u).max() > 1 or abs(spread**2 - 1 / 3) > 0.05):
        raise checks.InputError(
            f"the input lies in [{u.min():.2g}, {u.max():.2g}] with variance {spread**2:.2g}, but polynomials of it "
            "need one that is uniform on [-1, 1]; drive it with measures.probe()"
        )


def delayed(signals: list[np.ndarray], delays: np.ndarray, washout: int) -> np.ndarray:
    """Return the first channel of `signals` (n_steps, n_channels) `delays` rows ago, at all rows after the washout.

    Returns
    -------
    ndarray (n_rows, n_delays)
    """
    if max(delays) > washout:
        raise checks.InputError(
            f"the longest delay is {max(delays)} rows, but washout is {washout}; choose shorter delays"
        )
    return np.concatenate([np.stack([u[washout - d : len(u) - d, 0] for d in delays], axis=1) for u in signals])


def after(states: list[np.ndarray], washout: int) -> np.ndarray:
    """Return all rows of states after the washout of each sequence."""
    for x in states:
        if len(x) <= washout:
            raise checks.InputError(f"a stream has {len(x)} rows, but washout is {washout}; lower it")
    return np.concatenate([x[washout:] for x in states])
