"""Drawing numbers for weights: how they are spread, and where they go."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.reservoir import checks

DISTRIBUTIONS = ("normal", "uniform", "signs")


def in_degree(connectivity: Any, n_units: int) -> int:
    """Return how many non-zeros a row has: an int is taken as that, a float as a fraction of `n_units`."""
    if isinstance(connectivity, int | np.integer) and not isinstance(connectivity, bool):
        return min(checks.integer("connectivity", connectivity, 1), n_units)
    return max(1, round(checks.number("connectivity", connectivity, 0, 1, above=0) * n_units))


def spread(distribution: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return n weights: standard normal, uniform in [-1, 1], or signs of even chance."""
    if distribution == "normal":
        return rng.standard_normal(n)
    return rng.uniform(-1, 1, n) if distribution == "uniform" else rng.choice([-1.0, 1.0], n)


def distinct(n: int, k: int, rng: np.random.Generator) -> np.ndarray:
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


def leak_rates(leak_rate: Any, n_units: int, rng: np.random.Generator) -> np.ndarray:
    """Return a leak rate for each unit: one for all, those given, or for a pair (low, high) log-uniform between."""
    if isinstance(leak_rate, tuple):
        if len(leak_rate) != 2:
            raise checks.InputError(
                f"leak_rate is {leak_rate!r}, but a tuple means (low, high); give an array to set the rate of each unit"
            )
        low, high = (checks.number("leak_rate", a, 0, 1, above=0) for a in leak_rate)
        if low > high:
            raise checks.InputError(f"leak_rate is {leak_rate!r}, but low comes first; swap them")
        return np.exp(rng.uniform(np.log(low), np.log(high), n_units))
    if np.ndim(leak_rate) == 0:
        return np.full(n_units, checks.number("leak_rate", leak_rate, 0, 1, above=0))
    rates = checks.matrix("leak_rate", leak_rate, (n_units,))
    for rate in (rates.min(), rates.max()):
        checks.number("leak_rate", float(rate), 0, 1, above=0)
    return rates
