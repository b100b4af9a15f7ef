"""Gram matrix of a ridge readout: share of what this machine can do.

Blocks of 2048 rows, 1000 columns, 10 outputs, all that a block goes through counted in the time. The peak
is the best of several products of large square matrices, taken in the same turns.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks.measure import Row
from millpond.readout.moments import Moments
from millpond.readout.rows import BLOCK

_N_COLUMNS = 1000
_N_OUTPUTS = 10
_N_BLOCKS = 20
_SIZE = 2048  # of the square matrices
_ROUNDS = 7


def rows() -> list[Row]:
    """Measure products and accumulation in turns."""
    rng = np.random.default_rng(0)
    A, B = rng.normal(size=(2, _SIZE, _SIZE))
    C = np.empty((_SIZE, _SIZE))
    x = rng.normal(size=(BLOCK, _N_COLUMNS)) + 0.5
    y = rng.normal(size=(BLOCK, _N_OUTPUTS))
    products, sums = [], []
    for _ in range(_ROUNDS):
        for _ in range(3):
            start = time.process_time()
            np.matmul(A, B, out=C)
            products.append(time.process_time() - start)
        sums.append(_accumulate(x, y))
    peak = 2 * _SIZE**3 / min(products)
    n_operations = _N_BLOCKS * BLOCK * _N_COLUMNS * (_N_COLUMNS + 1 + 2 * _N_OUTPUTS)
    reached = n_operations / float(np.median(sums))
    return [
        Row(f"peak, product of {_SIZE} x {_SIZE}", peak / 1e9, "GFLOP/s"),
        Row(f"moments of {_N_BLOCKS * BLOCK} rows", reached / 1e9, "GFLOP/s"),
        Row("share of the peak", reached / peak, "", 0.8),
    ]


def _accumulate(x: np.ndarray, y: np.ndarray) -> float:
    """Return the seconds that adding all blocks takes; `add` overwrites its rows, so each gets fresh ones."""
    moments = Moments(_N_COLUMNS, _N_OUTPUTS)
    buffer = np.empty_like(x)
    seconds = 0.0
    for _ in range(_N_BLOCKS):
        buffer[:] = x
        start = time.process_time()
        moments.add(buffer, y)
        seconds += time.process_time() - start
    return seconds
