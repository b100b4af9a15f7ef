"""From seconds at small sizes to seconds at large ones.

A stage takes a fixed time and a time for each row. That of a row has two bounds: it grows as the number of units,
or as a product of a sparse matrix with a vector does that holds as many bytes as the model, and which is measured on
this machine at both sizes. The first is what is left when everything stays in the caches, the second what becomes of a
network that outgrows them, or whose connections grow faster than its units. In the middle lies what is told.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls


class Span(NamedTuple):
    """A quantity with the bounds of what is likely."""

    likely: float
    low: float
    high: float

    def __add__(self, other: Span) -> Span:  # type: ignore[override]
        """Return the sum; bounds add, as what makes them wide is common to all stages."""
        return Span(*(a + b for a, b in zip(self, other, strict=True)))

    def times(self, factor: float) -> Span:
        """Return a multiple."""
        return Span(*(factor * value for value in self))

    def at_least(self, least: float) -> Span:
        """Return these bounds, none of them below `least`."""
        return Span(*(max(value, least) for value in self))


def exact(value: float) -> Span:
    """Return a quantity whose bounds are itself."""
    return Span(value, value, value)


class Point(NamedTuple):
    """Where something was measured, or is wanted: how many rows and units, and the seconds of the product there."""

    rows: float
    units: float
    product: float


def nonnegative(columns: np.ndarray, seconds: np.ndarray) -> tuple[np.ndarray, float]:
    """Return what each column costs, none less than nothing, and the root mean square of the relative errors.

    Least squares of relative errors (Lawson and Hanson 1974, doi:10.1137/1.9781611971217), so that a run of a second
    says as much as one of a millisecond.
    """
    relative = columns / seconds[:, None]
    scale = np.abs(relative).max(0)
    scale[scale == 0] = 1
    found, _ = nnls(relative / scale, np.ones(len(seconds)))
    found /= scale
    return found, float(np.sqrt(np.mean((relative @ found - 1) ** 2)))


def for_each_row(
    measured: list[Point], seconds: list[float], wanted: Point, by: tuple[str, ...] = ("units", "product")
) -> Span:
    """Return the seconds of a stage that takes a time for each row, with the bounds of what is likely.

    The time of a row grows `by` each of these, between which the likely lies.
    """
    n_columns = 3 if len({p.units for p in measured}) > 1 else 2  # sizes that were not varied tell nothing
    told, low, high = [], [], []
    for name in by:
        columns = np.array([(1, p.rows, p.rows * getattr(p, name)) for p in [*measured, wanted]], float)[:, :n_columns]
        cost, error = nonnegative(columns[:-1], np.maximum(seconds, 1e-9))
        value = max(float(columns[-1] @ cost), 1e-9)
        told.append(value)
        low.append(value * max(0.0, 1 - error))
        high.append(value * (1 + error))
    return Span(float(np.prod(told) ** (1 / len(told))), min(low), max(high))


def once(measured: list[Point], seconds: list[float], wanted: Point) -> Span:
    """Return the seconds of what is done once for a model, such as drawing its weights.

    What is done once may be done in another way at each size, so the largest that was measured stands for all that are
    larger. Of its two longest runs, the longer tells whether it takes longer the more rows there are.
    """
    (few, less), (most, more) = sorted(zip(measured, seconds, strict=True), key=lambda x: (x[0].units, x[0].rows))[-2:]
    value = more
    if few.units == most.units and more / less > 1 + 0.5 * (most.rows / few.rows - 1):
        value = more * max(1.0, wanted.rows / most.rows)
    ways = sorted(value * ratio for ratio in (wanted.units / most.units, wanted.product / most.product))
    return Span(float(np.sqrt(ways[0] * ways[1])), *ways) if wanted.units != most.units else exact(value)


def counted(units: list[int], counts: list[float], wanted: float) -> float:
    """Return a count that follows from the size, such as of connections or bytes, as a power of it.

    The power is that of the two largest sizes. Of one size alone the count is in proportion, and so it is where the
    larger of two has less: then it is made in another way, of which it alone tells.
    """
    (u, n), power = (units[-1], counts[-1]), 1.0
    if len(units) > 1 and 0 < counts[-2] <= counts[-1]:
        power = np.log(counts[-1] / counts[-2]) / np.log(units[-1] / units[-2])
    return float(n * (wanted / u) ** min(power, 3.0))
