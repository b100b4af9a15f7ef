"""The liquid: numba against the same loop in C, Brian2's compiled replicas against restore and run.

Time step 0.1 ms, utterances of 500 ms, 13 channels. CPU time counts child processes. Spikes have to be equal.
Restore and run is one network of Brian2's Cython target (numpy without a compiler), restored before every utterance.
NEST simulates all utterances in one go, its building not counted; MILLPOND_NEST is a Python that has it.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Row, in_turns, ratio
from millpond.lsm import LiquidStateMachine, kernel, standalone

_DT, _N_SUB, _N_ROWS = 1e-4, 100, 50
_SPEECH = 3000, 35  # utterances of the Free Spoken Digit Dataset, and their mean length in rows once trimmed


def rows() -> list[Row]:
    """Measure each engine."""
    found = [row for n_units in (135, 1000) for row in _against_c(n_units)]
    if standalone.compiler():
        found += [row for n_units in (135, 1000) for row in _against_restoring(n_units)]
    found += [row for n_units in (135, 1000) for row in _against_nest(n_units)]
    for engine, asked in (("numba", 3.0), ("brian2", 12.0)):
        found += _speech(engine, asked)
    return found


def _model(n_units: int, engine: str) -> tuple[LiquidStateMachine, list[np.ndarray]]:
    rng = np.random.default_rng(0)
    X = [np.cumsum(rng.normal(size=(_N_ROWS, 13)), axis=0) / 4 for _ in range(64)]
    return LiquidStateMachine(n_units=n_units, engine=engine, dt=_DT, random_state=0).fit(X), X


def _against_c(n_units: int) -> list[Row]:
    model, X = _model(n_units, "numba")
    network = model._machine._prepared
    volleys = [model._machine.volley(x) for x in X[:16]]
    with tempfile.TemporaryDirectory() as folder:
        source = Path(__file__).with_name("lsm_loop.c")
        command = ["gcc", "-O3", "-march=native", "-shared", "-fPIC", str(source), "-lm", "-o", f"{folder}/loop.so"]
        try:
            subprocess.run(command, check=True)
        except FileNotFoundError:
            return [Row(f"{n_units} neurons: numba / C", None, "x", note="gcc is not installed")]
        loop = ctypes.CDLL(f"{folder}/loop.so").liquid_loop
    loop.restype = ctypes.c_int64

    def c() -> list[tuple[np.ndarray, np.ndarray]]:
        return [_in_c(loop, network, volley) for volley in volleys]

    def numba() -> list[tuple[np.ndarray, ...]]:
        return [kernel.run(network, kernel.rest(network), volley, _N_SUB)[:2] for volley in volleys]

    for (a, b), (s, u) in zip(c(), numba(), strict=True):
        assert np.array_equal(a, s)
        assert np.array_equal(b, u)
    seconds = in_turns(numba, c, rounds=9)
    each = 1e3 * np.median(seconds[0]) / len(volleys)
    return [
        Row(f"{n_units} neurons, numba: per utterance", each, "ms"),
        Row(f"{n_units} neurons: numba / C", ratio(seconds), "x", 1.3, at_most=True),
    ]


def _in_c(loop: Any, network: kernel.Prepared, volley: Any) -> tuple[np.ndarray, np.ndarray]:
    state = kernel.rest(network)
    n, n_steps = len(network.v0), len(volley.starts) - 1
    most = int((n_steps // network.refractory + 1).sum())
    steps, units, fired = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(n, np.int64)
    arrays = (
        np.array(network.scalars), network.background, *network.tau_in, network.refractory, *network.groups,
        *network.synapses, network.W_in, volley.starts, volley.lines, state.v, *state.currents, state.free, state.u,
        state.x, state.last, state.queue, state.queued,
    )  # fmt: skip
    sizes = (ctypes.c_int64(k) for k in (n, state.queue.shape[1], state.queue.shape[0], n_steps))
    found = loop(*(a.ctypes.data_as(ctypes.c_void_p) for a in arrays), *sizes,
                 *(a.ctypes.data_as(ctypes.c_void_p) for a in (fired, steps, units)))  # fmt: skip
    return steps[:found], units[:found]


def _against_restoring(n_units: int) -> list[Row]:
    from brian2 import second

    model, X = _model(n_units, "brian2")
    compiled = model.spikes(X)  # builds the program
    network = model.network(X[0])
    network.run(0 * second, namespace={})
    network.store()
    volleys = [model._machine.volley(x) for x in X[:3]]
    fired: list[int] = []

    def restoring() -> None:
        for volley in volleys:
            network.restore()
            network["input"].set_spikes(volley.lines, volley.steps * _DT * second)
            network.run(_N_ROWS * _N_SUB * _DT * second, namespace={})
            fired.append(network["spikes"].num_spikes)

    restoring()
    assert fired == [len(times) for times, _ in compiled[:3]]
    seconds = in_turns(restoring, lambda: model.spikes(X), rounds=3, clock=_cpu) / [[len(volleys)], [len(X)]]
    return [
        Row(f"{n_units} neurons, brian2: per utterance", 1e3 * float(np.median(seconds[1])), "ms"),
        Row(f"{n_units} neurons: restore and run / brian2", ratio(seconds), "x", 80.0 if n_units == 135 else None),
    ]


def _against_nest(n_units: int) -> list[Row]:
    model, X = _model(n_units, "numba")
    ours = model.spikes(X)
    nest = os.environ.get("MILLPOND_NEST", sys.executable)
    if subprocess.run([nest, "-c", "import nest"], capture_output=True).returncode:
        return [Row(f"{n_units} neurons: NEST", None, "x", note="MILLPOND_NEST names no Python with NEST")]
    liquid, c = model.liquid_, model.liquid_.constants
    volleys = [model._machine.volley(x) for x in X]
    length = _N_ROWS * _N_SUB
    steps = np.concatenate([v.steps + k * length for k, v in enumerate(volleys)])
    with tempfile.TemporaryDirectory() as folder:
        np.savez(
            Path(folder, "column.npz"), dt=_DT, duration=len(X) * length * _DT, times=(steps + 1) * _DT,
            lines=np.concatenate([v.lines for v in volleys]), W_in=liquid.W_in, v0=liquid.v0, pre=liquid.pre,
            post=liquid.post, weight=liquid.weight, U=liquid.U, D=liquid.D, F=liquid.F, delay=liquid.delay,
            refractory=liquid.refractory, tau_m=c.tau_m, resistance=c.resistance, threshold=c.threshold, reset=c.reset,
            background=c.background, taus=(c.tau_exc, c.tau_inh, liquid.tau_in[0]),
        )  # fmt: skip
        command = [nest, "-m", "benchmarks.lsm_nest", folder]

        def theirs() -> float:
            done = subprocess.run(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, text=True, check=True)
            found.append(json.loads(done.stdout.splitlines()[-1]))
            return float(found[-1]["simulate"])

        found: list[dict[str, float]] = []
        engines = ["numba", *(["brian2"] if standalone.compiler() else [])]
        seconds: dict[str, list[float]] = {name: [] for name in ["nest", *engines]}
        for engine in engines:
            model.set_params(engine=engine).spikes(X)  # builds
        for _ in range(3):
            seconds["nest"].append(theirs())
            for engine in engines:
                start = _cpu()
                model.set_params(engine=engine).spikes(X)
                seconds[engine].append(_cpu() - start)
    # NEST carries its state on to the next utterance; to start each from rest it has to be built again
    alone, whole = np.array(seconds["nest"]), np.array(seconds["nest"]) + len(X) * np.array([f["build"] for f in found])
    off = found[0]["spikes"] / sum(len(times) for times, _ in ours) - 1
    what = f"{n_units} neurons: NEST"
    asked = {"numba": 20.0, "brian2": 4.0}
    return [
        Row(f"{what}, per utterance", 1e3 * float(np.median(alone)) / len(X), "ms", note=f"{100 * off:+.1f} % spikes"),
        *(Row(f"{what} / {name}, simulating alone", float(np.median(alone / seconds[name])), "x", asked[name])
          for name in engines),
        *(Row(f"{what} / {name}, each from rest", float(np.median(whole / seconds[name])), "x") for name in engines),
    ]  # fmt: skip


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(u.ru_utime + u.ru_stime for u in used)


def _speech(engine: str, asked: float) -> list[Row]:
    """Half the CPU time of a corpus as large as the Free Spoken Digit Dataset: what two idle cores would take."""
    n, n_rows = _SPEECH
    rng = np.random.default_rng(0)
    X = [np.cumsum(rng.normal(size=(n_rows, 13)), axis=0) / 4 for _ in range(n)]
    model = LiquidStateMachine(engine=engine, n_jobs=2, random_state=0).fit(X)
    model.transform(X[:2])

    def whole() -> Callable[..., Any] | Any:
        return [model.transform(X[k : k + 200])[0].sum() for k in range(0, n, 200)]

    seconds = in_turns(whole, rounds=1, clock=_cpu)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Row(f"{n} utterances, 135 neurons, {engine}: on two cores", float(seconds[0, 0]) / 2, "s", asked, at_most=True),
        Row(f"  {engine}: peak memory", peak, "MB", 1000, at_most=True),
    ]
