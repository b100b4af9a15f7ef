"""Brian2's numpy target, Brian2's compiled program and numba give the same spikes, one for one."""

import subprocess
import sys
import time

import numpy as np
import pytest

from millpond.lsm import LiquidStateMachine, LiquidWarning, standalone
from millpond.lsm.presets import PRESETS

needs_compiler = pytest.mark.skipif(not standalone.compiler(), reason="needs make and a C++ compiler")


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MILLPOND_CACHE", str(tmp_path))
    return tmp_path / "lsm"


@pytest.fixture(autouse=True)
def numpy_target():
    from brian2 import prefs

    before = prefs.codegen.target
    prefs.codegen.target = "numpy"
    yield
    prefs.codegen.target = before


def utterances(n, rng):
    """Slow standardised signals of 13 channels, 0.1 to 0.5 s long."""
    drawn = [np.cumsum(rng.normal(size=(k, 13)), axis=0) for k in rng.integers(10, 50, n)]
    return [(x - x.mean()) / x.std() for x in drawn]


def on_numpy(model, x, row_period=0.01):
    """Return the spikes of `model.network(x)` on Brian2's numpy target."""
    from brian2 import second

    network = model.network(x)
    network.run(len(x) * row_period * second, namespace={})
    return np.asarray(network["spikes"].t / second), np.asarray(network["spikes"].i)


def same(a, b, dt):
    """Return whether two spike trains are equal, unit by unit and step by step."""
    (ta, ua), (tb, ub) = a, b
    return np.array_equal(ua, ub) and np.array_equal(np.rint(np.asarray(ta) / dt), np.rint(np.asarray(tb) / dt))


@pytest.mark.parametrize("preset", ["maass2002", "azambuja2017"])
@pytest.mark.parametrize(
    ("dt", "settings"),
    [(1e-4, {}), (5e-4, {"input": "maass2002", "synapses": "static", "constants": {"noise": 3e-4}})],
    ids=["dynamic", "static, noise"],
)
def test_network_fires_as_numba_does(preset, dt, settings, rng):
    (x,) = utterances(1, rng)
    model = LiquidStateMachine(
        shape=(4, 3, 3), preset=preset, dt=dt, engine="numba", input_gain=0.8, random_state=0, **settings
    ).fit(x)
    (mine,) = model.spikes([x])
    assert len(mine[0]) > 20
    assert same(on_numpy(model, x), mine, dt)


def memory_model(preset, **params):
    return LiquidStateMachine(
        n_units=40, preset=preset, encoder="graded", dt=1e-3, row_period=25e-3, constants={"noise": 3e-4},
        input_gain=2.0, membrane=True, random_state=0, **params,
    )  # fmt: skip


@pytest.mark.parametrize("preset", ["delayed", "chain"])
def test_long_delays_and_a_graded_input_on_brian2(preset, rng):
    x = rng.uniform(-1, 1, (16, 2))
    model = memory_model(preset, engine="numba").fit(x)
    (mine,) = model.spikes([x])
    assert (~model.W_in_.any(axis=0)[mine[1]]).sum() > 10
    assert same(on_numpy(model, x, 0.025), mine, 1e-3)


def test_network_without_input_waits_for_one(rng):
    network = LiquidStateMachine(shape=(2, 2, 2), random_state=0).fit(np.zeros((2, 3))).network()
    assert {"neurons", "input", "feedforward", "spikes"} <= {o.name for o in network.objects}
    assert len(network["input"]) == 6


@needs_compiler
def test_compiled_program_fires_as_numba_does(own_cache, rng):
    X = utterances(9, rng)
    model = LiquidStateMachine(
        shape=(4, 3, 2), dt=5e-4, constants={"noise": 3e-4}, membrane=True, n_jobs=2, random_state=0
    ).fit(X)
    seen, again, one = model.observe(X), model.observe(X[::-1]), model.observe(X[4:5])
    assert len(list(own_cache.glob("*.lock"))) == 1
    numba = model.set_params(engine="numba").observe(X)
    assert sum(len(times) for times, _ in numba["spikes"]) > 500
    for k, (a, b) in enumerate(zip(seen["spikes"], numba["spikes"], strict=True)):
        assert same(a, b, 5e-4)
        assert same(a, again["spikes"][::-1][k], 5e-4)
    assert same(one["spikes"][0], seen["spikes"][4], 5e-4)
    n = model.n_neurons_
    for a, b in zip(seen["states"], numba["states"], strict=True):
        assert np.array_equal(a[:, :n], b[:, :n])
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("preset", ["delayed", "chain"])
def test_a_compiled_network_of_long_delays_fires_as_numba_does(preset, own_cache, rng):
    X = [rng.uniform(-1, 1, (n, 2)) for n in (9, 16, 5)]
    model = memory_model(preset).fit(X)
    seen = model.observe(X)
    numba = model.set_params(engine="numba").observe(X)
    assert sum(len(times) for times, _ in numba["spikes"]) > 100
    for a, b in zip(seen["spikes"], numba["spikes"], strict=True):
        assert same(a, b, 1e-3)
    for a, b in zip(seen["states"], numba["states"], strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12)


def test_without_a_compiler_numba_steps_in(monkeypatch, rng):
    X = utterances(2, rng)
    model = LiquidStateMachine(shape=(3, 3, 3), dt=5e-4, random_state=0).fit(X)
    monkeypatch.setattr(standalone.shutil, "which", lambda name: None)
    with pytest.warns(LiquidWarning, match="make and a C.. compiler, which are not found; numba computes the same"):
        states = model.transform(X)
    expected = model.set_params(engine="numba").transform(X)
    assert all(np.array_equal(a, b) for a, b in zip(states, expected, strict=True))


@pytest.mark.parametrize(("neurons", "advice"), [("lif", True), ("adex", False)])
def test_a_failed_build_sends_nobody_to_an_engine_that_has_not_the_model(neurons, advice, own_cache, monkeypatch, rng):
    model = LiquidStateMachine(shape=(2, 2, 2), neurons=neurons, dt=5e-4, random_state=0).fit(np.zeros((2, 3)))
    failed = subprocess.CompletedProcess([], 1, stdout="", stderr="no such header")
    monkeypatch.setattr(standalone.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(RuntimeError, match="no such header") as said:
        standalone.built(model.liquid_, dt=5e-4)
    assert ("engine='numba'" in str(said.value)) == advice


BUILD = """
import numpy as np
from millpond.lsm import LiquidStateMachine
x = np.random.default_rng(0).normal(size=(20, 3))
model = LiquidStateMachine(shape=(2, 2, 2), dt=5e-4, random_state=0).fit(x)
print(model.spikes([x])[0][0].sum())
"""


@needs_compiler
@pytest.mark.slow
def test_a_killed_build_is_begun_afresh_and_two_builders_take_turns(own_cache):
    first = subprocess.Popen([sys.executable, "-c", BUILD])
    for _ in range(600):
        if list(own_cache.glob("*/build.json")):
            break
        time.sleep(0.1)
    first.kill()
    first.wait()
    assert not list(own_cache.glob("*/program.json"))
    pair = [subprocess.Popen([sys.executable, "-c", BUILD], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    sums = [process.communicate(timeout=300)[0] for process in pair]
    assert sums[0] == sums[1]
    assert float(sums[0]) > 0
    assert len(list(own_cache.glob("*/program.json"))) == 1


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("n_units", [135, 500])
@pytest.mark.parametrize("dt", [1e-4, 5e-4])
@pytest.mark.parametrize("preset", PRESETS)
def test_every_spike_of_64_utterances(preset, dt, n_units, own_cache, rng):
    X = utterances(64, rng)
    model = LiquidStateMachine(n_units=n_units, preset=preset, dt=dt, random_state=0).fit(X)
    compiled = model.spikes(X)
    numba = model.set_params(engine="numba").spikes(X)
    assert all(same(a, b, dt) for a, b in zip(compiled, numba, strict=True))
    numpy = [on_numpy(model, x) for x in X]
    assert all(same(a, b, dt) for a, b in zip(numpy, numba, strict=True))
    # in half a second a chain passes on to its first groups alone
    assert sum(len(times) for times, _ in numba) > 64 * (n_units if preset in ("maass2002", "azambuja2017") else 20)
