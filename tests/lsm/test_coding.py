"""Rows of numbers become spikes."""

import numpy as np
import pytest
from brian2 import ms, volt

from millpond.lsm import IntegrateFire, SpikeCounts, counts_of_events
from millpond.lsm.coding.integrate_fire import fire_plain
from millpond.reservoir import InputError

DT, N_SUB = 2.0**-10, 8  # powers of two, so that sums of them are exact whatever their order


@pytest.fixture
def rows(rng):
    return rng.integers(-64, 64, (30, 5)) / 4.0


def test_compiled_coder_equals_the_step_by_step_one(rows):
    coder = IntegrateFire(rate=16.0, max_rate=512.0)
    phase = np.round(coder.rest(5) * 2**20) / 2**20
    volley, after = coder.encode(rows, phase, N_SUB, DT)
    steps, lines, after_plain = fire_plain(
        np.minimum(np.maximum(np.hstack([rows, -rows]), 0) * 16 * DT, 0.5), phase, N_SUB
    )
    assert len(steps) > 100
    assert np.array_equal(volley.steps, steps)
    assert np.array_equal(volley.lines, lines)
    assert np.array_equal(after, after_plain)


def test_number_of_spikes_follows_the_integral_to_within_one(rng):
    rows = np.abs(rng.normal(size=(200, 4)))
    coder = IntegrateFire(rate=50.0, signed=False)
    volley, _ = coder.encode(rows, coder.rest(4), 100, 1e-4)
    integral = 50.0 * 0.01 * np.cumsum(rows, axis=0)
    counts = np.cumsum([np.bincount(volley.lines[volley.steps // 100 == k], minlength=4) for k in range(200)], axis=0)
    assert np.abs(counts - integral).max() < 1


def test_sign_chooses_the_line():
    coder = IntegrateFire()
    up, _ = coder.encode(np.full((50, 2), [1.0, 0.0]), coder.rest(2), 10, 1e-3)
    down, _ = coder.encode(np.full((50, 2), [-1.0, 0.0]), coder.rest(2), 10, 1e-3)
    assert set(up.lines) == {0}
    assert set(down.lines) == {2}
    assert len(up.lines) == pytest.approx(30, abs=1)


@pytest.mark.parametrize("coder", [IntegrateFire(), SpikeCounts()])
def test_chunks_give_the_spikes_of_the_whole(coder, rng):
    rows = rng.integers(0, 5, (40, 3)).astype(float)
    whole, _ = coder.encode(rows, coder.rest(3), 20, 5e-4)
    state, at, steps, lines = coder.rest(3), 0, [], []
    for part in np.split(rows, [1, 7, 30]):
        volley, state = coder.encode(part, state, 20, 5e-4)
        steps.append(volley.steps + at)
        lines.append(volley.lines)
        at += 20 * len(part)
    assert np.array_equal(np.concatenate(steps), whole.steps)
    assert np.array_equal(np.concatenate(lines), whole.lines)


def test_what_does_not_fit_is_counted():
    coder = IntegrateFire(rate=100.0, signed=False, max_rate=200.0)
    volley, _ = coder.encode(np.full((100, 1), 5.0), coder.rest(1), 10, 1e-3)
    assert len(volley.lines) == pytest.approx(200, abs=1)
    assert volley.dropped == pytest.approx(300)
    volley, _ = SpikeCounts().encode(np.array([[12.0], [3.0]]), None, 10, 1e-3)
    assert len(volley.lines) == 13
    assert volley.dropped == 2


def test_no_line_spikes_twice_in_a_step(rng):
    coder = IntegrateFire(rate=900.0, max_rate=1e9)
    volley, _ = coder.encode(rng.normal(size=(300, 3)), coder.rest(3), 10, 1e-3)
    pairs = volley.steps * 100 + volley.lines
    assert len(np.unique(pairs)) == len(pairs)


def test_events_keep_their_times():
    times, channels = np.array([0.0, 0.0031, 0.0099, 0.02]), np.array([1, 0, 0, 1])
    counts = counts_of_events(times, channels, 2, 0.03, 1e-3)
    assert counts.shape == (30, 2)
    volley, _ = SpikeCounts().encode(counts, None, 1, 1e-3)
    assert volley.steps.tolist() == [0, 3, 9, 20]
    assert volley.lines.tolist() == [1, 0, 0, 1]


def test_counts_that_are_none_are_refused():
    with pytest.raises(InputError, match=r"0.5 at step 1, channel 0, but encoder 'spikes' takes numbers of spikes"):
        SpikeCounts().encode(np.array([[1.0], [0.5]]), None, 10, 1e-3)


def test_events_in_any_order_and_at_the_end_are_counted(rng):
    times, channels = rng.uniform(0, 1, 50), rng.integers(0, 3, 50)
    times[0] = 1.0
    order = rng.permutation(50)
    counts = counts_of_events(times, channels, 3, 1.0, 0.1)
    assert counts.sum() == 50 and counts.shape == (10, 3)
    np.testing.assert_array_equal(counts_of_events(times[order], channels[order], 3, 1.0, 0.1), counts)
    np.testing.assert_array_equal(counts_of_events(1e3 * times * ms, channels.astype(float), 3, 1.0, 0.1), counts)
    assert counts_of_events([], [], 3, 1.0, 0.1).sum() == 0


@pytest.mark.parametrize(
    ("times", "channels", "says"),
    [
        ([0.1, 0.2], [0, -1], r"channels\[1\] is -1, but it must be a whole number from 0 to 1"),
        ([0.1, 0.2], [0, 2], r"channels\[1\] is 2, but"),
        ([0.1], [0.7], r"channels\[0\] is 0.7, but"),
        ([0.1], [2.7], r"channels\[0\] is 2.7, but"),
        ([0.1], [np.nan], "channels holds a value that is not finite"),
        ([0.1, 250000.0], [0, 1], r"times\[1\] is 250000 s, but .* between 0 and duration \(1 s\)"),
        ([-0.1], [0], r"times\[0\] is -0.1 s, but events lie between 0"),
        ([np.inf], [0], "times holds a value that is not finite"),
        ([0.1, 0.2], [0], "there are 2 times but 1 channels"),
        ([[0.1]], [[0]], r"times has shape \(1, 1\)"),
        (["a"], [0], "times is .* but numbers are needed"),
        ([0.1] * volt, [0], "times is .* but its unit must be s"),
    ],
)
def test_events_that_cannot_be_are_refused(times, channels, says):
    with pytest.raises(InputError, match=says):
        counts_of_events(times, channels, 2, 1.0, 0.1)
