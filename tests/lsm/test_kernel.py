"""The compiled liquid equals its readable twin, and both equal what can be worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from millpond.lsm import LiquidStateMachine, kernel, noise, plain
from millpond.lsm.coding import Volley
from millpond.lsm.filters import counted, filtered, filtered_plain
from millpond.lsm.liquid import Liquid
from millpond.lsm.models import NEURONS, SYNAPSES
from millpond.lsm.presets import PRESETS

DT = 1e-4
C = replace(PRESETS["maass2002"], background=0.0, reset=0.0)


def liquid_of(n=1, pre=(), post=(), weight=(), delay=(), W_in=0.0, dynamic=False, U=0.5, D=0.3, F=0.2, constants=C):
    full = np.ones(len(pre))
    return Liquid(
        constants=constants, neurons=NEURONS["lif"], synapses=SYNAPSES["tsodyks-markram" if dynamic else "static"],
        grid=np.zeros((n, 3)), background=np.full(n, constants.background), graded=False,
        inhibitory=np.zeros(n, bool), refractory=np.full(n, 3e-3),
        v0=np.zeros(n), pre=np.array(pre, np.int32), post=np.array(post, np.int32),
        negative=np.zeros(len(pre), bool), weight=np.array(weight, float),
        U=U * full, D=D * full, F=F * full, delay=np.array(delay, float),
        W_in=np.full((1, n), W_in) if np.ndim(W_in) == 0 else np.array(W_in, float), tau_in=np.full(n, 10e-3),
    )  # fmt: skip


def volley_at(steps, n_steps):
    starts = np.searchsorted(steps, np.arange(n_steps + 1))
    return Volley(starts.astype(np.int64), np.zeros(len(steps), np.int32))


def ran(liquid, volley, n_sub=1, dt=DT, key=0):
    network = kernel.prepared(liquid, dt)
    return kernel.run(network, kernel.rest(network, key), volley, n_sub)


@pytest.mark.parametrize("preset", ["maass2002", "azambuja2017"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"synapses": "static", "dt": 5e-4},
        {"dt": 5e-4, "input": "maass2002", "input_gain": 0.5},
        {"dt": 5e-4, "constants": {"noise": 5e-4}},
    ],
    ids=["dynamic", "static", "paper's input", "noise"],
)
def test_the_compiled_liquid_equals_the_plain_one(preset, settings, rng):
    model = LiquidStateMachine(shape=(4, 3, 3), preset=preset, engine="numba", random_state=0, **settings)
    x = rng.normal(size=(12, 5))
    model.fit(x)
    dt, n_sub, volley = model._view.dt, model._view.n_sub, model._machine.volley(x)
    steps, units, potentials, _ = ran(model.liquid_, volley, n_sub, dt, key=7)
    plain_steps, plain_units, plain_potentials = plain.run_plain(model.liquid_, dt, volley, key=7)
    assert len(steps) > 20
    assert np.array_equal(steps, plain_steps)
    assert np.array_equal(units, plain_units)
    np.testing.assert_allclose(potentials, plain_potentials[n_sub - 1 :: n_sub], rtol=0, atol=1e-14)


@pytest.mark.parametrize("preset", ["delayed", "chain"])
def test_long_delays_and_a_graded_input_equal_the_plain_ones(preset, rng):
    x = rng.uniform(-1, 1, (12, 1))
    model = LiquidStateMachine(
        n_units=40, preset=preset, encoder="graded", dt=1e-3, row_period=25e-3, constants={"noise": 3e-4},
        input_gain=3.0, engine="numba", random_state=0,
    ).fit(x)  # fmt: skip
    volley = model._machine.volley(x)
    steps, units, potentials, _ = ran(model.liquid_, volley, 25, 1e-3, key=7)
    plain_steps, plain_units, plain_potentials = plain.run_plain(model.liquid_, 1e-3, volley, key=7)
    heard = np.flatnonzero(model.W_in_.any(axis=0))
    assert (~np.isin(units, heard)).sum() > 5
    assert np.array_equal(steps, plain_steps)
    assert np.array_equal(units, plain_units)
    np.testing.assert_allclose(potentials, plain_potentials[24::25], rtol=0, atol=1e-13)


def test_a_graded_input_is_the_limit_of_many_weak_spikes():
    strength = 1e-9
    weak = liquid_of(W_in=strength / 10)
    graded = replace(weak, graded=True)
    spikes = Volley(np.arange(2001), np.zeros(2000, np.int32))  # at every step: 10 kHz
    rates = Volley(np.zeros(2001, np.int64), np.empty(0, np.int32), levels=np.full((20, 1), 1e4))
    _, _, by_spikes, _ = ran(weak, spikes, 100)
    _, _, by_rate, _ = ran(graded, rates, 100)
    t = (np.arange(20) + 1)[:, None] * 100 * DT
    g = strength / 10 * 1e4 * 10e-3  # where the current settles
    tau, tau_m = 10e-3, C.tau_m
    exact = 1e6 * g * (1 - (tau_m * np.exp(-t / tau_m) - tau * np.exp(-t / tau)) / (tau_m - tau))
    np.testing.assert_allclose(by_rate, exact, rtol=1e-12)
    # a spike comes at the end of its step and is felt half a step late
    np.testing.assert_allclose(by_spikes[2:], by_rate[2:], rtol=DT / 10e-3)


def test_a_constant_current_fires_at_the_rate_of_the_textbook():
    liquid = liquid_of(constants=replace(C, background=20e-9))
    steps, *_ = ran(liquid, volley_at([], 20000), n_sub=100)
    period = 3e-3 + 30e-3 * np.log(20 / (20 - 15))
    assert np.diff(steps) * DT == pytest.approx(period, abs=DT)


def test_a_postsynaptic_potential_is_the_difference_of_two_exponentials():
    liquid = liquid_of(W_in=2e-9)
    _, _, v, _ = ran(liquid, volley_at([10], 1000))
    t = np.arange(1000 - 11) * DT + DT
    exact = 1e6 * 2e-9 * 10e-3 / (10e-3 - 30e-3) * (np.exp(-t / 10e-3) - np.exp(-t / 30e-3))
    np.testing.assert_allclose(v[11:, 0], exact, rtol=0, atol=1e-15)
    assert (v[:11] == 0).all()


@pytest.mark.parametrize("dt", [1e-4, 1e-3])
def test_noise_shakes_the_membrane_as_much_as_it_says(dt):
    quiet = replace(C, noise=1e-3, threshold=1.0)
    one = liquid_of(200, constants=quiet, W_in=np.zeros((1, 200)))
    _, _, v, _ = ran(one, volley_at([], round(2.0 / dt)), dt=dt, key=3)
    settled = v[round(0.3 / dt) :: round(0.06 / dt)]
    assert settled.std() == pytest.approx(1e-3, rel=0.03)
    assert settled.mean() == pytest.approx(0, abs=3e-3 / np.sqrt(settled.size) * 1.5)
    assert abs(np.corrcoef(v[:, :20].T) - np.eye(20)).max() < 0.5
    lag = round(0.03 / dt)
    assert (v[lag:] * v[:-lag]).mean() / v.var() == pytest.approx(np.exp(-1), abs=0.05)


def test_noise_is_the_same_from_numpy_and_compiled():
    keys, steps, neurons = np.meshgrid([0, 5, 2**31 - 1], [0, 1, 10**6], np.arange(300), indexing="ij")
    plain_kicks = noise.kick_plain(keys, steps, neurons)
    each = zip(*(a.ravel().astype(np.uint64) for a in (keys, steps, neurons)), strict=True)
    assert np.array_equal(plain_kicks.ravel(), [noise.kick(*one) for one in each])
    many = noise.kick_plain(5, np.arange(3000)[:, None], np.arange(300))
    assert abs(many.mean()) < 4 / np.sqrt(many.size)
    assert many.var() == pytest.approx(1, abs=0.01)
    assert abs((many[1:] * many[:-1]).mean()) < 4 / np.sqrt(many.size)
    assert abs((many[:, 1:] * many[:, :-1]).mean()) < 4 / np.sqrt(many.size)


@pytest.mark.parametrize("delay", [1e-4, 8e-4, 1.5e-3])
def test_a_spike_arrives_after_its_delay(delay):
    liquid = liquid_of(2, [0], [1], [5e-9], [delay], W_in=[[1e-4, 0.0]])
    steps, units, v, _ = ran(liquid, volley_at([3], 100))
    fired = steps[units == 0][0]
    first = np.flatnonzero(v[:, 1])[0]
    assert first - fired == round(delay / DT) + 1  # delivered in its step, seen by the next


def test_amplitudes_follow_the_recursion_of_markram_et_al():
    """u and R of spike k, as in equations 1 and 2 of doi:10.1073/pnas.95.9.5323."""
    U, D, F, A = 0.2, 0.3, 0.6, 1e-12
    at = np.array([100, 350, 500, 900, 2500])
    liquid = liquid_of(2, [0], [1], [A], [1e-4], W_in=[[1e-4, 0.0]], dynamic=True, U=U, D=D, F=F)
    liquid = replace(liquid, tau_in=np.full(2, 1e-5))  # a kick: one spike each
    _, units, v, _ = ran(liquid, volley_at(at, 3000))
    assert (units == 0).sum() == len(at)
    u, R = [U], [1.0]
    for gap in np.diff(at) * DT:
        u_old, R_old = u[-1], R[-1]
        u.append(u_old * np.exp(-gap / F) + U * (1 - u_old * np.exp(-gap / F)))
        R.append(1 + (R_old - R_old * u_old - 1) * np.exp(-gap / D))
    t = np.arange(3000)[:, None] * DT
    # an input spike is felt one step later, fires at once, arrives one step after that and is felt in the next
    since = t - (at + 2) * DT
    seen = np.where(since > DT / 2, np.exp(-since / C.tau_exc) - np.exp(-since / C.tau_m), 0)
    expected = (seen * (1e6 * C.tau_exc / (C.tau_exc - C.tau_m)) * A * np.array(u) * np.array(R)).sum(axis=1)
    np.testing.assert_allclose(v[:, 1], expected, rtol=0, atol=1e-9 * expected.max())


def test_filters_equal_their_definition(rng):
    steps = np.sort(rng.integers(0, 400, 300))
    units = rng.integers(0, 6, 300)
    taus = (0.03, 0.1)
    traces = np.zeros((2, 6))
    got = filtered(steps, units, 40, 10, 1e-3, taus, traces)
    for f, tau in enumerate(taus):
        want = filtered_plain(steps, units, 40, 10, 1e-3, tau, 6)
        np.testing.assert_allclose(got[:, 6 * f : 6 * f + 6], want, rtol=1e-12, atol=1e-12)
    counts = counted(steps, units, 40, 10, 6)
    assert counts.sum() == 300
    assert counts[3, 2] == ((steps // 10 == 3) & (units == 2)).sum()
