"""The estimator: what it warns of, refuses, and keeps the same."""

import warnings

import numpy as np
import pytest

from millpond.lsm import Graded, InputSpikes, IntegrateFire, LiquidStateMachine, LiquidWarning, standalone
from millpond.recording import record
from millpond.reservoir import InputError, Sequences


def small(**params):
    return LiquidStateMachine(**{"shape": (4, 3, 3), "engine": "numba", "dt": 5e-4, "random_state": 0} | params)


@pytest.fixture
def signals(rng):
    return [rng.normal(size=(n, 4)) for n in (30, 80, 50)]


@pytest.mark.parametrize("n_channels", [1, 13, 40])
@pytest.mark.parametrize("n_units", [64, 500])
def test_default_operating_point_on_standardised_input(n_channels, n_units, rng):
    slow = np.cumsum(rng.normal(size=(400, n_channels)), axis=0)
    x = (slow - slow.mean(axis=0)) / slow.std(axis=0)
    times, _ = small(shape=None, n_units=n_units).fit(x).spikes([x])[0]
    assert 5 < len(times) / 4.0 / n_units < 60


def test_spikes_and_states_tell_the_same_story(signals):
    model = small(counts=True, membrane=True).fit(signals)
    seen = model.observe(signals)
    n = model.n_neurons_
    for x, states, (times, units) in zip(signals, seen["states"], seen["spikes"], strict=True):
        assert states.shape == (len(x), 3 * n)
        assert (np.diff(times) >= 0).all()
        assert times.max() < 0.01 * len(x)
        assert np.array_equal(states[:, n : 2 * n].sum(axis=0), np.bincount(units, minlength=n))
        assert states[:, 2 * n :].max() < 1.5
    assert model.unit_positions_.shape == (3 * n, 3)


def test_without_recurrence_keeps_the_input_and_every_other_draw(signals):
    model = small().fit(signals)
    off = model.without_recurrence().fit(signals)
    assert len(model.pre_) > 50
    assert len(off.pre_) == 0
    for name in ("W_in_", "v0_", "inhibitory_"):
        assert np.array_equal(getattr(model, name), getattr(off, name))


def test_synapses_have_an_effect_and_static_ones_another(signals):
    counts = [len(small(**kw).fit(signals).spikes(signals[1:2])[0][0])
              for kw in ({}, {"recurrent_gain": 0.0}, {"synapses": "static"})]  # fmt: skip
    assert len(set(counts)) == 3


def test_own_control_sees_the_filtered_input_spikes(signals):
    model = small(filters=(0.03, 0.1), encoder=IntegrateFire(rate=90.0)).fit(signals)
    (control,) = model.own_controls().values()
    assert isinstance(control, InputSpikes)
    states = control.fit(signals).transform(signals[0])
    assert states.shape == (30, 16)
    volley = model._machine.volley(signals[0])
    ends = np.arange(1, 31) * 20 - 1
    mine = volley.steps[volley.lines == 3]
    expected = [np.exp(-(end - mine[mine <= end]) * 5e-4 / 0.1).sum() for end in ends]
    np.testing.assert_allclose(states[:, 8 + 3], expected, rtol=1e-12)


def test_controls_of_a_network_that_drives_a_part_and_shows_potentials(signals):
    model = small(preset="delayed", dt=1e-3, filters=(), membrane=True).fit(signals)
    assert 0 < model.W_in_.any(axis=0).mean() < 0.3
    assert model.without_recurrence().fit(signals).W_in_.any(axis=0).all()
    assert model.without_recurrence().fit(signals).transform(signals[0]).shape == (30, 36)
    assert model.own_controls()["spikes"].fit(signals).transform(signals[0]).shape == (30, 8)
    assert small().without_recurrence().constants is None


def test_a_recording_holds_the_spikes_and_tells_seeds_apart(signals, tmp_path):
    sequences = Sequences(signals, period=0.01)
    model = small().fit(signals)
    with record(model, sequences, tmp_path / "a.h5") as recording:
        for (t, u), (times, units) in zip(recording.spikes, model.spikes(signals), strict=True):
            np.testing.assert_allclose(t, times)
            assert np.array_equal(u, units)
    with pytest.raises(InputError, match="another model, seed"):
        record(small(random_state=1).fit(signals), sequences, tmp_path / "a.h5")


def test_spike_trains_as_they_are(rng):
    counts = rng.poisson(0.3, (100, 20)).astype(float)
    model = small(encoder="spikes", input="dense").fit(counts)
    assert model.W_in_.shape == (20, 36)
    assert len(model.spikes([counts])[0][0]) > 0
    with pytest.raises(InputError, match="takes numbers of spikes"):
        model.transform(counts - 0.5)


@pytest.mark.parametrize(
    ("params", "scale", "says"),
    [
        ({"input_gain": 0.0, "constants": {"initial": 13.5e-3}}, 1.0, "the liquid is dead"),
        ({"input_gain": 50.0}, 1.0, "the liquid is saturated"),
        ({"input_gain": 0.02}, 40.0, "the encoder drops .*standardise the input"),
        ({"input_gain": 0.02, "encoder": Graded(IntegrateFire())}, 40.0, "the encoder drops .*standardise the input"),
    ],
)
def test_a_useless_liquid_is_not_silent(params, scale, says, rng):
    x = np.abs(rng.normal(size=(200, 4)))
    model = small(**params).fit(x)
    with pytest.warns(LiquidWarning, match=says):
        model.transform(scale * x)


def test_a_neuron_without_refractory_time_can_be_saturated(monkeypatch, rng):
    x = np.abs(rng.normal(size=(110, 2)))
    params = {"shape": (2, 2, 1), "neurons": "adex", "engine": "brian2", "recurrent_gain": 0.0}
    monkeypatch.setattr(standalone.shutil, "which", lambda name: None)
    model = small(constants={"background": 300e-9}, **params).fit(x)
    with pytest.warns(LiquidWarning) as said:
        model.transform(x)
    assert any("the liquid is saturated" in str(one.message) for one in said)
    assert model._machine.highest == pytest.approx(500)


def test_silence_is_no_reason_to_warn():
    model = small().fit(np.zeros((300, 4)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.transform(np.zeros((300, 4)))


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"preset": "maas2002"}, "did you mean 'maass2002'"),
        ({"engine": "nest"}, "engine is 'nest'"),
        ({"encoder": "bsa2"}, "encoder is 'bsa2'"),
        ({"input": "sparse"}, "input is 'sparse'"),
        ({"synapses": "none"}, "synapses is 'none'"),
        ({"dt": 3e-4}, r"dt is 0.0003 s, but it must divide a row of 0.01 s into whole steps; use 0.00030303"),
        ({"dt": 1e-3}, r"the shortest delay is 0.0008 s, but dt is 0.001 s"),
        ({"shape": (3, 3)}, "three sides"),
        ({"filters": ()}, "filters is empty"),
        ({"fan_in": 0}, "fan_in is 0"),
        ({"recurrent_gain": -1.0}, "recurrent_gain is -1"),
        ({"input_gain": [1.0, 2.0]}, "input_gain has 2 entries, but 4 are needed"),
    ],
)
def test_what_cannot_be_is_refused_with_the_remedy(params, says, signals):
    with pytest.raises(InputError, match=says):
        small(**params).fit(signals)


def test_quantities_are_welcome(signals):
    from brian2 import ms

    with_units = small(dt=0.5 * ms, row_period=10 * ms, filters=30 * ms).fit(signals)
    assert np.array_equal(with_units.transform(signals[0]), small().fit(signals).transform(signals[0]))


def test_a_trial_changes_potentials_and_noise_alone(signals):
    trials = [small(constants={"noise": 3e-4}, trial=k).fit(signals) for k in (0, 1)]
    for name in ("W_in_", "pre_", "weight_", "U_"):
        assert np.array_equal(getattr(trials[0], name), getattr(trials[1], name))
    assert not np.isin(trials[0].v0_, trials[1].v0_).any()
    keys = [model._machine.key(x) for model in trials for x in signals]
    assert len(set(keys)) == 6


def test_stock_papers_are_cited():
    assert any("10.1162/089976602760407955" in paper for paper in small().cite())
