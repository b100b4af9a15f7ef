"""Other kinds of echo state network, and online learning: times faster than reservoirpy, or than a loop in C.

Same weights on both sides; states have to agree to 1e-12 (float32: 1e-5), weights learnt to 1e-6. Whole public calls
are measured, and for C (whose tanh is the mathematical library's, one number at a time) the kernel alone; what is asked
of cycles is with memory handed over (`out=`).
"""

from __future__ import annotations

import ctypes
import resource
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import PEER_MISSING, Row, in_turns, peer, ratio
from benchmarks.states import drawn
from millpond.esn import EchoStateNetwork, kernels
from millpond.readout import RLS

_LEAK = 0.3


def rows() -> list[Row]:
    """Measure each kind."""
    found = [row for case in ((100, 5000, 30.0), (1000, 1000, 9.0), (10_000, 200, 5.0)) for row in _cycle(*case)]
    found += [row for dtype, asked in (("float64", 3.0), ("float32", 6.0)) for row in _batch(dtype, asked)]
    found += [row for n_columns, n_rows in ((100, 2000), (300, 500), (1000, 60)) for row in _rls(n_columns, n_rows)]
    return [*found, *_against_c(), *_per_non_zero(), *_threads(), *_large()]


def _node(esn: EchoStateNetwork, nodes: Any) -> Any:
    W, W_in, bias = (np.asarray(a, float) if isinstance(a, np.ndarray) else a for a in (esn.W_, esn.W_in_, esn.bias_))
    return nodes.Reservoir(W=W, Win=W_in, bias=bias, lr=_LEAK)


def _cycle(n_units: int, n_steps: int, asked: float) -> list[Row]:
    u = np.random.default_rng(0).normal(size=(n_steps, 1))
    esn = EchoStateNetwork(n_units=n_units, topology="cycle", leak_rate=_LEAK, random_state=0).fit(u)
    out, what, nodes = np.empty((n_steps, n_units)), f"cycle, {n_units} units", peer()

    def ours() -> np.ndarray:
        return esn.transform(u)

    def into() -> np.ndarray:
        return esn.transform(u, out=out)

    if nodes is None:
        step = np.median(in_turns(into, rounds=9)) / n_steps
        return [Row(f"{what}: per step", 1e6 * step, "µs"), Row(what, None, "x", asked, note=PEER_MISSING)]
    node = _node(esn, nodes)
    node.run(u)

    def theirs() -> np.ndarray:
        node.reset()
        return node.run(u)

    assert np.abs(ours() - theirs()).max() <= 1e-12
    seconds = in_turns(theirs, ours, into, rounds=9)
    return [
        Row(f"{what}: per step", 1e6 * np.median(seconds[2]) / n_steps, "µs"),
        Row(f"{what}: fresh memory", ratio(seconds[:2]), "x"),
        Row(what, ratio(seconds[[0, 2]]), "x", asked),
    ]


def _batch(dtype: str, asked: float) -> list[Row]:
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 1)) for n in rng.integers(30, 101, 64)]
    esn = EchoStateNetwork(n_units=1000, connectivity=1.0, leak_rate=_LEAK, dtype=dtype, random_state=0).fit(X)
    what, nodes = f"64 sequences, dense 1000 units, {dtype}", peer()
    n_steps = sum(map(len, X))

    def ours() -> list[np.ndarray]:
        return esn.transform(X)

    if nodes is None:
        step = np.median(in_turns(ours, rounds=5)) / n_steps
        return [Row(f"{what}: per step", 1e6 * step, "µs"), Row(what, None, "x", asked, note=PEER_MISSING)]
    node = _node(esn, nodes)
    node.run(X[0])

    def theirs() -> list[np.ndarray]:
        found = []
        for x in X:
            node.reset()
            found.append(node.run(x))
        return found

    difference = max(np.abs(a - b).max() for a, b in zip(ours(), theirs(), strict=True))
    assert difference <= (1e-12 if dtype == "float64" else 1e-5), difference
    seconds = in_turns(theirs, ours, rounds=7)
    step = np.median(seconds[1]) / n_steps
    return [Row(f"{what}: per step", 1e6 * step, "µs"), Row(what, ratio(seconds), "x", asked)]


def _rls(n_columns: int, n_rows: int) -> list[Row]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_columns))
    y = X @ rng.normal(size=(n_columns, 1)) + 0.1 * rng.normal(size=(n_rows, 1))
    with_one = np.column_stack([X, np.ones(n_rows)])  # there the intercept is learnt by another rule
    what, nodes = f"RLS, {n_columns} columns", peer()

    def ours() -> RLS:
        return RLS(penalty=1e-2).fit(X, y)

    if nodes is None:
        step = np.median(in_turns(ours, rounds=5)) / n_rows
        return [Row(f"{what}: per row", 1e6 * step, "µs"), Row(what, None, "x", 5.0, note=PEER_MISSING)]

    def theirs() -> Any:
        node = nodes.RLS(alpha=1e-2, fit_bias=False)
        node.partial_fit(with_one, y)
        return node

    a, b = ours(), theirs().Wout[:, 0]
    assert np.abs(np.append(a.coef_, a.intercept_) - b).max() <= 1e-6 * np.abs(b).max()
    seconds = in_turns(theirs, ours, rounds=5)
    step = np.median(seconds[1]) / n_rows
    return [Row(f"{what}: per row", 1e6 * step, "µs"), Row(what, ratio(seconds), "x", 5.0)]


def _against_c() -> list[Row]:
    what = "1000 units, 100 non-zeros a row: numba / C"
    u = np.random.default_rng(0).normal(size=(1000, 1))
    esn = EchoStateNetwork(n_units=1000, connectivity=100, leak_rate=_LEAK, random_state=0).fit(u)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(__file__).with_name("esn_loop.c")
        command = ["cc", "-O3", "-march=native", "-shared", "-fPIC", str(source), "-lm", "-o", f"{folder}/loop.so"]
        try:
            subprocess.run(command, check=True)
        except (OSError, subprocess.CalledProcessError):
            return [Row(what, None, "x", 1.1, True, "there is no C compiler, or it fails")]
        loop = ctypes.CDLL(f"{folder}/loop.so").network_loop
    (W, W_in), rest = esn._weights, np.zeros(1000)
    drive, ours, theirs = u * esn.W_in_[:, 0] + esn.bias_, np.empty((1000, 1000)), np.empty((1000, 1000))
    pointers = [a.ctypes.data_as(ctypes.c_void_p) for a in (W.indptr, W.indices, W.data, rest, theirs)]

    def c() -> None:
        theirs[:] = drive
        loop(*pointers[:3], ctypes.c_double(_LEAK), *pointers[3:], ctypes.c_int64(1000), ctypes.c_int64(1000))

    def numba() -> None:
        kernels.run(W, W_in, esn.bias_, esn.leak_rate_, "tanh", u, rest, ours)

    c()
    numba()
    assert np.abs(ours - theirs).max() <= 1e-12
    return [Row(what, ratio(in_turns(numba, c, rounds=9)), "x", 1.1, at_most=True)]


def _per_non_zero() -> list[Row]:
    found = {}
    for n_units, n_steps in ((300, 3000), (1000, 1000), (10_000, 100), (100_000, 12)):
        u = np.random.default_rng(0).normal(size=(n_steps, 1))
        esn = EchoStateNetwork(W=drawn(n_units, np.random.default_rng(0)), leak_rate=_LEAK, random_state=0).fit(u)
        out = np.empty((n_steps, n_units))
        seconds = in_turns(lambda esn=esn, u=u, out=out: esn.transform(u, out=out), rounds=7)
        found[n_units] = 1e9 * float(np.median(seconds)) / (n_steps * esn.W_.nnz)
    rows = [Row(f"{n} units, 10 non-zeros a row: per non-zero", ns, "ns") for n, ns in found.items()]
    return [
        *rows,
        Row("  the largest of these to the least", max(found.values()) / min(found.values()), "x", 2.0, True),
    ]


def _threads() -> list[Row]:
    """Wall time, as that is what threads are for: it needs a machine with two idle cores."""
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(100, 1)) for _ in range(64)]
    rows = []
    for connectivity in (10, 1.0):
        esn = EchoStateNetwork(n_units=1000, connectivity=connectivity, leak_rate=_LEAK, random_state=0).fit(X)

        def run(n_jobs: int, esn: EchoStateNetwork = esn) -> list[np.ndarray]:
            return esn.set_params(n_jobs=n_jobs).transform(X)

        seconds = in_turns(lambda run=run: run(1), lambda run=run: run(2), rounds=9, clock=time.perf_counter)
        kind = "10 non-zeros a row" if connectivity == 10 else "dense"
        rows.append(Row(f"64 sequences, 1000 units, {kind}: two threads", ratio(seconds), "x", 1.7))
    return rows


def _large() -> list[Row]:
    u = np.random.default_rng(0).normal(size=(1000, 1))
    start = time.process_time()
    esn = EchoStateNetwork(n_units=100_000, connectivity=10, leak_rate=_LEAK, random_state=0).fit(u)
    built = time.process_time() - start
    esn.transform(u)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return [
        Row("100 000 units, 10 non-zeros a row: built, radius included", built, "s"),
        Row("  built and 1000 steps run", seconds, "s", 60.0, at_most=True),
        Row("  peak memory of the process", peak, "GB", 4.0, at_most=True),
    ]
