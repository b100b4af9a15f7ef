"""Each neuron does what is known of it; equations of one's own that say the same do the same."""

from dataclasses import replace

import numpy as np
import pytest

from millpond.lsm import (
    NEURONS,
    SYNAPSES,
    LiquidStateMachine,
    LiquidWarning,
    NeuronModel,
    SynapseModel,
    brian,
    standalone,
)
from millpond.reservoir import InputError

TAU, R, THRESHOLD = 30e-3, 1e6, 15e-3


@pytest.fixture(autouse=True)
def numpy_target():
    from brian2 import prefs

    before = prefs.codegen.target
    prefs.codegen.target = "numpy"
    yield
    prefs.codegen.target = before


def single(neurons, background, seconds, dt=1e-4, **constants):
    """Run neurons of no input and no connection, one for each background current; return group and spike trains."""
    from brian2 import second

    given = {"initial": 0.0, "reset": 0.0, "refractory": 0.0} | constants
    model = LiquidStateMachine(
        n_units=len(background), neurons=neurons, recurrent_gain=0.0, constants=given, dt=dt, random_state=0
    ).fit(np.zeros((2, 1)))
    network = brian.network(replace(model.liquid_, background=np.asarray(background, float)), dt, 100, None, 0)
    network.run(seconds * second, namespace={})
    times, units = np.asarray(network["spikes"].t / second), np.asarray(network["spikes"].i)
    return network["neurons"], [times[units == k] for k in range(len(background))]


def lif_period(current):
    return TAU * np.log(R * current / (R * current - THRESHOLD))


def test_rate_against_current_of_a_leaky_neuron():
    currents = np.array([14.9, 16, 20, 30, 60]) * 1e-9
    given = {"initial": 0.0, "reset": 0.0, "refractory": 0.0}
    model = LiquidStateMachine(n_units=5, recurrent_gain=0.0, constants=given, random_state=0).fit(np.zeros((2, 1)))
    machine = replace(model._machine, liquid=replace(model.liquid_, background=currents))
    run, _ = machine.advance(np.zeros((30, 1)), machine.rest())
    trains = [1e-4 * run.steps[run.units == k] for k in range(5)]
    assert len(trains[0]) == 0
    for train, current in zip(trains[1:], currents[1:], strict=True):
        assert np.diff(train) == pytest.approx(lif_period(current), abs=1e-4)


def test_conductances_pull_towards_their_reversal_potentials():
    from brian2 import amp

    model = LiquidStateMachine(
        n_units=3, neurons="lif-conductance", recurrent_gain=0.0, random_state=0,
        constants={"tau_exc": 1e9, "tau_inh": 1e9, "threshold": 1.0, "background": 0.0},
    ).fit(np.zeros((2, 1)))  # fmt: skip
    network = model.network()
    group = network["neurons"]
    group.g_exc, group.g_inh = [20e-9, 0, 200e-9] * amp, [0, -8e-9, -20e-9] * amp
    network.run(group.clock.dt * 5000, namespace={})
    g_exc, g_inh = np.array([20e-9, 0, 200e-9]) / 70e-3, np.array([0, -8e-9, -20e-9]) / -10e-3  # siemens
    settled = (g_exc * 70e-3 + g_inh * -10e-3) / (1 / R + g_exc + g_inh)
    np.testing.assert_allclose(np.asarray(group.v_), settled, rtol=1e-5)


def test_an_adaptive_neuron_slows_down_to_the_rate_its_own_current_allows():
    current = 30e-9
    _, (train,) = single("adaptive-lif", [current], 1.6)
    gaps = np.diff(train)
    assert gaps[0] == pytest.approx(lif_period(current - 1e-9), rel=0.02)  # one spike's current behind
    low, high = 0.0, 1 / lif_period(current)
    for _ in range(60):  # f = F(I - b tau_w f)
        f = (low + high) / 2
        low, high = (f, high) if 1 / lif_period(max(current - 1e-9 * 0.2 * f, 15.0001e-9)) > f else (low, f)
    assert 1 / gaps[-20:].mean() == pytest.approx(f, rel=0.01)
    assert gaps[-1] > 1.3 * gaps[0]


def test_the_exponential_neuron_has_its_rheobase_and_adapts():
    """The rheobase of Touboul and Brette (2008), doi:10.1007/s00422-008-0267-4, where a / g_L > tau_m / tau_w."""
    g_L, a, C, tau_w, D = 30e-9, 4e-9, 281e-12, 144e-3, 2e-3
    ratio = C / g_L / tau_w
    exact = (g_L + a) * (20.2e-3 - D + D * np.log(1 + ratio)) + D * g_L * (a / g_L - ratio)
    assert NEURONS["adex"].constants["I_rheobase"] == f"{exact * 1e12:.1f}*pA"
    _, (below, above, well) = single("adex", np.array([0.97, 1.03, 2.0]) * 15e-9, 1.0)
    assert not (below > 0.5).any()
    assert (above > 0.5).any()
    gaps = np.diff(well)
    assert gaps[-1] > 1.5 * gaps[0]


def test_izhikevichs_neuron_has_its_rheobase_and_its_types():
    v = (0.02 - 5) / 0.08  # where the trace of the Jacobian of v and u is 0, and rest gives way to an oscillation
    assert -(0.04 * v**2 + 4.8 * v + 140) == pytest.approx(float(NEURONS["izhikevich"].constants["I_rheobase"][:6]))
    _, (below, above, regular) = single("izhikevich", np.array([0.95, 1.1, 10 / 3.7975]) * 15e-9, 1.0)
    assert not (below > 0.5).any()
    assert (above > 0.5).any()
    gaps = np.diff(regular)
    assert (gaps[3:] > 1.5 * gaps[0]).all()
    assert np.ptp(gaps[3:]) < 0.1 * gaps[-1]
    stock = NEURONS["izhikevich"]
    chattering = replace(stock, constants=stock.constants | {"c": "-50*mV", "d": "2*mV"})
    _, (train,) = single(chattering, [10 / 3.7975 * 15e-9], 0.5)
    gaps = np.sort(np.diff(train))
    assert gaps[len(gaps) // 2] < 8e-3  # within a burst
    assert gaps[-3] > 3 * gaps[len(gaps) // 2]  # between bursts


LEAKY = NeuronModel(
    "dv/dt = (R*(g_exc + g_inh + g_in + I_background) - v)/mine : volt (unless refractory)",
    constants={"mine": "30*ms"},
    method="exact",
)


def test_equations_of_ones_own_in_a_stream_and_without_a_compiler(monkeypatch, rng):
    from brian2 import second

    X = [rng.normal(size=(n, 4)) for n in (12, 7)]
    own = replace(LEAKY, constants={"mine": 30e-3 * second})
    synapse = SynapseModel(
        """
        A : amp (constant)
        U : 1 (constant)
        D : second (constant)
        F : second (constant)
        facilitation : 1
        dresource/dt = (1 - resource)/D : 1 (event-driven)
        """,
        on_pre="""
        facilitation = U + (1 - U)*facilitation*exp(-(t - lastupdate)/F)
        g_post += A*facilitation*resource
        resource -= facilitation*resource
        """,
        start={"resource": "1"},
    )
    params = {"shape": (4, 3, 2), "dt": 5e-4, "constants": {"noise": 3e-4}, "membrane": True, "random_state": 0}
    model = LiquidStateMachine(neurons=own, synapses=synapse, **params).fit(X)
    stream = model.stream()
    chunks = np.vstack([stream.run(X[0][:5]), stream.run(X[0][5:])])
    monkeypatch.setattr(standalone.shutil, "which", lambda name: None)
    with pytest.warns(LiquidWarning, match="Brian2's numpy target computes the same spikes, slowly, instead"):
        seen = model.observe(X)
    stock = LiquidStateMachine(engine="numba", **params).fit(X).observe(X)
    assert sum(len(times) for times, _ in stock["spikes"]) > 100
    for (t, u), (t_stock, u_stock) in zip(seen["spikes"], stock["spikes"], strict=True):
        assert np.array_equal(u, u_stock)
        np.testing.assert_allclose(t, t_stock)
    for a, b in zip(seen["states"], stock["states"], strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-9)
    assert np.array_equal(chunks, seen["states"][0])


def test_a_stream_of_ones_own_equations_does_not_grow(rng):
    model = LiquidStateMachine(shape=(3, 2, 2), dt=5e-4, neurons=LEAKY, random_state=0).fit(rng.normal(size=(9, 3)))
    machine, state, sizes = model._machine, model._machine.rest(), []
    for _ in range(3):
        run, state = machine.advance(rng.normal(size=(9, 3)), state)
        assert len(run.units) > 5
        sizes.append(sum(np.size(values) for values, _ in state[1][1]["spikes"].values()))
    assert sizes[0] == sizes[1] == sizes[2]


@pytest.mark.skipif(not standalone.compiler(), reason="needs make and a C++ compiler")
@pytest.mark.slow
@pytest.mark.parametrize("synapses", SYNAPSES)
@pytest.mark.parametrize("neurons", [n for n in NEURONS if n != "lif"])
def test_compiled_models_fire_as_interpreted_ones_do(neurons, synapses, tmp_path, monkeypatch, rng):
    monkeypatch.setenv("MILLPOND_CACHE", str(tmp_path))
    X = [rng.normal(size=(n, 4)) for n in (30, 50)]
    model = LiquidStateMachine(
        shape=(4, 3, 2), neurons=neurons, synapses=synapses, membrane=True, constants={"noise": 3e-4}, random_state=0
    ).fit(X)
    compiled = model.observe(X)
    interpreted = [model._machine.advance(x, model._machine.rest())[0] for x in X]
    assert sum(len(run.units) for run in interpreted) > 50
    for (times, units), run in zip(compiled["spikes"], interpreted, strict=True):
        assert np.array_equal(units, run.units)
        assert np.array_equal(np.rint(times / 1e-4), run.steps)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        (
            {"neurons": "adex", "engine": "numba"},
            "engine 'numba' supports only the neurons 'lif' .*; use engine='brian2'",
        ),
        ({"neurons": "lief"}, "did you mean 'lif'"),
        ({"neurons": replace(LEAKY, equations="dv/dt = -v/tau_m")}, "the equations of the neurons cannot be read"),
        ({"neurons": replace(LEAKY, equations="dx/dt = -x/tau_m : volt")}, "have no v in volt"),
        ({"neurons": replace(LEAKY, equations=LEAKY.equations + "\nA : 1")}, "both have a variable A; rename one"),
        ({"neurons": replace(LEAKY, equations=LEAKY.equations.replace(" - v)", " - v + mV*xi_1*tau_m**0.5)"))}, "xi_1"),
        (
            {"neurons": replace(LEAKY, reset="v = v_reset*rand()")},
            r"use rand, which random_state does not control.*\"noise\": ...}",
        ),
        ({"neurons": replace(LEAKY, threshold="v > v_threshold*(1 + 0.1*randn())")}, "neurons use randn"),
        ({"neurons": replace(LEAKY, start={"v": "rand()*mV"})}, "neurons use rand"),
        ({"synapses": SynapseModel("A : amp (constant)", "g_post += A*int(rand() < 0.5)")}, "synapses use rand"),
        ({"synapses": SynapseModel("n : 1", "g_post += n*nA", {"n": "poisson(3)"})}, "synapses use poisson"),
        ({"neurons": replace(LEAKY, constants={})}, r"Brian2 cannot run these .*mine.*; correct their equations"),
        ({"synapses": SynapseModel("A : amp (constant)", on_pre="g_post += A*mV")}, "Brian2 cannot run .*units"),
        ({"synapses": SynapseModel("A : amp (constant)", on_pre="g_post += A", start={"x": "1"})}, "Brian2 cannot run"),
        ({"neurons": replace(LEAKY, constants={"mine": "30*mss"})}, "Brian2 cannot run .*mss"),
        ({"neurons": replace(LEAKY, initial=(1.0,))}, "initial has 1 entries, but 2 are needed"),
    ],
)
def test_models_that_cannot_be_are_refused(params, says):
    with pytest.raises(InputError, match=says):
        LiquidStateMachine(shape=(2, 2, 2), **params).fit(np.zeros((2, 1)))
