"""What the spikes still tell of the input, held to what theory says of each code."""

import numpy as np
import pytest

from millpond.lsm.coding import (
    BSA,
    IntegrateFire,
    Latency,
    OnsetOffset,
    Poisson,
    Population,
    SpikeCounts,
    ThresholdCrossing,
    reconstruction_error,
)
from millpond.lsm.coding.bsa import spike_plain, window
from millpond.lsm.coding.decoding import low_pass

DT, N_SUB, ROW = 5e-4, 20, 1e-2


@pytest.fixture
def rows(rng):
    return low_pass(rng.normal(size=(300, 4)), ROW, 0.03) * 2.5


def there_and_back(coder, rows, tau=0.0, dt=DT):
    n_sub = round(ROW / dt)
    volley, _ = coder.encode(rows, coder.rest(rows.shape[1]), n_sub, dt)
    return coder.decode(volley, rows.shape[1], n_sub, dt, tau)


def test_low_pass_is_the_recursion_it_names(rng):
    rows, y, keep = rng.normal(size=(20, 2)), np.zeros(2), np.exp(-0.01 / 0.05)
    for x, out in zip(rows, low_pass(rows, 0.01, 0.05), strict=True):
        y = keep * y + (1 - keep) * x
        np.testing.assert_allclose(out, y, atol=1e-15)
    assert low_pass(rows, 0.01, 0.0) is rows


@pytest.mark.parametrize("tau", [0.0, 0.03, 0.3])
@pytest.mark.parametrize("signed", [True, False])
def test_integrate_fire_is_off_by_a_spike_of_each_line(rows, tau, signed):
    error = there_and_back(IntegrateFire(signed=signed), rows, tau)
    error -= low_pass(rows if signed else np.maximum(rows, 0), ROW, tau)
    one_spike = (1 - np.exp(-ROW / tau) if tau else 1) / (60 * ROW)
    assert np.abs(error).max() <= one_spike * (1 + signed)
    assert np.abs(error).max() > 0.3 * one_spike


def test_counts_come_back_as_they_were(rng):
    counts = rng.poisson(2, (50, 3)).astype(float)
    assert np.array_equal(there_and_back(SpikeCounts(), counts), counts)


@pytest.mark.parametrize("delta", [0.05, 0.25, 1.0])
def test_send_on_delta_is_off_by_less_than_delta(rows, delta):
    error = np.abs(there_and_back(ThresholdCrossing(delta=delta), rows, dt=1e-4) - rows)
    assert error.max() < delta
    assert error.max() > 0.8 * delta


def test_send_on_delta_is_silent_where_nothing_moves():
    coder = ThresholdCrossing(delta=0.25)
    volley, state = coder.encode(np.full((50, 1), 1.1), coder.rest(1), N_SUB, DT)
    assert volley.lines.tolist() == [0, 0, 0, 0]
    assert volley.steps.max() < N_SUB
    noise = 1.1 + 0.09 * (-1.0) ** np.arange(50)[:, None]  # stays within delta of the told 1.0
    assert not len(coder.encode(noise, state, N_SUB, DT)[0].lines)


def test_deltas_are_sent_when_the_straight_line_has_them():
    coder = ThresholdCrossing(delta=0.25)
    volley, _ = coder.encode(np.array([[1.0], [0.5]]), coder.rest(1), 20, DT)
    assert volley.lines.tolist() == [0, 0, 0, 0, 1, 1]
    assert (volley.steps + 1).tolist() == [5, 10, 15, 20, 30, 40]


def test_a_jump_too_large_for_a_row_is_told_late_not_lost():
    coder = ThresholdCrossing(delta=0.1)
    told = there_and_back(coder, np.full((5, 1), 5.05))
    np.testing.assert_allclose(told[:, 0], [1.9, 3.9, 5.0, 5.0, 5.0], atol=0.11)
    assert np.abs(told[2:] - 5.05).max() < 0.1


def test_levels_tell_between_which_two_the_input_is(rows):
    coder = OnsetOffset()
    error = np.abs(there_and_back(coder, rows) - rows)
    inside = np.abs(rows) < 1.75
    assert error[inside].max() <= 0.25
    assert error[inside].max() > 0.2
    assert (np.sign(there_and_back(coder, rows)[~inside]) == np.sign(rows[~inside])).all()
    assert (np.abs(there_and_back(coder, rows)[~inside]) == 2.0).all()


def test_onset_and_offset_come_when_the_straight_line_is_there():
    coder = OnsetOffset(levels=(0.25, 0.5))
    volley, _ = coder.encode(np.array([[0.0], [1.0], [0.3]]), coder.rest(1), 20, DT)
    # up through 0.25 and 0.5 after a quarter and a half of the second row; down below 0.5 after 5/7 of the third
    assert volley.lines.tolist() == [0, 1, 3]
    assert volley.steps.tolist() == [20 + 5 - 1, 20 + 10 - 1, 40 + 15 - 1]


@pytest.mark.parametrize("coder", [Latency(), Latency(full_scale=4.0, signed=False), Latency(window=5)], ids=repr)
def test_latency_is_off_by_half_a_step(rows, coder):
    if not coder.signed:
        rows = np.abs(rows)
    rows = np.clip(rows, -coder.full_scale, coder.full_scale)
    first = np.repeat(rows[:: coder.window], coder.window, axis=0)[: len(rows)]
    error = np.abs(there_and_back(coder, rows) - first).max()
    bound = coder.full_scale / (2 * coder.window * N_SUB)
    assert 0.9 * bound < error <= bound * (1 + 1e-9)


def test_the_larger_the_earlier():
    coder = Latency(full_scale=2.0)
    volley, _ = coder.encode(np.array([[2.0, 1.0, 0.5, 0.0, -1.5, 9.0]]), coder.rest(6), N_SUB, DT)
    when = dict(zip(volley.lines.tolist(), volley.steps.tolist(), strict=True))
    assert when == {0: 0, 5: 0, 6 + 4: 5, 1: 10, 2: 15}


def test_bsa_gives_back_what_is_made_of_its_filters(rng):
    """A signal that is filters set apart by their length comes back to the last bit of rounding."""
    coder = BSA(full_scale=1.0, taps=10, threshold=1.0, signed=False)
    spikes = np.zeros((400, 2))
    spikes[np.arange(0, 360, 20), 0] = 1
    spikes[5 + np.arange(0, 360, 13), 1] = 1
    samples = np.apply_along_axis(lambda s: np.convolve(s, window(10)), 0, spikes)[:400]
    volley, _ = coder.encode(samples, coder.rest(2), 1, 1e-3)  # rows of a sample each
    late = np.zeros_like(spikes)
    late[volley.steps, volley.lines] = 1
    assert np.array_equal(late[9:], spikes[:-9])
    np.testing.assert_allclose(coder.decode(volley, 2, 1, 1e-3)[:-9], samples[:-9], atol=1e-12)


@pytest.mark.parametrize("threshold", [0.3, 0.8, 1.0])
def test_every_spike_of_bsa_lowers_the_absolute_residual_by_the_threshold(rng, threshold):
    signal = np.repeat(rng.random((30, 5)), 10, axis=0)
    raster, residual = spike_plain(signal, window(12), threshold)
    won = np.abs(signal).sum(axis=0) - np.abs(residual).sum(axis=0)
    assert (won >= threshold * raster.sum(axis=0) - 1e-9).all()
    assert raster.sum() > 100
    if threshold == 1:
        assert residual.min() > -1e-9
    # what is gone from the signal is what the decoder makes of the spikes
    made = np.apply_along_axis(lambda s: np.convolve(s, window(12)), 0, raster.astype(float))
    np.testing.assert_allclose(signal - residual, made, atol=1e-12)


def test_bsa_tells_a_constant_by_its_rate():
    coder = BSA(full_scale=2.0, threshold=0.8)
    for value in (0.5, 1.0, 1.7, -1.0):
        told = there_and_back(coder, np.full((100, 1), value))[20:-5]
        # each spike pays for 0.8 of its filter; and a residual above the peak of the filter would spike
        assert abs(value) - 2.0 * 2 / 25 < abs(told.mean()) <= abs(value) / 0.8
        assert np.sign(told.mean()) == np.sign(value)
    assert np.abs(there_and_back(coder, np.full((100, 1), 2.0))[20:-5] - 2.0).max() < 1e-9


def test_the_spikes_of_bsa_come_late_by_its_delay():
    coder = BSA(full_scale=1.0, taps=21, threshold=1.0)
    rows = np.zeros((60, 1))
    rows[20:40] = 1.0
    volley, _ = coder.encode(rows, coder.rest(1), N_SUB, DT)
    assert coder.delay == pytest.approx(20e-3)
    assert volley.steps.min() * DT == pytest.approx(20 * ROW + coder.delay)


def test_what_bsa_and_poisson_cannot_tell_is_counted():
    coder = BSA(full_scale=1.0, signed=False)
    assert coder.encode(np.full((10, 1), 1.5), coder.rest(1), N_SUB, DT)[0].dropped == pytest.approx(0.5 * 100)
    coder = Poisson(rate=4000.0, signed=False)
    volley, _ = coder.encode(np.ones((10, 1)), coder.rest(1), N_SUB, DT)
    assert len(volley.lines) == 200
    assert volley.dropped == pytest.approx(200)


def test_fields_of_a_population_sum_to_the_same_wherever_the_value_is():
    """Poisson's summation formula: sqrt(2 pi) width, with a ripple of 2 exp(-2 pi^2 width^2)."""
    for width in (0.5, 0.7, 1.0):
        coder = Population(fields=60, low=-3.0, high=3.0, width=width)
        total = coder.activity(np.linspace(-1.5, 1.5, 1001)).sum(axis=1) / (np.sqrt(2 * np.pi) * width)
        ripple = 2 * np.exp(-2 * np.pi**2 * width**2)
        assert np.abs(total - 1).max() == pytest.approx(ripple, rel=0.01, abs=1e-12)
    volley, _ = coder.encode(np.full((200, 2), [0.3, -1.2]), coder.rest(2), 100, 1e-4)
    rate = np.sqrt(2 * np.pi) * 80 * 2.0
    assert np.bincount(volley.lines % 2) == pytest.approx(rate, rel=0.02)


def test_a_population_tells_its_value_to_what_a_spike_of_each_line_can_move():
    coder = Population(fields=12, width=1.0)
    values = np.linspace(-3, 3, 41)
    volley, _ = coder.encode(np.tile(values, (100, 1)), coder.rest(41), 100, 1e-4)
    told = coder.decode(volley, 41, 100, 1e-4, tau=1e9)[-1] / (1 - np.exp(-100 * ROW / 1e9))
    activity, preferred = coder.activity(values), np.linspace(-3, 3, 12)
    spikes = 80 * 1.0 * activity
    centre = spikes @ preferred / spikes.sum(axis=1)
    slope = (spikes @ preferred**2 / spikes.sum(axis=1) - centre**2) / (preferred[1] - preferred[0]) ** 2
    fires = spikes > 0.25  # a unit with less has not reached its first spike from any phase
    moved = (np.abs(preferred - centre[:, None]) * fires).sum(axis=1) / (spikes.sum(axis=1) - fires.sum(axis=1))
    assert (np.abs(told - values) <= moved / slope + 0.05).all()
    assert np.abs(told - values).max() < 0.1


def test_beyond_its_range_a_population_says_the_end():
    coder = Population()
    told = there_and_back(coder, np.full((200, 2), [7.0, -50.0]), tau=0.1)
    np.testing.assert_allclose(told[-1], [3.0, -3.0], atol=0.1)


@pytest.mark.parametrize(
    ("finer", "coarser"),
    [
        (IntegrateFire(rate=240.0), IntegrateFire(rate=30.0)),
        (Poisson(rate=240.0), Poisson(rate=30.0)),
        (ThresholdCrossing(delta=0.1), ThresholdCrossing(delta=0.5)),
        (OnsetOffset(levels=np.linspace(-4, 4, 41)), OnsetOffset(levels=np.linspace(-4, 4, 6))),
        (Latency(window=1), Latency(window=8)),
        (Population(rate=200.0, low=-5, high=5), Population(rate=20.0, low=-5, high=5)),
        (BSA(taps=12, full_scale=4.0), BSA(taps=12, full_scale=12.0)),
    ],
    ids=lambda coder: type(coder).__name__,
)
def test_more_spikes_tell_more(rows, finer, coarser):
    fine, coarse = (reconstruction_error(c, [rows, rows[:50]], dt=DT) for c in (finer, coarser))
    assert fine.shape == (4,)
    assert (fine < 0.8 * coarse).all()
    assert (fine < 0.6).all()


def test_error_is_relative_to_the_spread():
    t = np.arange(200)[:, None] * ROW
    rows = np.hstack([np.sin(3 * t), 1 + np.sin(9 * t) / 2, np.zeros_like(t)])
    error = reconstruction_error(BSA(full_scale=2.0), rows, dt=DT)
    assert (error[:2] < 0.25).all()
    assert np.isnan(error[2])

    nothing = reconstruction_error(OnsetOffset(levels=(50.0, 51.0)), rows - 50, dt=DT, tau=0.0)
    told = 49.5  # below the first level
    np.testing.assert_allclose(nothing[:2], np.sqrt(((told - rows[:, :2] + 50) ** 2).mean(0)) / rows[:, :2].std(0))


def test_an_error_waits_for_late_spikes():
    class Hasty(BSA):
        delay = 0.0

    rows = np.repeat([0.0, 1.0], 5)[:, None]
    patient, hasty = (reconstruction_error(kind(full_scale=1.0), rows, dt=DT, tau=0.0)[0] for kind in (BSA, Hasty))
    assert patient < 0.6 * hasty
