"""What a ridge readout costs: products of rows, decompositions, copies of its matrices.

`readout.selection` and `readout.solve` choose a penalty on validation folds. With more rows n than features f
that takes the Gram matrix (n f^2) and an eigendecomposition (f^3) for each fold; with fewer, the products of rows with
each other (2 n^2 f), one decomposition (n^3), and for each penalty and fold a system of as many rows as it has.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np

from readout import RidgeClassifier
from readout.selection import RELATIVE_PENALTIES

_N = len(RELATIVE_PENALTIES)
_FEATURES = 700  # of the runs by which this machine is measured


class Work(NamedTuple):
    """What is to be done for one readout."""

    products: float
    """Multiplications with additions, times two for a general product."""
    decompositions: float
    """Cubes of the sizes of the matrices."""
    n_bytes: float
    """Most memory besides the table that is fitted."""
    matrix: float
    """Bytes of the matrix that is decomposed."""


class Rates(NamedTuple):
    """Seconds for each product and for each cube of a decomposition."""

    product: float
    cube: float

    def seconds(self, work: Work) -> float:
        """Return the CPU seconds of `work`."""
        return work.products * self.product + work.decompositions * self.cube


def ridge(n: float, f: float, n_outputs: int, n_groups: int) -> Work:
    """Return the work of one readout on a table (n, f), its penalty chosen on `n_groups` validation groups."""
    if n > f:
        products = n * f * f + 2 * (_N + 1) * n * f * n_outputs + f**3 / 3
        # Gram matrices of the folds, those of one problem with its centred copies, solutions for all penalties
        values = min(n, n_groups * f) * f + 8 * f * f + _N * n_groups * n_outputs * f
        return Work(products, n_groups * f**3, 8 * values, 8 * f * f)
    fold = n / n_groups
    left_out = n_groups * (2 * fold * fold * n + fold**3 / 3) + 4 * n * n * n_outputs
    return Work(2 * n * n * f + _N * left_out + n**3 / 3, n**3, 8 * (4 * n * f + 2.5 * n * n), 8 * n * n)


def most_features(n_bytes: float, n_groups: int) -> int:
    """Return how many features a readout may have whose matrices fit into `n_bytes`, however many rows there are."""
    return int(np.sqrt(n_bytes / 8 / (n_groups + 8)))


def rates() -> Rates:
    """Return what products and decompositions take here, by two readouts of few and of many rows."""
    rng = np.random.default_rng(0)
    sizes = [(2 * _FEATURES, 2), (10 * _FEATURES, 2)]
    runs: list[Any] = []
    for n, groups in sizes:
        x, y, owner = rng.normal(size=(n, _FEATURES)), np.arange(n) % 10, np.arange(n) % groups
        runs.append(lambda x=x, y=y, owner=owner: RidgeClassifier(standardize=True).fit(x, y, groups=owner))
    taken = np.empty((3, len(runs)))
    for row in taken:
        for k, run in enumerate(runs):
            start = time.process_time()
            run()
            row[k] = time.process_time() - start
    few, many = np.median(taken, axis=0)
    less, more = (ridge(n, _FEATURES, 10, groups) for n, groups in sizes)
    product = max(many - few, 1e-3) / (more.products - less.products)
    return Rates(product, max(few - product * less.products, 1e-3) / less.decompositions)
