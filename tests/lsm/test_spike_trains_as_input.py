"""Spike trains reach the liquid at their times, on every engine and in a plain Brian2 script."""

import numpy as np
import pytest

from millpond import LiquidStateMachine, Sequences, SpikeTrains
from millpond.lsm import InputSpikes, standalone
from millpond.reservoir import InputError
from tests.brian_script import fired

DT = 5e-4


def trains_of(rng, duration=0.3, n=60):
    """Return spikes at any times, no two of a unit within a time step."""
    steps = np.stack([rng.permutation(round(duration / DT) - 1)[:n] for _ in range(6)])
    return SpikeTrains(
        (steps + rng.uniform(0, 0.99, steps.shape)).ravel() * DT, np.repeat(np.arange(6), n), 6, duration
    )


def model_of(**params):
    return LiquidStateMachine(
        **{"shape": (4, 3, 3), "encoder": "spikes", "dt": DT, "engine": "numba", "random_state": 0} | params
    )


def steps_of(spikes):
    return [(np.rint(t / DT).astype(int).tolist(), u.tolist()) for t, u in spikes]


def test_a_plain_brian2_script_fires_the_same_spikes(rng):
    trains = trains_of(rng)
    model = model_of().fit([trains])
    expected_times, expected_units = fired(model.liquid_, trains, DT)
    [(times, units)] = model.spikes([trains])
    assert len(times) > 50
    assert np.array_equal(expected_units, units)
    np.testing.assert_allclose(expected_times, times, atol=1e-9)


def test_engines_and_chunks_agree(rng, monkeypatch):
    trains = [trains_of(rng), trains_of(rng, 0.2)]
    model = model_of(constants={"noise": 3e-4}, membrane=True).fit(trains)
    whole = model.observe(trains)
    for engine in ("brian2",) if standalone.compiler() else ():
        other = model_of(constants={"noise": 3e-4}, membrane=True, engine=engine).fit(trains)
        assert steps_of(other.spikes(trains)) == steps_of(whole["spikes"])
    parts = list(model.observe_chunks(trains[0], 7))
    np.testing.assert_array_equal(np.concatenate([p["states"] for p in parts]), whole["states"][0])
    keys = [model._machine.key(rows) for rows in model.checked_signals(trains)]
    assert keys[0] != keys[1]


def test_spikes_keep_their_times_whatever_the_row_period(rng):
    trains = trains_of(rng)
    fine, coarse = model_of(row_period=DT).fit(trains), model_of(row_period=0.05).fit(trains)
    assert fine.transform(trains).shape[0] == 600 and coarse.transform(trains).shape[0] == 6
    assert steps_of(fine.spikes(trains)) == steps_of(coarse.spikes(trains))
    [(times, lines)] = coarse.input_spikes(trains)
    assert np.array_equal(np.rint(times / DT), np.floor(trains.times / DT + 1e-3))
    assert np.array_equal(np.bincount(lines), np.bincount(trains.units))
    np.testing.assert_allclose(fine.transform(trains)[99::100], coarse.transform(trains), rtol=0, atol=1e-12)


def test_the_control_reads_the_same_events(rng):
    trains = trains_of(rng)
    control = model_of().own_controls()["spikes"]
    assert isinstance(control, InputSpikes)
    assert control.set_params(counts=True).fit(trains).transform(trains)[:, 6:].sum() == len(trains)


def test_what_does_not_fit_is_one_sentence(rng):
    trains = trains_of(rng)
    model = model_of().fit(trains)
    with pytest.raises(InputError, match="use encoder='spikes'"):
        LiquidStateMachine(random_state=0).fit(trains)
    with pytest.raises(InputError, match="sequence 0 has 5 units, but 6 are needed"):
        model.transform(SpikeTrains([0.1], [0], 5, 0.2))
    with pytest.raises(InputError, match="a period of 0.02 s, but a row of this model has 0.01 s"):
        model.transform(Sequences([trains], period=0.02))
    with pytest.raises(InputError, match="sequence 1 is a ndarray"):
        model.transform([trains, np.zeros((3, 6))])
