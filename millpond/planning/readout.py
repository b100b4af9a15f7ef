"""Cost of a ridge readout: products of rows, decompositions and copies of its matrices.

`millpond.readout.selection` and `readout.solve` choose a penalty on validation folds. With more rows n than columns f
this needs the Gram matrix (n f^2) and an eigendecomposition (f^3) for each fold. With fewer rows it needs the products
of rows with each other (n^2 f), one decomposition (n^3), a linear system of the size of the fold for each penalty and
fold, and several copies of the table.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from millpond.planning.fitting import nonnegative
from millpond.readout import RidgeClassifier
from millpond.readout.selection import RELATIVE_PENALTIES

_N = len(RELATIVE_PENALTIES)
_RUNS = ((1400, 700), (7000, 700), (1200, 1300), (350, 11_200), (200, 40_000))
"""Rows and columns of the readouts that measure the machine."""
_CLASSES, _GROUPS = 10, 3


class Work(NamedTuple):
    """The work of one readout with more rows than columns (gram) or fewer (kept)."""

    gram: float
    """Multiply-adds, times two for a general product."""
    kept: float
    cubes: float
    """Sum of the cubes of the sizes of the decomposed matrices."""
    elements: float
    """Number of elements of the stored table."""
    n_bytes: float
    """Peak memory in addition to the fitted table."""

    @property
    def operations(self) -> float:
        """Products and cubes, about."""
        return self.gram + self.kept + self.cubes


class Rates(NamedTuple):
    """Seconds per unit of each field of `Work`."""

    gram: float
    kept: float
    cube: float
    element: float

    def seconds(self, work: Work) -> float:
        """Return the CPU seconds of `work`."""
        return float(np.dot(self, work[:4]))


def ridge(n: float, f: float, n_outputs: int, n_groups: int) -> Work:
    """Return the work of one readout on a table (n, f), with a penalty cross-validated on `n_groups` groups."""
    if n > f:
        products = n * f * f + 2 * (_N + 1) * n * f * n_outputs + f**3 / 3
        # Gram matrices of the folds, those of one problem with its centred copies, solutions for all penalties
        values = min(n, n_groups * f) * f + 8 * f * f + _N * n_groups * n_outputs * f
        return Work(products, 0.0, n_groups * f**3, 0.0, 8 * values)
    fold = n / n_groups
    left_out = n_groups * (fold * fold * n + fold**3 / 3) + 4 * n * n * n_outputs
    products = n * n * f + _N * left_out + n**3 / 3
    return Work(0.0, products, n**3, n * f, 8 * (4 * n * f + 2.5 * n * n))


def most_features(n_bytes: float, n_groups: int) -> int:
    """Return the maximum number of columns of a readout whose matrices fit into `n_bytes`, for any number of rows."""
    return int(np.sqrt(n_bytes / 8 / (n_groups + 8)))


def rates() -> Rates:
    """Measure the rates of this machine with readouts of few and many rows and columns."""
    rng = np.random.default_rng(0)
    runs: list[Any] = []
    for n, f in _RUNS:
        x, y, owner = rng.normal(size=(n, f)), np.arange(n) % _CLASSES, np.arange(n) % _GROUPS
        runs.append(lambda x=x, y=y, owner=owner: RidgeClassifier(standardize=True).fit(x, y, groups=owner))
    taken = np.empty((5, len(runs)))
    with threadpool_limits(1):
        for row in taken:
            for k, run in enumerate(runs):
                start = time.process_time()
                run()
                row[k] = time.process_time() - start
    return rates_of([ridge(n, f, _CLASSES, _GROUPS) for n, f in _RUNS], np.median(taken, axis=0))


def rates_of(work: list[Work], seconds: np.ndarray) -> Rates:
    """Return the rates that best explain the times of each `work`."""
    return Rates(*nonnegative(np.array([w[:4] for w in work]), seconds)[0].tolist())
