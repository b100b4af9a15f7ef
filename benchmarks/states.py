"""States of an echo state network: times faster than reservoirpy with the same weights.

Sparse W with ten non-zeros in each row, leak rate 0.3, one series. Whole public calls are measured. States
have to agree to 1e-12.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from benchmarks.measure import PEER_MISSING, Row, in_turns, peer, ratio
from millpond.esn import EchoStateNetwork

_CASES = (  # units, channels, steps, times faster asked
    (100, 1, 2000, 12.0),
    (300, 1, 2000, 6.0),
    (1000, 1, 1000, 3.0),
    (1000, 40, 1000, 3.0),
    (3000, 1, 500, 2.0),
    (10000, 1, 200, 2.0),
)
_PER_ROW = 10
_LEAK = 0.3


def rows() -> list[Row]:
    """Measure each case in turns."""
    return [row for case in _CASES for row in _case(*case)]


def _case(n_units: int, n_channels: int, n_steps: int, asked: float) -> list[Row]:
    rng = np.random.default_rng(0)
    W = drawn(n_units, rng)
    W_in = rng.uniform(-1, 1, (n_units, n_channels)) / np.sqrt(n_channels)
    bias = rng.uniform(-0.2, 0.2, n_units)
    u = rng.normal(size=(n_steps, n_channels))
    esn = EchoStateNetwork(W=W, W_in=W_in, bias=bias, leak_rate=_LEAK).fit(u)
    what = f"{n_units} units, {n_channels} channel{'s' * (n_channels > 1)}"

    def ours() -> np.ndarray:
        return esn.transform(u)

    nodes = peer()
    if nodes is None:
        step = np.median(in_turns(ours, rounds=9)) / n_steps
        return [Row(f"{what}: per step", 1e6 * step, "µs"), Row(what, None, "x", asked, note=PEER_MISSING)]
    reservoir = nodes.Reservoir(W=W, Win=W_in, bias=bias, lr=_LEAK)
    reservoir.run(u)

    def theirs() -> np.ndarray:
        reservoir.reset()
        return reservoir.run(u)

    difference = np.abs(ours() - theirs()).max()
    assert difference <= 1e-12, f"{what}: states differ by {difference}"
    seconds = in_turns(theirs, ours, rounds=9)
    step = np.median(seconds[1]) / n_steps
    return [Row(f"{what}: per step", 1e6 * step, "µs"), Row(what, ratio(seconds), "x", asked)]


def drawn(n_units: int, rng: np.random.Generator) -> csr_array:
    """Return a matrix with `_PER_ROW` normal weights in each row and a spectral radius of about 0.9."""
    columns = np.concatenate([rng.choice(n_units, _PER_ROW, replace=False) for _ in range(n_units)])
    weights = rng.normal(size=columns.size) * 0.9 / np.sqrt(_PER_ROW)
    return csr_array((weights, columns, np.arange(0, columns.size + 1, _PER_ROW)), shape=(n_units, n_units))
