"""Extrapolation of times from small sizes to large ones.

A stage takes a fixed time and a time per row. The time per row has two bounds. It grows with the number of units, or
with the time of a sparse matrix-vector product that has as many bytes as the model, which is measured on this machine
at both sizes. The first bound applies if all data stay in the caches. The second applies to a network that exceeds the
caches, or whose connections grow faster than its units. The estimate is between the two.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls


class Span(NamedTuple):
    """A quantity with its likely bounds."""

    likely: float
    low: float
    high: float

    def __add__(self, other: Span) -> Span:  # type: ignore[override]
        """Return the sum; bounds are added, because their causes are common to all stages."""
        return Span(*(a + b for a, b in zip(self, other, strict=True)))

    def times(self, factor: float) -> Span:
        """Return a multiple."""
        return Span(*(factor * value for value in self))

    def at_least(self, least: float) -> Span:
        """Return the bounds clipped below at `least`."""
        return Span(*(max(value, least) for value in self))


def exact(value: float) -> Span:
    """Return an exact quantity."""
    return Span(value, value, value)


class Point(NamedTuple):
    """A point that was measured or is estimated: rows, units, and time of the sparse product."""

    rows: float
    units: float
    product: float


def nonnegative(columns: np.ndarray, seconds: np.ndarray) -> tuple[np.ndarray, float]:
    """Return non-negative coefficients of the columns and the root mean square of the relative errors.

    Least squares of relative errors (Lawson and Hanson 1974, doi:10.1137/1.9781611971217), so that runs of a second
    and of a millisecond have the same weight.
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
    """Return the time of a stage that takes a time per row, with its likely bounds.

    The time per row grows by one of the factors `by`; the estimate is between them.
    """
    n_columns = 3 if len({p.units for p in measured}) > 1 else 2  # a size that was not varied gives no information
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
    """Return the time of a step that is done once per model, such as drawing its weights.

    The method may differ between sizes, so the largest measured size represents all larger ones. Its two longest runs
    show whether the time depends on the number of rows.
    """
    (few, less), (most, more) = sorted(zip(measured, seconds, strict=True), key=lambda x: (x[0].units, x[0].rows))[-2:]
    value = more
    if few.units == most.units and more / less > 1 + 0.5 * (most.rows / few.rows - 1):
        value = more * max(1.0, wanted.rows / most.rows)
    ways = sorted(value * ratio for ratio in (wanted.units / most.units, wanted.product / most.product))
    return Span(float(np.sqrt(ways[0] * ways[1])), *ways) if wanted.units != most.units else exact(value)


def counted(units: list[int], counts: list[float], wanted: float) -> float:
    """Extrapolate a count, such as the number of connections or bytes, as a power of the size.

    The exponent is that of the two largest sizes. With a single size the count is proportional to the size. This is
    also assumed if the larger size has a smaller count, because it was then made in another way.
    """
    (u, n), power = (units[-1], counts[-1]), 1.0
    if len(units) > 1 and 0 < counts[-2] <= counts[-1]:
        power = np.log(counts[-1] / counts[-2]) / np.log(units[-1] / units[-2])
    return float(n * (wanted / u) ** min(power, 3.0))
