"""The drawn column has the statistics it is said to have."""

import numpy as np
import pytest

from millpond.lsm import LiquidStateMachine, topology, wiring
from millpond.lsm.presets import PRESETS, preset
from millpond.reservoir import InputError

MAASS = PRESETS["maass2002"]


def test_connections_follow_distance_and_kind(rng):
    grid, column = topology.sites((9, 9, 9), None, 1)
    inhibits = topology.inhibitory(len(grid), 0.2, rng)
    pre, post = topology.connections(grid, column, inhibits, MAASS, rng)
    assert (pre != post).all()
    assert len(np.unique(pre * len(grid) + post)) == len(pre)
    squared = ((grid[:, None] - grid) ** 2).sum(-1)
    kind = 2 * inhibits[:, None] + inhibits
    connected = np.zeros(squared.shape, bool)
    connected[pre, post] = True
    for k, C in enumerate(MAASS.connection):
        for d2 in (1, 4, 9):
            pairs = (kind == k) & (squared == d2)
            expected, n = C * np.exp(-d2 / 4), pairs.sum()
            assert connected[pairs].mean() == pytest.approx(expected, abs=4.5 * np.sqrt(expected / n))


def test_every_pair_is_drawn_independently_with_its_own_probability(rng):
    grid, column = topology.sites(None, 25, 2)  # boxes with free places: 13 and 12 neurons in 3 x 2 x 2 or more
    n, n_draws = len(grid), 4000
    inhibits = np.arange(n) % 4 == 0
    constants = preset("maass2002", {"connection": (0.3, 0.9, 1.7, 0.0)})  # a probability above 1 is 1
    squared = ((grid[:, None] - grid) ** 2).sum(-1)
    chance = np.take(constants.connection, 2 * inhibits[:, None] + inhibits) * np.exp(-squared / 4)
    chance = np.minimum(1, chance) * (column[:, None] == column) * ~np.eye(n, dtype=bool)
    found, totals = np.zeros((n, n)), []
    for _ in range(n_draws):
        pre, post = topology.connections(grid, column, inhibits, constants, rng)
        assert len(np.unique(pre * n + post)) == len(pre)
        found[pre, post] += 1
        totals.append(len(pre))
    error = found / n_draws - chance
    spread = np.sqrt(chance * (1 - chance) / n_draws)
    assert (error[spread == 0] == 0).all()
    z = error[spread > 0] / spread[spread > 0]
    assert abs(z).max() < 4.5 and z.var() == pytest.approx(1, abs=0.25)
    assert np.var(totals) == pytest.approx((chance * (1 - chance)).sum(), rel=0.1)


def test_draws_have_their_moments_and_are_positive(rng):
    n = 40000
    inhibits = np.arange(2) == 1
    pre, post = np.repeat([0, 0, 1, 1], n), np.tile(np.repeat([0, 1], n), 2)
    drawn = wiring.synapses(topology.kinds(inhibits[pre], inhibits[post]), MAASS, *rng.spawn(2))
    for k in range(4):
        mine = slice(k * n, (k + 1) * n)
        A = drawn["weight"][mine]
        assert A.mean() == pytest.approx(MAASS.amplitude[k], rel=0.03)
        assert A.std() == pytest.approx(abs(MAASS.amplitude[k]), rel=0.05)
        for name in ("U", "D", "F"):
            assert drawn[name][mine].min() > 0
        # a normal distribution cut off at two standard deviations below its mean
        assert drawn["D"][mine].mean() / MAASS.D[k] == pytest.approx(1 + 0.5 * 0.05525, abs=0.015)
    assert drawn["U"].max() < 1
    assert set(drawn["delay"]) == set(MAASS.delay)


@pytest.mark.parametrize(("n", "groups"), [(12, 20), (135, 20), (500, 20), (135, 7)])
def test_a_chain_hands_on_and_nothing_comes_back(n, groups):
    given = {} if groups == 20 else {"groups": groups}
    model = LiquidStateMachine(
        n_units=n, preset="chain", dt=1e-3, constants=given, engine="numba", random_state=0
    ).fit(np.zeros((2, 1)))  # fmt: skip
    size = max(1, n // groups)
    off = model.without_recurrence().fit(np.zeros((2, 1)))
    assert off.W_in_.any(axis=0).all()
    assert np.array_equal(np.flatnonzero(model.W_in_.any(axis=0)), np.arange(size))
    assert np.array_equal(model.post_ - model.pre_, np.full(n - size, size))
    assert np.array_equal(model.pre_, np.arange(n - size))
    assert (model.delay_ == 0.1).all()
    assert np.ptp(model.weight_) == 0 < model.weight_[0]
    assert not model.inhibitory_.any()


def test_a_random_network_has_its_degree_delays_and_columns():
    model = LiquidStateMachine(
        n_units=400, n_columns=2, preset="delayed", dt=1e-3, engine="numba", random_state=0
    ).fit(np.zeros((2, 1)))  # fmt: skip
    assert np.array_equal(np.bincount(model.post_), np.full(400, 5))
    assert (model.pre_ != model.post_).all()
    assert len(np.unique(model.pre_ * 400 + model.post_)) == 2000
    assert ((model.pre_ < 200) == (model.post_ < 200)).all()
    assert model.delay_.min() >= 0.02
    assert model.delay_.max() <= 0.12
    assert model.delay_.mean() == pytest.approx(0.07, abs=4 * 0.1 / np.sqrt(12 * 2000))
    assert ((model.weight_ < 0) == model.inhibitory_[model.pre_]).all()
    assert model.weight_[model.weight_ > 0].mean() == pytest.approx(30e-9, rel=0.1)
    assert np.array_equal(np.flatnonzero(model.W_in_.any(axis=0)), np.r_[:40, 200:240])


def test_columns_are_apart(rng):
    grid, column = topology.sites((3, 3, 4), None, 3)
    assert len(grid) == 108
    assert len(np.unique(grid, axis=0)) == 108
    pre, post = topology.connections(grid, column, np.zeros(108, bool), MAASS, rng)
    assert (column[pre] == column[post]).all()
    assert set(column[pre]) == {0, 1, 2}


@pytest.mark.parametrize("n", [1, 2, 7, 135, 500, 997, 1000])
def test_any_number_of_neurons_makes_a_box(n):
    grid, _ = topology.sites(None, n, 1)
    assert len(np.unique(grid, axis=0)) == n
    sides = grid.max(axis=0) + 1
    assert sides.prod() < n + sides[1] * sides[2]
    assert n < 100 or sides.max() / sides.min() < 1.5


def test_fan_in_and_signs_of_the_input(rng):
    rule = wiring.INPUTS["dense"]
    gain = np.array([1.0, 1, 1, 1, 0, -1])
    W = wiring.input_weights(rule, gain, 3, np.zeros(4000, bool), rng)
    assert ((W[[0, 1, 2, 3, 5]] != 0).sum(axis=0) <= 3).all()
    assert (W[4] == 0).all()
    size = np.abs(W[0][W[0] != 0])
    assert size.mean() == pytest.approx(15e-9 / np.sqrt(3), rel=0.05)
    assert (W[0] < 0).sum() == pytest.approx((W[0] > 0).sum(), rel=0.15)
    W = wiring.input_weights(wiring.INPUTS["maass2002"], np.array([-1.0]), None, np.arange(4000) % 5 == 0, rng)
    assert (W < 0).all()
    assert W[:, 1::5].mean() == pytest.approx(2 * W[:, ::5].mean(), rel=0.15)


def test_the_input_of_the_paper_reaches_a_random_share(rng):
    def model(**params):
        given = {"n_units": 1000, "input": "maass2002", "engine": "numba", "random_state": 0}
        return LiquidStateMachine(**given | params).fit(np.zeros((2, 2)))

    gamma, gaussian = model(), model(input="maass2002-gaussian")
    reached = gamma.W_in_.any(axis=0)
    assert reached.sum() == 300 and not reached[:300].all() and np.array_equal(reached, gaussian.W_in_.any(axis=0))
    assert (gamma.W_in_ >= 0).all() and (gaussian.W_in_ >= 0).all()
    assert (gamma.liquid_.tau_in == 3e-3).all()
    excites = reached & ~gamma.inhibitory_
    for one, mean, cv in ((gamma, 18e-9, 1.0), (gaussian, 18e-9 * 1.242, 0.657)):  # the moments after the replacement
        A = one.W_in_[:, excites]
        assert A.mean() == pytest.approx(mean, rel=0.15) and A.std() / A.mean() == pytest.approx(cv, rel=0.15)
    assert model(constants={"driven": 0.5}).W_in_.any(axis=0).sum() == 500
    assert gamma.without_recurrence().fit(np.zeros((2, 2))).W_in_.any(axis=0).all()
    assert not np.array_equal(reached, model(random_state=1).W_in_.any(axis=0))


def test_each_neuron_has_its_own_input_time_constant():
    def tau(given):
        model = LiquidStateMachine(n_units=2000, input_tau=given, engine="numba", random_state=0).fit(np.zeros((2, 2)))
        return model.liquid_.tau_in, model.W_in_

    own, W = tau((0.003, 0.3))
    logs = np.log(own / 0.003) / np.log(100)
    assert 0 < logs.min() and logs.max() < 1
    assert logs.mean() == pytest.approx(0.5, abs=0.03) and logs.std() == pytest.approx(12**-0.5, abs=0.02)
    assert np.array_equal(W, tau(None)[1]) and (tau(None)[0] == 0.01).all()
    np.testing.assert_allclose(tau(0.02)[0], 0.02, rtol=1e-12)
    for given, says in (((0.3, 0.003), "swap them"), (-1.0, "greater than 0"), (30e-3, "tau_m equals")):
        with pytest.raises(InputError, match=says):
            tau(given)


@pytest.mark.parametrize(
    ("constants", "says"),
    [
        ({"amplitud": 1}, "did you mean 'amplitude'"),
        ({"delay": (1e-3, 1e-3)}, "delay has 2 entries, but 4 are needed"),
        ({"delay": 0.0}, r"delay is 0.0, but it must be a number greater than 0"),
        ({"reset": 16e-3}, "must be below the threshold"),
        ({"tau_exc": 30e-3}, "tau_exc equals tau_m"),
        ({"in_degree": 0.5}, "in_degree is 0.5, but it must be a whole number of at least 1"),
        ({"groups": 0.4}, "groups is 0.4, but it must be a whole number of at least 1"),
        ({"inhibitory": 2}, "must be between 0 and 1"),
    ],
)
def test_constants_that_cannot_be_are_named(constants, says):
    with pytest.raises(InputError, match=says):
        preset("maass2002", constants)


def test_quantities_stand_for_si_numbers():
    from brian2 import ms, mV, nA

    given = {"background": 13.6 * nA, "delay": 2 * ms, "refractory": [4 * ms, 3 * ms], "initial": (13.5 * mV, 14 * mV)}
    bare = {"background": 13.6e-9, "delay": 2e-3, "refractory": [4e-3, 3e-3], "initial": (13.5e-3, 14e-3)}
    got, wanted = preset("maass2002", given), preset("maass2002", bare)
    for name in given:
        np.testing.assert_allclose(getattr(got, name), getattr(wanted, name), rtol=1e-12)
    with pytest.raises(InputError, match="background is 1. ms, but its unit must be A"):
        preset("maass2002", {"background": 1 * ms})
