"""The tank as a whole: what waves do, what it computes and cannot, and what it says about bad set-ups."""

from dataclasses import replace

import numpy as np
import pytest

from millpond.physical import LIQUIDS, Liquid, ShallowTank, WaveTank
from millpond.physical.camera import row_plain
from millpond.readout import Pool, RidgeClassifier
from millpond.recording import Recording, record
from millpond.reservoir import InputError

EXACT = {
    "dtype": "float64", "modes": (16, 14), "carrier": 5.0, "reference": 0.0, "noise": 0.0, "pixels": (32, 28),
    "cells": (16, 14),
}  # fmt: skip


def tank(u, **params):
    return WaveTank(**(EXACT | {"random_state": 0} | params)).fit(u)


@pytest.mark.parametrize("damping", ["none", "bulk", "walls", "film"])
def test_every_mode_swings_and_dies_as_the_formulas_say(damping):
    u = np.zeros((120, 1))
    u[0] = 1
    places = [[0.031, 0.017]]  # beside the nodes of all modes
    water = tank(u, damping=damping, modulation="pressure", hold=0.01, motor_positions=places, footprint=0.004)
    heights = water.surface(u)
    x, y = np.arange(32) + 0.5, np.arange(28) + 0.5
    for m in range(16):
        for n in range(14):
            if m == n == 0:
                continue
            wave = np.cos(np.pi * m * x / 32)[:, None] * np.cos(np.pi * n * y / 28)
            a = np.tensordot(heights, wave / np.sum(wave**2), 2)[1:]  # swings freely after the push
            # a damped sine obeys a[t+1] = p a[t] + q a[t-1] with p = 2 exp(-gamma T) cos(w T), q = -exp(-2 gamma T)
            (p, q), *_ = np.linalg.lstsq(np.stack([a[1:-1], a[:-2]], 1), a[2:], rcond=None)
            gamma = -np.log(-q) / 2 / 0.01
            w = np.arccos(p / 2 / np.sqrt(-q)) / 0.01
            expected = water.mode_decay_[m, n]
            assert gamma == pytest.approx(expected, rel=1e-6, abs=1e-7)
            assert np.sqrt(w**2 + gamma**2) == pytest.approx(water.mode_frequencies_[m, n], rel=1e-6)


def test_the_frame_step_does_not_matter(rng):
    u = rng.normal(size=(20, 2))
    coarse = tank(u, carrier=3.7, pressure=1.0, hold=0.2)
    fine = tank(u, carrier=3.7, pressure=1.0, hold=0.1)
    a, b = coarse.surface(u), fine.surface(np.repeat(u, 2, axis=0))[1::2]
    np.testing.assert_allclose(b, a, rtol=0, atol=1e-12 * np.abs(a).max())


def test_heights_add_up_and_no_water_is_lost(rng):
    u, v = rng.normal(size=(2, 30, 3))
    water = tank(u, pressure=2.0)
    both, one, two = (water.surface(s) for s in (u + v, u, v))
    np.testing.assert_allclose(both, one + two, rtol=0, atol=1e-12 * np.abs(both).max())
    assert np.abs(both.mean((1, 2))).max() < 1e-15


def test_mirrored_motors_make_mirrored_waves(rng):
    u = rng.normal(size=(25, 2))
    places = np.array([[0.04, 0.05], [0.2, 0.21]])
    left = tank(u, motor_positions=places).surface(u)
    right = tank(u, motor_positions=[0.30, 0] + [-1, 1] * places).surface(u)
    np.testing.assert_allclose(right, left[:, ::-1], rtol=0, atol=1e-12 * np.abs(left).max())


def test_a_steady_frequency_is_a_carrier_of_that_frequency(rng):
    u = np.ones((15, 1))
    shifted = tank(u, modulation="frequency", carrier=3.2, deviation=0.5, pressure=1.0).surface(u)
    plain = tank(u, carrier=3.7, pressure=1.0).surface(u)
    np.testing.assert_allclose(shifted, plain, rtol=0, atol=1e-9 * np.abs(plain).max())


def test_on_off_motors_hear_the_two_signs(rng):
    u = rng.normal(size=(20, 2))
    split = np.hstack([np.maximum(u, 0), np.maximum(-u, 0)])
    a, b = tank(u, on_off=True), tank(split)
    np.testing.assert_allclose(a.surface(u), b.surface(split), rtol=1e-12)


@pytest.mark.parametrize("carrier", [5.0, 0.0])
def test_exposure_is_the_mean_of_short_flashes(rng, carrier):
    u = rng.normal(size=(12, 1))
    blurred = tank(u, exposure=0.05, carrier=carrier, pressure=1.0)
    fine = tank(u, pictures=800, carrier=carrier, pressure=1.0)
    n = 12 * 800
    light = np.concatenate([s for s, _ in fine._water.blocks(u.astype(float), fine.initial_state())])
    assert len(light) == n
    kept = light.reshape(12, 800, *light.shape[1:])[:, -200:]  # the last quarter of 0.2 s
    camera = blurred._camera
    for row in (3, 11):
        seen = np.mean([row_plain(replace(camera, noise=0.0), a[None], 0) for a in kept[row]], axis=0)
        assert np.linalg.norm(blurred.transform(u)[row] - seen) < 0.07 * np.linalg.norm(seen)


def test_an_exposure_too_short_to_step_is_refused():
    with pytest.raises(InputError, match=r"needs \d+ steps for each row, but at most 4096 are allowed"):
        WaveTank(exposure=1e-5).fit(np.ones((3, 1)))


def test_what_one_place_does_to_another_is_what_that_does_to_it(rng):
    u = np.zeros((30, 1))
    u[0] = 1
    places = np.array([[5.5, 7.5], [20.5, 3.5], [30.5, 26.5]])  # middles of pixels
    rooms = {"modulation": "pressure", "pressure": 1.0, "hold": 0.05}
    heights = [tank(u, motor_positions=[p * (0.30 / 32, 0.24 / 28)], **rooms).surface(u) for p in places]
    for i in range(3):
        for j in range(i):
            x, y = (places - 0.5).astype(int).T
            there, back = heights[i][:, x[j], y[j]], heights[j][:, x[i], y[i]]
            np.testing.assert_allclose(there, back, rtol=0, atol=1e-12 * np.abs(there).max())


def test_a_frequency_may_pass_through_nothing(rng):
    near, at = (
        tank(u, modulation="frequency", carrier=3.2, deviation=3.2, pressure=1.0, phase=0.5).surface(u)
        for u in (np.full((8, 1), -1 + 1e-9), np.full((8, 1), -1.0))
    )
    np.testing.assert_allclose(near, at, rtol=0, atol=1e-6 * np.abs(at).max())
    still = tank(np.ones((8, 1)), modulation="frequency", carrier=3.2, deviation=0.0, pressure=1.0)
    plain = tank(np.ones((8, 1)), carrier=3.2, pressure=1.0)
    u = 5 * np.ones((8, 1))
    np.testing.assert_allclose(still.surface(u), plain.surface(u / 5), rtol=0, atol=1e-9)


def test_long_waves_on_thin_water_are_those_of_the_second_solver():
    u = np.zeros((40, 1))
    u[:5] = 1
    depth, places, spot = 1e-3, [[0.11, 0.09]], 0.03
    exact = tank(
        u, depth=depth, motor_positions=places, footprint=spot, modulation="pressure", pressure=1.0, damping="none",
        liquid=Liquid(1000.0, 0.0, 0.0), hold=0.05, modes=(24, 20), carrier=1.0,
    )  # fmt: skip
    stepped = ShallowTank(
        cells=(64, 56), depth=depth, motors=places, spot=spot, amplitude=1 / (1000.0 * 9.81), carrier=0.0, damping=0.0,
        hold=0.05, camera="height", n_units=5, random_state=0,
    ).fit(u)  # fmt: skip
    a, b = exact.surface(u, (64, 56)), stepped.surface(u).swapaxes(1, 2)
    assert np.linalg.norm(a - b) < 0.03 * np.linalg.norm(a)


def test_motors_that_raise_no_waves_are_told():
    with pytest.raises(InputError, match="raises waves of slope"):
        WaveTank(footprint=1.0).fit(np.ones((5, 1)))


def test_a_run_that_leaves_all_numbers_is_told_by_the_camera_too(rng):
    u = rng.normal(size=(5, 1))
    water = WaveTank(random_state=0).fit(u)
    for call in (water.transform, water.observe):
        with np.errstate(over="ignore", invalid="ignore"), pytest.raises(InputError, match="sequence 0 diverged"):
            call([1e30 * u])


def test_slope_and_reference_are_set_by_the_training_signals(rng):
    u = 37 * rng.normal(size=(200, 4))
    water = WaveTank(slope=0.04, reference=1.5, random_state=0, dtype="float64", noise=0).fit(u)
    reference = water.reference_pressure_
    alone = WaveTank(pressure=water.pressure_, reference=0.0, random_state=0, dtype="float64", noise=0).fit(u)

    def rms_slope(heights):
        along_x, along_y = np.gradient(heights, 0.30 / 120, 0.24 / 100, axis=(1, 2))
        return np.sqrt(np.mean(along_x**2 + along_y**2))

    grid = (120, 100)
    assert rms_slope(alone.surface(u, grid)) == pytest.approx(0.04, rel=0.05)
    steady = water.surface(0 * u, grid)
    assert rms_slope(steady) == pytest.approx(0.06, rel=0.05)
    assert reference > 0


def bits(rng, n, n_motors=2):
    """Return `n` trials of two seconds, in which each bit switches a tone (no two quite the same), and the bits."""
    on = rng.integers(0, 2, (n, n_motors))
    return [np.repeat(row[None] + 0.05 * rng.normal(size=(1, n_motors)), 10, axis=0) for row in on], on


def accuracy(model, signals, labels, n_train):
    last = Pool("last")
    model.fit(signals[:n_train])
    features = last.fit_transform(model.transform(signals))
    readout = RidgeClassifier(standardize=True).fit(features[:n_train], labels[:n_train])
    return np.mean(readout.predict(features[n_train:]) == labels[n_train:])


TWO = [[0.012, 0.08], [0.288, 0.16]]


@pytest.mark.parametrize(("camera", "low", "high"), [("height", 0, 0.65), ("slope", 0.99, 1), ("sobel", 0.99, 1)])
def test_xor_of_two_motors_needs_a_camera_that_is_not_linear(rng, camera, low, high):
    signals, on = bits(rng, 300)
    water = WaveTank(motor_positions=TWO, camera=camera, carrier=8.0, reference=0, distance=0.005, random_state=0)
    assert low <= accuracy(water, signals, on[:, 0] ^ on[:, 1], 200) <= high


@pytest.mark.parametrize(("camera", "low", "high"), [("slope", 0, 0.7), ("sobel", 0.98, 1)])
def test_a_random_phase_blinds_slopes_but_not_edges(rng, camera, low, high):
    # a sine of any phase is a sum of a sine and a cosine from the same place
    signals, on = bits(rng, 300)
    loud = np.array([s[0] for s in signals])
    angle = rng.uniform(0, 2 * np.pi, (300, 2))
    quadrature = np.stack([loud * np.cos(angle), loud * np.sin(angle)], axis=2).reshape(300, 4)
    signals = [np.repeat(q[None], 10, axis=0) for q in quadrature]
    places, phase = np.repeat(TWO, 2, axis=0), [0, np.pi / 2, 0, np.pi / 2]
    water = WaveTank(
        motor_positions=places, phase=phase, camera=camera, carrier=8.0, reference=0, distance=0.005, random_state=0
    )
    assert low <= accuracy(water, signals, on[:, 0] ^ on[:, 1], 200) <= high


@pytest.mark.parametrize(
    ("camera", "xor", "parity"),
    [("height", (0, 0.6), (0, 0.6)), ("slope", (0.97, 1), (0, 0.6)), ("sobel", (0.97, 1), (0.9, 1))],
)
def test_parity_of_three_bits_is_beyond_squares(rng, camera, xor, parity):
    # slope squared is of second degree in the bits: a product of three is out of its reach, whatever the readout
    bit = rng.integers(0, 2, 3000)
    one, two = np.roll(bit, 1), np.roll(bit, 2)
    u = bit[:, None].astype(float)
    water = WaveTank(
        motor_positions=TWO[:1], camera=camera, carrier=5.0, hold=0.4, reference=0, distance=0.005, random_state=0
    ).fit(u)
    states, train, test = water.transform(u), slice(100, 2000), slice(2000, 3000)
    for target, (low, high) in ((bit ^ one, xor), (bit ^ one ^ two, parity)):
        readout = RidgeClassifier(standardize=True).fit(states[train], target[train])
        assert low <= np.mean(readout.predict(states[test]) == target[test]) <= high


def test_recordings_keep_frames(rng, tmp_path):
    signals = [rng.normal(size=(n, 2)) for n in (7, 12)]
    water = WaveTank(pixels=(14, 10), cells=(14, 10), frames_every=5, random_state=0)
    with record(water, signals, tmp_path / "water.h5", progress=False) as found:
        assert isinstance(found, Recording)
        assert [found.frames[i].shape for i in range(2)] == [(2, 10, 14), (3, 10, 14)]
        assert np.array_equal(found.frames[1], water.observe(signals)["frames"][1])
        np.testing.assert_array_equal(found.states[1], water.transform(signals[1]))


def test_liquids_differ_as_they_should(rng):
    u = rng.normal(size=(10, 1))
    deep = {name: tank(u, liquid=name, depth=0.5, carrier=1.0).mode_frequencies_[9, 7] for name in LIQUIDS}
    k = np.pi * np.hypot(9 / 0.30, 7 / 0.24)
    for name, liquid in LIQUIDS.items():
        expected = np.sqrt(9.81 * k + liquid.surface_tension / liquid.density * k**3)
        assert deep[name] == pytest.approx(expected, rel=1e-6)
    moon = tank(u, liquid=Liquid(1000.0, 0.0, 0.0), gravity=1.62, depth=0.5, carrier=1.0)
    assert moon.mode_frequencies_[9, 7] == pytest.approx(np.sqrt(1.62 * k), rel=1e-6)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"carrier": 9.9}, r"9.9 Hz makes 1.98 periods in the 0.2 s of a row.* once in 25 rows; take 10 Hz"),
        ({"carrier": 30.0}, "30 Hz makes waves shorter than the shortest mode"),
        ({"slope": 0.2}, r"slopes of 0.4\d* .*lower slope"),
        ({"camera": "shadowgraph", "distance": 0.2}, r"in \d+ % of the pixels the light crosses"),
    ],
)
def test_doubtful_set_ups_are_spoken_of_with_their_numbers(rng, params, says):
    with pytest.warns(UserWarning, match=says):
        WaveTank(random_state=0, **params).fit(rng.normal(size=(50, 2)))


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"camera": "sobl"}, "did you mean 'sobel'"),
        ({"damping": "oil"}, "damping is 'oil'"),
        ({"liquid": "wine"}, "liquid is 'wine'"),
        ({"modulation": "phase"}, "modulation is 'phase'"),
        ({"size": 0.3}, "two numbers are needed"),
        ({"size": (0.3, -1)}, "size is -1"),
        ({"modes": (1, 8)}, "modes is 1"),
        ({"depth": 0}, "depth is 0"),
        ({"hold": 0}, "hold is 0"),
        ({"cells": (13, 10)}, "cannot be divided into that many equal blocks"),
        ({"exposure": 0.3}, "a picture is taken every 0.2 s"),
        ({"carrier": -1.0}, "carrier is -1"),
        ({"carrier": [1.0, 2.0, 3.0]}, r"carrier has shape \(3,\), but \(2\) is needed"),
        ({"motor_positions": [[0.1, 0.1], [0.4, 0.1]]}, r"has \(0.4, 0.1\) m in it, but the tank is 0.3 x 0.24 m"),
        ({"frames_every": 0}, "frames_every is 0"),
        ({"bits": 0}, "bits is 0"),
        ({"bits": 200}, "bits is 200"),
        ({"on_off": "no"}, "on_off is 'no'"),
        ({"carrier": "fast"}, "carrier is .*numbers are needed"),
        ({"motor_positions": "here"}, "motor_positions is 'here', but numbers are needed"),
        ({"noise": -1}, "noise is -1"),
        ({"n_motors": 0}, "n_motors is 0"),
        ({"liquid": Liquid(0.0, 0.07, 1e-6)}, "density is 0"),
    ],
)
def test_bad_parameters_are_named(params, says):
    with pytest.raises(InputError, match=says):
        WaveTank(random_state=0, **params).fit(np.ones((5, 2)))
