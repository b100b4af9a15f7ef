"""Information processing capacity: the functions of recent inputs that the states contain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
from numpy.polynomial import legendre

from millpond.measures.capacity import RESOLUTION, after, check_input, delayed, explained, span
from millpond.measures.probe import WASHOUT, driven
from millpond.measures.result import Result
from millpond.reservoir import checks

WINDOWS = {1: 100, 2: 40, 3: 15, 4: 8, 5: 6}
"""For each degree, how many of the latest inputs its products are made of."""

_BLOCK = 256  # targets in memory at a time: 12 MB at 6000 rows


@dataclass(frozen=True, eq=False)
class Processing(Result):
    """Capacity by degree.

    Attributes
    ----------
    by_degree : dict of int to float
        Capacity summed over all products of a degree.
    windows : dict of int to int
        How many of the latest inputs the products of each degree were made of; longer ones are not counted.
    n_units, rank, n_targets : int
        Columns of the states, how many of them are independent, and products that were asked for.
    """

    title = "processing capacity"

    by_degree: dict[int, float]
    windows: dict[int, int]
    n_units: int
    rank: int
    n_targets: int

    @property
    def value(self) -> float:
        """Sum over degrees; with all products it would be `rank` for a substrate that forgets."""
        return sum(self.by_degree.values())

    @property
    def said(self) -> str:
        """Further numbers of the result."""
        degrees = ", ".join(f"{c:.1f} of degree {d}" for d, c in self.by_degree.items())
        return f"{degrees}; {self.rank} independent columns"

    def _draw(self, ax: Any) -> None:
        ax.bar([str(d) for d in self.by_degree], list(self.by_degree.values()))
        ax.set(xlabel="degree", ylabel="capacity")


def processing_capacity(
    source: Any, *, windows: Mapping[int, int] = WINDOWS, washout: int = WASHOUT, resolution: float = RESOLUTION,
    random_state: checks.RandomState = 0,
) -> Processing:  # fmt: skip
    r"""Return the information processing capacity, degree by degree.

    The targets are all products of Legendre polynomials of inputs at different delays,

    .. math:: z(t) = \prod_i P_{d_i}(u(t - k_i)), \qquad \sum_i d_i = d, \quad k_i < \text{windows}[d]

    which are orthogonal for inputs uniform on [-1, 1]. Their capacities sum to no more than the number of
    independent columns, and to just that for a substrate with fading memory. Dambre et al. (2012),
    doi:10.1038/srep00514.

    Parameters
    ----------
    source : Reservoir, Recording, Driven, or pair (inputs, states)
        See `measures.driven`; the input must be uniform on [-1, 1] and independent between rows.
    windows : mapping of int to int
        For each degree, how many of the latest inputs its products are made of.
    washout, resolution, random_state
        As for `measures.memory_capacity`.
    """
    for degree, window in windows.items():
        checks.integer("a degree in windows", degree, 1)
        checks.integer(f"windows[{degree}]", window, 1)
    found = driven(source, ("streams",), random_state)
    check_input(found.inputs["streams"])
    basis = span(after(found.states["streams"], washout), resolution)
    past = delayed(found.inputs["streams"], np.arange(max(windows.values())), washout)
    table = {d: legendre.legval(past, np.eye(d + 1)[d]) for d in range(1, max(windows) + 1)}
    chosen = {degree: list(products(degree, window)) for degree, window in windows.items()}
    n_targets = sum(map(len, chosen.values()))
    by_degree = {
        degree: sum(
            float(explained(basis, _targets(table, every[i : i + _BLOCK]), n_targets).sum())
            for i in range(0, len(every), _BLOCK)
        )
        for degree, every in chosen.items()
    }
    return Processing(by_degree, dict(windows), found.n_units, basis.shape[1], n_targets)


def products(degree: int, window: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Yield every product of `degree` over delays below `window`, as pairs (delay, power).

    >>> list(products(2, 2))
    [((0, 2),), ((1, 2),), ((0, 1), (1, 1))]
    """
    for n_factors in range(1, degree + 1):
        for delays in combinations(range(window), n_factors):
            for powers in _parts(degree, n_factors):
                yield tuple(zip(delays, powers, strict=True))


@cache
def _parts(total: int, n: int) -> list[tuple[int, ...]]:
    """Return all ways to write `total` as a sum of n numbers of at least 1, in order."""
    if n == 1:
        return [(total,)]
    return [(first, *rest) for first in range(1, total - n + 2) for rest in _parts(total - first, n - 1)]


def _targets(table: dict[int, np.ndarray], chosen: list[tuple[tuple[int, int], ...]]) -> np.ndarray:
    columns = np.ones((len(table[1]), len(chosen)))
    for column, factors in enumerate(chosen):
        for delay, power in factors:
            columns[:, column] *= table[power][:, delay]
    return columns
