"""What is learned without a teacher, by its rules, and from the training signals alone."""

from dataclasses import replace

import numpy as np
import pytest

from millpond.lsm import STDP, Homeostasis, LiquidStateMachine
from millpond.lsm.plasticity import pairs, pairs_plain
from millpond.reservoir import InputError


@pytest.fixture
def signals(rng):
    return [np.cumsum(rng.normal(size=(100, 4)), axis=0) / 5 for _ in range(3)]


def small(**params):
    return LiquidStateMachine(**{"shape": (4, 3, 3), "engine": "numba", "dt": 5e-4, "random_state": 0} | params)


def rates(model, X):
    units = np.concatenate([u for _, u in model.spikes(X)])
    return np.bincount(units, minlength=model.n_neurons_) / (0.01 * sum(map(len, X)))


@pytest.mark.parametrize("recurrent_gain", [0.0, 1.0])
def test_homeostasis_brings_every_neuron_to_its_rate(signals, recurrent_gain):
    plain = small(recurrent_gain=recurrent_gain).fit(signals)
    model = small(recurrent_gain=recurrent_gain, plasticity=Homeostasis(target=25.0)).fit(signals)
    before, after = rates(plain, signals), rates(model, signals)
    assert abs(after.mean() - 25) < 1.5
    assert np.abs(after - 25).mean() < 3 < 10 < np.abs(before - 25).mean()
    for name in ("pre_", "weight_", "W_in_", "v0_"):
        assert np.array_equal(getattr(plain, name), getattr(model, name))
    assert np.ptp(plain.background_) == 0 < np.ptp(model.background_)


def test_a_pair_of_spikes_changes_a_weight_as_the_rule_says(signals):
    rule = STDP(potentiation=0.01, depression=0.02, tau=(20e-3, 30e-3))
    liquid = small().fit(signals).liquid_
    (synapse,) = np.flatnonzero(~liquid.inhibitory[liquid.pre] & ~liquid.inhibitory[liquid.post])[:1]
    chosen = np.array([synapse])
    delay = round(liquid.delay[synapse] / 5e-4)
    for lag in (-40, -1, 0, 1, 40):  # steps from the arrival to the postsynaptic spike
        order = [(100, liquid.pre[synapse]), (100 + delay + lag, liquid.post[synapse])]
        steps, units = (np.array(column) for column in zip(*sorted(order), strict=True))
        up, down = pairs(steps, units, liquid, chosen, 5e-4, rule.tau)
        s = lag * 5e-4
        assert up[0] == pytest.approx(np.exp(-s / 20e-3) if s > 0 else 0)
        assert down[0] == pytest.approx(np.exp(s / 30e-3) if s < 0 else 0)


def test_all_pairs_are_counted(signals, rng):
    liquid = small().fit(signals).liquid_
    chosen = np.sort(rng.permutation(2000 * liquid.n_neurons)[:600])  # no neuron fires twice in a step
    steps, units = chosen // liquid.n_neurons, chosen % liquid.n_neurons
    taus = (20e-3, 30e-3)
    got = np.array(pairs(steps, units, liquid, np.arange(len(liquid.pre)), 5e-4, taus))
    delay = np.rint(liquid.delay / 5e-4)
    want = [pairs_plain(steps[units == i] + d, steps[units == j], (20e-3 / 5e-4, 30e-3 / 5e-4))
            for i, j, d in zip(liquid.pre, liquid.post, delay, strict=True)]  # fmt: skip
    np.testing.assert_allclose(got.T, want, rtol=1e-9, atol=1e-12)


def test_weights_move_by_the_sum_over_the_pairs_of_a_signal_and_keep_their_limits(signals):
    rule = STDP(potentiation=0.01, depression=0.012)
    plain, model = small().fit(signals[:1]), small(plasticity=rule).fit(signals[:1])
    moved = plain.weight_ != model.weight_
    both = ~plain.inhibitory_[plain.pre_] & ~plain.inhibitory_[plain.post_]
    assert moved[both].any()
    assert not moved[~both].any()
    ((times, units),) = plain.spikes(signals[:1])
    up, down = pairs(np.rint(times / 5e-4).astype(int), units, plain.liquid_, np.flatnonzero(both), 5e-4, rule.tau)
    old = plain.weight_[both]
    most = 4 * old.mean()
    assert (old > most).any()
    wanted = np.clip(old + most * (0.01 * up - 0.012 * down), 0, np.maximum(most, old))
    np.testing.assert_allclose(model.weight_[both], wanted, rtol=1e-12)
    often = small(plasticity=replace(rule, passes=3)).fit(signals)
    assert often.weight_[both].min() >= 0
    assert (often.weight_[both] <= np.maximum(most, old)).all()
    assert (often.weight_[both] == 0).any()


@pytest.mark.parametrize(
    "params", [{"recurrent_gain": 0.5}, {"synapses": "static", "recurrent_gain": 0.02}], ids=["dynamic", "static"]
)
def test_the_limit_of_weights_is_that_of_the_network_drawn(params, signals):
    """Where pairs only strengthen, synapses that move far enough end at the limit, whatever the gain."""
    rule = STDP(potentiation=10.0, depression=0.0, limit=1.5)
    plain, model = small(**params).fit(signals[:1]), small(plasticity=rule, **params).fit(signals[:1])
    both = ~plain.inhibitory_[plain.pre_] & ~plain.inhibitory_[plain.post_]
    most = 1.5 * plain.weight_[both].mean()
    raised = model.weight_[both] > plain.weight_[both]
    assert raised.any()
    assert model.weight_[both][raised].max() == pytest.approx(most)


def test_what_never_fires_keeps_its_weights():
    silent = [np.zeros((30, 4))]
    params = {"constants": {"background": 0.0, "initial": 0.0, "reset": 0.0}}
    assert np.array_equal(small(**params).fit(silent).weight_, small(plasticity="stdp", **params).fit(silent).weight_)
    assert len(small(plasticity="stdp", recurrent_gain=0.0).fit(silent).weight_) == 0


def test_rules_follow_each_other_and_stop_with_fit(signals):
    model = small(plasticity=["stdp", Homeostasis(target=30.0)]).fit(signals[:2])
    only = small(plasticity="stdp").fit(signals[:2])
    assert np.array_equal(model.weight_, only.weight_)
    assert abs(rates(model, signals[:2]).mean() - 30) < 2
    before = model.transform(signals[2])
    model.transform(signals)
    assert np.array_equal(model.transform(signals[2]), before)
    assert any("10.1038/78829" in paper for paper in model.cite())


def test_rules_that_are_not_there_are_refused(signals):
    with pytest.raises(InputError, match="did you mean 'stdp'"):
        small(plasticity="sdtp").fit(signals)
    with pytest.raises(InputError, match="target is 0"):
        small(plasticity=Homeostasis(target=0)).fit(signals)
