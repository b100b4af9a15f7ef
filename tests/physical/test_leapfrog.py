import numpy as np
import pytest

from millpond.physical import ShallowTank, leapfrog
from millpond.readout import RidgeClassifier
from millpond.reservoir import InputError

SIZE, DEPTH, GRAVITY = (0.30, 0.24), 0.03, 9.81
SPEED = np.sqrt(GRAVITY * DEPTH)


def uneven(rng, shape=(12, 15)):
    """A bed that rises and falls, with an island."""
    depth = rng.uniform(0.01, 0.04, shape)
    depth[4:7, 5:9] = 0
    return depth


def still(shape):
    return np.zeros(shape)


def test_kernel_equals_its_plain_twin(rng):
    f = leapfrog.faces(uneven(rng), (0.01, 0.02))
    pushes = np.array([leapfrog.spread(f, rng.normal(size=(12, 15))) for _ in range(2)])
    strengths, damping = rng.normal(size=(60, 2)), rng.uniform(0, 20, (12, 15))
    h = 0.9 * leapfrog.longest_step(f)
    expected = leapfrog.run_plain(f, damping, pushes, strengths, h, still((12, 15)), still((12, 15)))
    now, before = leapfrog.run(*f, damping, pushes, strengths, h, still((12, 15)), still((12, 15)))
    scale = np.abs(expected[0]).max()
    np.testing.assert_allclose(now, expected[0], rtol=0, atol=1e-12 * scale)
    np.testing.assert_allclose(before, expected[1], rtol=0, atol=1e-12 * scale)


def run_free(f, now, before, h, n_steps, damping=0.0):
    drag, no_push, no_strength = np.full(now.shape, damping), np.zeros((0, *now.shape)), np.zeros((n_steps, 0))
    return leapfrog.run(*f, drag, no_push, no_strength, h, now.copy(), before.copy())


def test_a_standing_wave_is_approached_with_order_two():
    k = np.hypot(2 * np.pi / SIZE[0], 3 * np.pi / SIZE[1])
    period = 2 * np.pi / (SPEED * k)
    errors = []
    for n in (20, 40, 80):
        x, y = (np.arange(n) + 0.5) * SIZE[0] / n, (np.arange(n) + 0.5) * SIZE[1] / n
        shape = np.outer(np.cos(3 * np.pi * y / SIZE[1]), np.cos(2 * np.pi * x / SIZE[0]))
        f = leapfrog.faces(np.full((n, n), DEPTH), (SIZE[0] / n, SIZE[1] / n))
        n_steps = 6 * n
        h = 3.3 * period / n_steps
        assert h < leapfrog.longest_step(f)
        now, _ = run_free(f, shape, shape * np.cos(SPEED * k * h), h, n_steps)
        errors.append(np.abs(now - shape * np.cos(SPEED * k * 3.3 * period)).max())
    np.testing.assert_allclose(np.log2(np.divide(errors[:-1], errors[1:])), 2, atol=0.1)


def test_the_limit_of_stability_is_sharp_over_an_even_bed(rng):
    f = leapfrog.faces(np.full((40, 40), DEPTH), (0.01, 0.01))
    limit = leapfrog.longest_step(f)
    assert limit == pytest.approx(0.01 / (SPEED * np.sqrt(2)), rel=1e-12)
    start = rng.normal(size=(40, 40))
    assert np.abs(run_free(f, start, start, 0.999 * limit, 3000)[0]).max() < 100
    assert np.abs(run_free(f, start, start, 1.01 * limit, 500)[0]).max() > 1e6


def test_energy_and_volume_stay_over_an_uneven_bed(rng):
    f = leapfrog.faces(uneven(rng), (0.01, 0.02))
    now = rng.normal(size=(12, 15)) * (leapfrog.spread(f, rng.normal(size=(12, 15))) != 0)
    before, h = now.copy(), 0.7 * leapfrog.longest_step(f)
    volume = now.sum()

    def energy(now, before):  # what leapfrog keeps exactly
        return 0.5 * ((now - before) ** 2).sum() / h**2 - 0.5 * (now * leapfrog.spread(f, before)).sum()

    start = energy(now, before)
    for _ in range(5):
        now, before = run_free(f, now, before, h, 2000)
        assert energy(now, before) == pytest.approx(start, rel=1e-10)
        assert now.sum() == pytest.approx(volume, abs=1e-9)


def test_damping_takes_half_its_rate_from_the_waves():
    n, gamma = 40, 2.0
    x = (np.arange(n) + 0.5) / n
    shape = np.tile(np.cos(np.pi * x), (4, 1))
    f = leapfrog.faces(np.full((4, n), DEPTH), (SIZE[0] / n, 0.1))
    w = np.sqrt((SPEED * np.pi / SIZE[0]) ** 2 - gamma**2 / 4)
    cycles = 6 * np.pi / w
    h = cycles / 2000
    # a damped cosine at its maximum and a step before
    before = shape * np.exp(gamma * h / 2) * (np.cos(w * h) - gamma / (2 * w) * np.sin(w * h))
    now, _ = run_free(f, shape, before, h, 2000, gamma)
    assert now[0, 0] / shape[0, 0] == pytest.approx(np.exp(-gamma / 2 * cycles), rel=1e-3)


def modal(u, motor, spot, period, damping, carrier, x, y, n_modes=24):
    """Heights at the end of each row by exact modes of w = c k, driven as the tank is."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    shapes = []
    for length, place in zip(SIZE, motor, strict=True):
        at = (nodes + 1) / 2 * length
        k = np.pi * np.arange(n_modes) / length
        pressed = np.cos(np.outer(k, at)) @ (weights * np.exp(-((at - place) ** 2) / (2 * spot**2))) / 2
        shapes.append((k, pressed * np.where(k > 0, 2, 1)))
    (kx, px), (ky, py) = shapes
    w2 = SPEED**2 * np.add.outer(ky**2, kx**2)
    # under one unit of input each mode follows a'' + 2 g a' + w^2 a = - w^2 p exp(i carrier t)
    g = damping / 2
    w2[0, 0] = 1  # any: nothing moves the volume
    forced = -w2 / (w2 - carrier**2 + 2j * g * carrier) * np.outer(py, px)
    forced[0, 0] = 0
    w = np.sqrt(w2 - g**2 + 0j)
    cos, sin = np.cos(w * period) * np.exp(-g * period), np.sin(w * period) / w * np.exp(-g * period)
    part = np.imag if carrier else np.real
    a, v, out = np.zeros(w.shape), np.zeros(w.shape), []
    for t, value in enumerate(u):
        now, later = (value * forced * np.exp(1j * carrier * period * s) for s in (t, t + 1))
        a, v = a - part(now), v - part(1j * carrier * now)
        a, v = a * cos + (v + g * a) * sin, v * cos - (w2 * a + g * v) * sin
        a, v = a.real + part(later), v.real + part(1j * carrier * later)
        out.append(np.cos(np.outer(y, ky)) @ a @ np.cos(np.outer(kx, x)))
    return np.array(out)


@pytest.mark.parametrize("carrier", [0.0, 3.0])
def test_exact_modes_of_the_same_water_are_approached_with_order_two(rng, carrier):
    u = rng.normal(size=(6, 1))
    motor, errors = (0.11, 0.09), []
    for n in (15, 30, 60):
        tank = ShallowTank(
            size=SIZE, cells=(n, n * 4 // 5), depth=DEPTH, damping=0.8, motors=[motor], spot=0.035, amplitude=1.0,
            carrier=carrier, hold=0.15, time_step=0.15 / n,
        ).fit(u)  # fmt: skip
        heights = tank.surface(u)
        x, y = (np.arange(n) + 0.5) * SIZE[0] / n, (np.arange(n * 4 // 5) + 0.5) * SIZE[1] / (n * 4 // 5)
        exact = modal(u[:, 0], motor, 0.035, 0.15, 0.8, 2 * np.pi * carrier, x, y)
        errors.append(np.linalg.norm(heights - exact) / np.linalg.norm(exact))
    assert errors[-1] < 0.02
    np.testing.assert_allclose(np.log2(np.divide(errors[:-1], errors[1:])), 2, atol=0.25)


def heights_at(depth, motor, gauge, u):
    """What a gauge in one cell sees of a motor that presses on one other cell."""
    f = leapfrog.faces(depth, (0.01, 0.01))
    press = still(depth.shape)
    press[motor] = 1
    push = leapfrog.spread(f, press)[None]
    now, before, seen = still(depth.shape), still(depth.shape), []
    for strength in u:
        now, before = leapfrog.run(*f, still(depth.shape), push, np.array([[strength]]), 0.005, now, before)
        seen.append(now[gauge])
    return np.array(seen)


def test_motor_and_gauge_may_change_places(rng):
    depth, u = uneven(rng), rng.normal(size=100)
    there = heights_at(depth, (1, 2), (9, 12), u)
    back = heights_at(depth, (9, 12), (1, 2), u)
    assert np.abs(there).max() > 0.01
    np.testing.assert_allclose(there, back, atol=1e-12)


def test_behind_a_closed_wall_the_water_is_still(rng):
    depth = np.full((16, 20), 0.03)
    depth[:, 10] = 0
    tank = ShallowTank(cells=(20, 16), depth=depth, motors=[[0.05, 0.1]]).fit(rng.normal(size=(9, 1)))
    heights = tank.surface(rng.normal(size=(9, 1)))
    assert not heights[:, :, 10].any()
    assert np.abs(heights[:, :, 11:]).max() < 1e-18  # the skirt of the motor's own pressure
    assert np.abs(heights[:, :, :10]).max() > 1e-6
    assert (tank.gauges_[:, 1] != 10).all()
    depth[8, 10] = 0.03  # a gap lets them through
    gap = ShallowTank(cells=(20, 16), depth=depth, motors=[[0.05, 0.1]]).fit(rng.normal(size=(9, 1)))
    assert np.abs(gap.surface(rng.normal(size=(9, 1)))[:, :, 11:]).max() > 1e-7


def test_a_beach_sends_less_back():
    u = np.zeros((40, 1))
    u[:4] = 1

    def left(beach):
        tank = ShallowTank(size=(1.0, 0.1), cells=(200, 2), motors=[[0.5, 0.05]], damping=0.0, beach=beach).fit(u)
        return np.abs(tank.surface(u)[-5:]).max()

    assert left(0.2) < 0.1 * left(0.0)


def test_waves_slow_down_in_shallow_water():
    depth = np.full((2, 400), 0.04)
    depth[:, 200:] = 0.01
    u = np.zeros((100, 1))
    u[:2] = 1
    tank = ShallowTank(
        size=(4.0, 0.02), cells=(400, 2), depth=depth, motors=[[2.0, 0.01]], spot=0.05, damping=0.0, carrier=0.0,
        hold=0.02,
    ).fit(u)  # fmt: skip
    energy = tank.surface(u)[-1, 0] ** 2
    way = np.abs(np.arange(400) - 199.5)
    deep, shallow = (np.average(way[side], weights=energy[side]) for side in (slice(200), slice(200, 400)))
    assert deep / shallow == pytest.approx(2, rel=0.03)  # sqrt(g h)


def test_heights_add_up(rng):
    u, v = rng.normal(size=(2, 12, 2))
    tank = ShallowTank(cells=(20, 16), camera="height", random_state=0).fit(u)
    both = tank.transform(u) + 2 * tank.transform(v)
    np.testing.assert_allclose(tank.transform(u + 2 * v), both, atol=1e-12 * np.abs(both).max())


def test_gauges_read_the_surface(rng, ragged):
    tank = ShallowTank(cells=(20, 16), camera="height", n_units=30, random_state=0).fit(ragged)
    heights, states = tank.surface(ragged), tank.transform(ragged)
    for h, s in zip(heights, states.signals, strict=True):
        np.testing.assert_array_equal(h[:, tank.gauges_[:, 0], tank.gauges_[:, 1]], s)
    assert len(np.unique(tank.gauges_, axis=0)) == 30


def test_a_step_above_the_limit_is_refused_with_the_limit():
    tank = ShallowTank(time_step=0.01)
    limit = 0.005 / (SPEED * np.sqrt(2))
    with pytest.raises(InputError, match=f"time_step is 0.01 s.*stable up to {limit:.4g} s alone"):
        tank.fit(np.ones((2, 1)))
    tank.set_params(time_step=limit * 0.999).fit(np.ones((2, 1)))
    assert tank.time_step_ <= limit
    assert tank.hold / tank.time_step_ == pytest.approx(round(tank.hold / tank.time_step_))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"depth": 0}, "depth is 0"),
        ({"depth": np.zeros((48, 60))}, "depth reaches from 0 to 0"),
        ({"depth": np.ones((60, 48))}, "depth has shape"),
        ({"motors": [[0.4, 0.1]]}, "a motor lies outside the tank of 0.3 by 0.24 m"),
        ({"cells": (1, 20)}, r"cells\[0\] is 1"),
        ({"cells": (20, 8.5)}, r"cells\[1\] is 8.5"),
        ({"cells": 20}, "cells has shape"),
        ({"size": (0, 1)}, r"size\[0\] is 0"),
        ({"beach": -1}, "beach is -1"),
    ],
)
def test_parameters_outside_their_range_are_named(changes, says):
    with pytest.raises(InputError, match=says):
        ShallowTank(**changes).fit(np.ones((2, 1)))


def test_the_slope_is_that_of_a_smooth_surface_to_second_order():
    errors = []
    for n in (40, 80):
        x, y = (np.arange(n) + 0.5) * 0.3 / n, (np.arange(n) + 0.5) * 0.24 / n
        f = leapfrog.faces(np.full((n, n), 0.03), (0.3 / n, 0.24 / n))
        kx, ky = 2 * np.pi / 0.3, np.pi / 0.24
        seen = leapfrog.slope_squared(f, (0.3 / n, 0.24 / n), np.outer(np.cos(ky * y), np.cos(kx * x)))
        exact = (kx * np.outer(np.cos(ky * y), np.sin(kx * x))) ** 2
        exact += (ky * np.outer(np.sin(ky * y), np.cos(kx * x))) ** 2
        errors.append(np.abs(seen - exact)[1:-1, 1:-1].max())
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.1)


def test_xor_of_two_motors_needs_the_slope(rng):
    on = rng.integers(0, 2, (200, 2))
    signals = [np.repeat(row[None] + 0.05 * rng.normal(size=(1, 2)), 8, axis=0) for row in on]
    right = {}
    for camera in ("slope", "height"):
        tank = ShallowTank(cells=(30, 24), camera=camera, n_units=100, random_state=0).fit(signals)
        last = np.array([states[-1] for states in tank.transform(signals)])
        readout = RidgeClassifier(standardize=True).fit(last[:140], (on[:, 0] ^ on[:, 1])[:140])
        right[camera] = np.mean(readout.predict(last[140:]) == (on[:, 0] ^ on[:, 1])[140:])
    assert right["slope"] > 0.97
    assert right["height"] < 0.7
