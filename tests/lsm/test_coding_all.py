"""What every coder promises."""

import numpy as np
import pytest

from millpond.lsm import InputSpikes, LiquidStateMachine
from millpond.lsm.coding import (
    BSA,
    CODERS,
    Graded,
    IntegrateFire,
    Latency,
    OnsetOffset,
    Poisson,
    Population,
    SpikeCounts,
    ThresholdCrossing,
    coder,
    reconstruction_error,
)
from millpond.lsm.coding.bsa import _spike, spike_plain
from millpond.lsm.coding.threshold_crossing import _cross, cross_plain
from millpond.reservoir import InputError

VARIANTS = [
    *(kind() for name, kind in CODERS.items() if name != "graded"),  # it has no spikes
    Poisson(rate=300.0, signed=False, frozen=True, seed=3),
    BSA(taps=1, threshold=0.2, period=5e-4),
    BSA(taps=5, signed=False, period=1e-2, full_scale=1.0, threshold=0.5),
    ThresholdCrossing(delta=0.01),
    OnsetOffset(levels=[-0.5, 2.0]),
    Latency(window=3),
    Latency(window=4, signed=False, full_scale=1.0),
    Population(fields=2, width=0.5),
]


@pytest.fixture(params=VARIANTS, ids=repr)
def any_coder(request):
    return request.param


@pytest.fixture
def rows(any_coder, rng):
    if isinstance(any_coder, SpikeCounts):
        return rng.poisson(1.5, (40, 5)).astype(float)
    return 1 + rng.normal(size=(40, 5)).cumsum(axis=0) / 2


@pytest.mark.parametrize("cuts", [[1], [1, 7, 30], list(range(1, 40))])
def test_chunks_give_the_spikes_of_the_whole(any_coder, rows, cuts):
    whole, after = any_coder.encode(rows, any_coder.rest(5), 20, 5e-4)
    assert len(whole.lines) > 10
    state, at, steps, lines, dropped = any_coder.rest(5), 0, [], [], 0.0
    for part in np.split(rows, cuts):
        volley, state = any_coder.encode(part, state, 20, 5e-4)
        steps.append(volley.steps + at)
        lines.append(volley.lines)
        dropped += volley.dropped
        at += 20 * len(part)
    assert np.array_equal(np.concatenate(steps), whole.steps)
    assert np.array_equal(np.concatenate(lines), whole.lines)
    assert dropped == pytest.approx(whole.dropped)
    assert str(after) == str(state)


def test_later_rows_change_no_earlier_spike(any_coder, rows):
    other = rows.copy()
    other[20:] = other[20:] + 1
    (a, _), (b, _) = (any_coder.encode(x, any_coder.rest(5), 20, 5e-4) for x in (rows, other))
    upto = a.starts[20 * 20]
    assert np.array_equal(a.starts[: 20 * 20 + 1], b.starts[: 20 * 20 + 1])
    assert np.array_equal(a.lines[:upto], b.lines[:upto])
    assert not np.array_equal(a.starts, b.starts)


def test_neither_input_nor_state_is_touched(any_coder, rows):
    state = any_coder.encode(rows[:10], any_coder.rest(5), 20, 5e-4)[1]
    text, kept = str(state), rows.copy()
    first, _ = any_coder.encode(rows[10:], state, 20, 5e-4)
    again, _ = any_coder.encode(rows[10:], state, 20, 5e-4)
    assert str(state) == text
    assert np.array_equal(rows, kept)
    assert np.array_equal(first.lines, again.lines)


def test_spikes_come_in_order_and_once_a_step(any_coder, rows):
    volley, _ = any_coder.encode(rows * (1 if isinstance(any_coder, SpikeCounts) else 20), any_coder.rest(5), 20, 5e-4)
    assert volley.starts[0] == 0 and volley.starts[-1] == len(volley.lines)
    assert len(volley.starts) == 40 * 20 + 1
    n_lines = any_coder.lines(5)
    assert volley.lines.max() < n_lines
    assert n_lines % 5 == 0
    assert (np.diff(volley.steps * n_lines + volley.lines) > 0).all()


def test_a_line_belongs_to_the_channel_of_its_place_in_the_block(any_coder, rows):
    """Moving one channel changes the lines i, i + n, i + 2 n ... of it and no other."""
    other = rows.copy()
    other[1:, 3] = 3 - other[1:, 3].clip(0, 3)
    told = []
    for x in (rows, other):
        volley, _ = any_coder.encode(x, any_coder.rest(5), 20, 5e-4)
        told.append([volley.steps[volley.lines % 5 == i].tolist() for i in range(5)])
    assert [i for i in range(5) if told[0][i] != told[1][i]] == [3]


@pytest.mark.parametrize("name", CODERS)
def test_a_liquid_takes_it_by_name(name, rng):
    X = [rng.poisson(1.0, (n, 3)).astype(float) if name == "spikes" else rng.normal(size=(n, 3)) for n in (9, 30, 14)]
    liquid = LiquidStateMachine(shape=(3, 3, 2), encoder=name, dt=5e-4, engine="numba", random_state=0).fit(X)
    states = liquid.transform(X)
    assert max(s.max() for s in states) > 0
    for a, b in zip(states, liquid.set_params(n_jobs=2).transform(X[::-1])[::-1], strict=True):
        assert np.array_equal(a, b)
    stream = liquid.stream()
    assert np.array_equal(np.vstack([stream.run(X[1][:11]), stream.run(X[1][11:])]), states[1])
    alone = InputSpikes(encoder=name, dt=5e-4).fit(X)
    assert alone.transform(X[0]).shape == (9, CODERS[name]().lines(3))


@pytest.mark.parametrize("name", ["population", "onset-offset"])
def test_the_gain_of_a_channel_reaches_all_its_lines(name, rng):
    x = rng.normal(size=(9, 2))
    liquid = LiquidStateMachine(encoder=name, input_gain=[1.0, 0.0], dt=5e-4, engine="numba").fit(x)
    assert (liquid.W_in_[0::2] != 0).all()
    assert (liquid.W_in_[1::2] == 0).all()


def test_brian2_gives_the_same_spikes_for_another_coder(rng):
    brian2 = pytest.importorskip("brian2")
    x = rng.normal(size=(12, 3)).cumsum(axis=0)
    liquid = LiquidStateMachine(shape=(3, 3, 2), encoder="threshold-crossing", dt=5e-4, engine="numba", random_state=0)
    [(times, units)] = liquid.fit(x).spikes([x])
    brian2.prefs.codegen.target = "numpy"
    network = liquid.network(x)
    network.run(0.12 * brian2.second, namespace={})
    assert len(units) > 5
    assert np.array_equal(network["spikes"].i, units)
    np.testing.assert_allclose(network["spikes"].t / brian2.second, times, atol=1e-9)


def test_compiled_spiker_equals_the_step_by_step_one(rng):
    residual = rng.integers(0, 64, (80, 4)) / 64.0  # powers of two, so that sums of them are exact
    h = np.array([1, 2, 4, 1]) / 8.0
    for threshold in (0.5, 0.75, 1.0):
        raster, after = spike_plain(residual, h, threshold)
        moved = residual.copy()
        assert np.array_equal(_spike(moved, h, threshold), raster)
        assert np.array_equal(moved, after)
        assert 10 < raster.sum() < raster.size


def test_compiled_crossings_equal_the_step_by_step_ones(rng):
    rows = rng.normal(size=(60, 4))
    for delta in (0.01, 0.3, 2.0):
        level = np.zeros(4, np.int64)
        moves, after = cross_plain(rows, level, delta, 8)
        assert np.array_equal(_cross(rows, level, delta, 8), moves)
        assert np.array_equal(level, after)
        assert np.abs(moves).sum() > 10


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (IntegrateFire(rate=0), "rate is 0, but it must be a number greater than 0"),
        (Poisson(rate=-1.0), "rate is -1.0, but it must be a number greater than 0"),
        (Poisson(seed=-1), "seed is -1, but it must be a whole number of at least 0"),
        (BSA(taps=0), "taps is 0, but it must be a whole number of at least 1"),
        (BSA(threshold=1.5), "threshold is 1.5, but it must be a number between 0 and 1"),
        (BSA(full_scale=0.0), "full_scale is 0.0, but it must be a number greater than 0"),
        (BSA(period=3e-3), r"period of encoder 'bsa' is 0.003 s, .* a row \(0.01 s\) a whole number of times"),
        (BSA(period=1e-4), r"a whole number of time steps \(0.0005 s\)"),
        (ThresholdCrossing(delta=0), "delta is 0, but it must be a number greater than 0"),
        (OnsetOffset(levels=(1.0, 0.0)), "levels is .* but at least two numbers must ascend"),
        (OnsetOffset(levels=(1.0,)), "at least two numbers must ascend"),
        (Latency(window=0), "window is 0, but it must be a whole number of at least 1"),
        (Latency(full_scale=-2), "full_scale is -2, but it must be a number greater than 0"),
        (Population(fields=1), "fields is 1, but it must be a whole number of at least 2"),
        (Population(low=2.0, high=-2.0), "low is 2 and high is -2, but low must be less"),
        (Population(width=0), "width is 0, but it must be a number greater than 0"),
    ],
    ids=repr,
)
def test_a_bad_parameter_is_named_in_one_sentence(bad, says):
    with pytest.raises(InputError, match=says):
        bad.encode(np.ones((3, 2)), bad.rest(2), 20, 5e-4)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'poisson'"):
        coder("poison")


def test_no_error_without_a_decoder():
    class Silent:
        def encode(self, U, state, n_sub, dt): ...

    with pytest.raises(InputError, match=r"has no decode\(\)"):
        reconstruction_error(Silent(), np.ones((3, 2)))


def test_graded_rates_are_those_of_the_spikes_and_chunks_change_none(rng):
    rows = 1 + rng.normal(size=(300, 3)).cumsum(axis=0) / 20
    for kind in (IntegrateFire(rate=40.0), Population(fields=5)):
        graded, n_lines = Graded(kind), kind.lines(3)
        volley, _ = graded.encode(rows, graded.rest(3), 20, 5e-4)
        assert len(volley.lines) == 0
        assert volley.levels.shape == (300, n_lines) == (300, graded.lines(3))
        spikes, _ = kind.encode(rows, kind.rest(3), 20, 5e-4)
        told = spikes.counts(n_lines, 20).sum(axis=0)
        np.testing.assert_allclose(volley.levels.sum(axis=0) * 0.01, told, atol=1.0)
        assert volley.amount(0.01) == pytest.approx(len(spikes.lines), abs=n_lines)
        parts = [graded.encode(part, None, 20, 5e-4)[0].levels for part in np.split(rows, [7, 100])]
        assert np.array_equal(np.vstack(parts), volley.levels)
    with pytest.raises(InputError, match="Poisson has no rates that can be graded; use Population or IntegrateFire"):
        LiquidStateMachine(encoder=Graded(Poisson()), engine="numba").fit(rows)


def test_control_of_a_graded_input_is_its_filtered_rates(rng):
    rows = rng.normal(size=(60, 2))
    control = InputSpikes(encoder="graded", filters=(0.03, 0.1), counts=True, dt=5e-4).fit(rows)
    states = control.transform(rows)
    n = control.n_units_ // 3
    levels = Graded().encode(rows, None, 20, 5e-4)[0].levels
    np.testing.assert_allclose(states[:, 2 * n :], levels * 0.01)
    s = np.zeros(n)
    for _ in range(200):  # ds/dt = -s/tau + r over the first row, in small steps
        s += 5e-5 * (levels[0] - s / 0.1)
    np.testing.assert_allclose(states[0, n : 2 * n], s, rtol=1e-3)
    stream = control.stream()
    np.testing.assert_allclose(np.vstack([stream.run(rows[:9]), stream.run(rows[9:])]), states, rtol=1e-12)
