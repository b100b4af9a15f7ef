"""The physics of the modes against formulas, integrals and solvers that share no line with them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from millpond.physical import LIQUIDS, Liquid, WaveTank, modes, waves
from millpond.reservoir import InputError

BASIN = modes.Basin((0.30, 0.24), 0.03, (12, 10), LIQUIDS["water"])


def test_dispersion_is_that_of_gravity_capillary_waves():
    w = modes.frequency(BASIN)
    for m, n in ((1, 0), (0, 1), (5, 3), (11, 9)):
        k = np.pi * np.hypot(m / 0.30, n / 0.24)
        assert w[m, n] == pytest.approx(np.sqrt((9.81 * k + 0.0728 / 998.2 * k**3) * np.tanh(0.03 * k)), rel=1e-12)
    assert w[0, 0] == 0


def test_slowest_wave_on_deep_water():
    # the minimum of the phase speed, (4 g sigma / rho)^(1/4) at k = sqrt(rho g / sigma): Lamb, section 267
    k = np.sqrt(998.2 * 9.81 / 0.0728)
    deep = modes.Basin((np.pi / k, 1.0), 1.0, (2, 2), LIQUIDS["water"])
    assert modes.frequency(deep)[1, 0] / k == pytest.approx((4 * 9.81 * 0.0728 / 998.2) ** 0.25, rel=1e-12)


@pytest.mark.parametrize(("m", "n"), [(3, 2), (4, 0), (0, 1), (9, 9)])
def test_layers_take_the_energy_that_integrals_over_the_walls_say(m, n):
    (lx, ly), h, nu = BASIN.size, BASIN.depth, BASIN.liquid.viscosity
    kx, ky = m * np.pi / lx, n * np.pi / ly
    k, w = np.hypot(kx, ky), modes.frequency(BASIN)[m, n]
    x, y, z = (((np.arange(2000) + 0.5) / 2000) * side for side in (lx, ly, h))
    speed = w / (k * np.sinh(k * h))  # of the potential, for an amplitude of 1
    deep, shallow = np.cosh(k * z), np.sinh(k * z)

    def square(f):
        return np.mean(f**2)

    def wall(along, s):  # both tangential velocities squared over a wall along s, at its middle height z
        return square(along * np.sin(along * s)) * square(deep) + square(k * np.cos(along * s)) * square(shallow)

    bottom = square(kx * np.sin(kx * x)) * square(np.cos(ky * y)) + square(np.cos(kx * x)) * square(ky * np.sin(ky * y))
    power = lx * ly * bottom + 2 * ly * h * wall(ky, y) + 2 * lx * h * wall(kx, x)
    filled = lx * ly * square(np.cos(kx * x)) * square(np.cos(ky * y))
    energy = w**2 * filled / (2 * k * np.tanh(k * h))
    film = lx * ly * bottom * np.cosh(k * h) ** 2
    rates = {d: modes.decay(replace(BASIN, damping=d))[m, n] for d in modes.DAMPING}
    layer = np.sqrt(nu * w / 8) * speed**2 / energy / 2
    assert rates["none"] == 0
    assert rates["bulk"] == pytest.approx(2 * nu * k**2, rel=1e-12)
    assert rates["walls"] - rates["bulk"] == pytest.approx(layer * power, rel=1e-5)
    assert rates["film"] - rates["walls"] == pytest.approx(layer * film, rel=1e-5)


def test_extra_damping_adds_to_every_model():
    for damping in modes.DAMPING:
        plain = replace(BASIN, damping=damping)
        np.testing.assert_allclose(modes.decay(replace(plain, extra=0.7)) - modes.decay(plain), 0.7, rtol=1e-12)


def test_short_waves_on_deep_water_do_not_overflow():
    deep = modes.Basin((0.3, 0.24), 5.0, (64, 64), LIQUIDS["mercury"])
    assert np.isfinite(modes.eigenvalues(deep)).all()


def test_modes_that_creep_are_refused_with_their_length():
    honey = Liquid(1400.0, 0.07, 5e-3)
    with pytest.raises(InputError, match=r"waves of [\d.]+ to [\d.]+ mm do not swing"):
        modes.eigenvalues(replace(BASIN, liquid=honey, modes=(40, 32)))


@pytest.mark.parametrize("hertz", [0.0, 3.0, 10.0])
def test_driven_modes_agree_with_a_general_solver(hertz):
    lam, B = modes.eigenvalues(BASIN).ravel(), modes.spot(BASIN, 0.047, 0.19, 0.008).ravel()
    gamma, w0, w, T = modes.decay(BASIN).ravel(), modes.frequency(BASIN).ravel(), 2 * np.pi * hertz, 0.13
    told = np.random.default_rng(0).normal(size=12)
    plus, minus = modes.response(lam, T, w), modes.response(lam, T, -w)
    z, z_all = np.zeros(len(lam), complex), []
    for step, u in enumerate(told):
        turn = np.exp(1j * w * step * T)
        force = (plus * turn - minus / turn) / 2j if hertz else plus
        z = np.exp(lam * T) * z + B * u * force
        z_all.append(z)
    for mode in (1, 7, 33, 118):
        y, scale = np.zeros(2), np.abs([z[mode].imag / lam[mode].imag for z in z_all]).max()
        for step, u in enumerate(told):

            def motion(t, y, mode=mode, u=u):
                push = B[mode] * u * (np.sin(w * t) if hertz else 1)
                return [y[1], push - 2 * gamma[mode] * y[1] - w0[mode] ** 2 * y[0]]

            span = (step * T, (step + 1) * T)
            y = solve_ivp(motion, span, y, method="DOP853", rtol=1e-12, atol=1e-18).y[:, -1]
            assert abs(z_all[step][mode].imag / lam[mode].imag - y[0]) < 1e-9 * scale


def test_response_on_resonance_is_the_limit_of_those_beside_it():
    lam = np.array([2j])
    assert modes.response(lam, 0.5, 2.0)[0] == pytest.approx(0.5 * np.exp(1j), rel=1e-12)
    assert modes.response(lam, 0.5, 2.0 + 1e-9)[0] == pytest.approx(modes.response(lam, 0.5, 2.0)[0], rel=1e-8)
    near, far = (modes.response(lam, 0.5, 2.0 + gap)[0] for gap in (0.1999999, 0.2000001))  # two ways to compute it
    assert near == pytest.approx(far, rel=1e-6)


def test_a_row_of_many_decay_times_does_not_overflow():
    steady = modes.response(np.array([-3 + 20j]), 1e5, 7.0)
    assert abs(steady[0]) == pytest.approx(1 / abs(7j - (-3 + 20j)), rel=1e-9)


def test_energy_stays_for_a_hundred_thousand_undamped_frames(rng):
    still = replace(BASIN, damping="none")
    z = rng.normal(size=(2, 120)) * 1e-3
    E = waves.split(np.exp(modes.eigenvalues(still).ravel() * 0.02), float)
    out = np.empty((1, 120))

    def energy():
        return modes.energy(still, (z[0] + 1j * z[1]).reshape(still.modes))

    before = energy()
    assert before > 0
    waves.run(E, np.zeros((1, 2, 120)), np.zeros((100_000, 1)), z, np.ones(120), np.arange(100_000) == 99_999, out)
    assert energy() == pytest.approx(before, rel=1e-11)


def test_energy_of_a_still_hump_is_the_work_against_gravity_and_surface_tension():
    a = np.zeros(BASIN.modes)
    a[3, 2] = 1e-3
    lam = modes.eigenvalues(BASIN)
    z = a * (-lam.real + 1j * lam.imag)  # at rest: a' = Re z + Re(lambda) a = 0
    liquid, k = BASIN.liquid, modes.wavenumber(BASIN)[3, 2]
    area = 0.30 * 0.24 / 4  # the mean of the squares of two cosines
    work = (liquid.density * 9.81 + liquid.surface_tension * k**2) * 1e-6 * area / 2
    assert modes.energy(BASIN, z) == pytest.approx(work, rel=1e-12)


def test_the_spot_is_the_cosine_transform_of_a_gaussian():
    x, y = ((np.arange(600) + 0.5) / 600 * side for side in BASIN.size)
    pressure = np.exp(-((x[:, None] - 0.14) ** 2 + (y - 0.11) ** 2) / (2 * 0.01**2))
    found = modes.spot(BASIN, 0.14, 0.11, 0.01)
    for m, n in ((0, 0), (1, 0), (4, 7)):
        k = np.pi * np.hypot(m / 0.30, n / 0.24)
        wave = np.cos(m * np.pi * x / 0.30)[:, None] * np.cos(n * np.pi * y / 0.24)
        share = np.mean(pressure * wave) / np.mean(wave**2)
        assert found[m, n] == pytest.approx(-k * np.tanh(k * 0.03) / 998.2 * share, rel=1e-9, abs=1e-15)


def test_mean_squares_are_those_of_the_surface(rng):
    a = rng.normal(size=BASIN.modes)
    x, y = ((np.arange(200) + 0.5) / 200 * side for side in BASIN.size)

    def field(along_x, along_y):
        return modes.cosines(BASIN, 0, x, along_x) @ a @ modes.cosines(BASIN, 1, y, along_y).T

    assert modes.mean_square(BASIN, a, 0) == pytest.approx(np.mean(field(0, 0) ** 2), rel=1e-10)
    assert modes.mean_square(BASIN, a, 1) == pytest.approx(np.mean(field(1, 0) ** 2 + field(0, 1) ** 2), rel=1e-10)
    assert modes.mean_square(BASIN, a, 2) == pytest.approx(np.mean((field(2, 0) + field(0, 2)) ** 2), rel=1e-10)


def test_the_kernel_equals_its_plain_twin(rng):
    E = np.exp(-0.1 + 1j * rng.normal(size=50))
    H = rng.normal(size=(7, 50)) + 1j * rng.normal(size=(7, 50))
    V = rng.normal(size=(30, 7)) * (rng.random((30, 7)) < 0.7)
    expected = waves.run_plain(E, H, V, np.zeros(50, complex))
    for dtype, rtol in ((np.float64, 1e-13), (np.float32, 1e-5)):
        z, out = np.zeros((2, 50), dtype), np.empty((20, 50), dtype)
        heights = rng.normal(size=50).astype(dtype)
        keep = np.array([False, True, True])
        waves.run(waves.split(E, dtype), waves.split(H, dtype), V.astype(dtype), z, heights, keep, out)
        scale = np.abs(expected).max()
        np.testing.assert_allclose(out, (expected.imag * heights)[np.tile(keep, 10)], rtol=0, atol=5 * rtol * scale)
        np.testing.assert_allclose(z[0], expected[-1].real, rtol=0, atol=rtol * scale)


@pytest.mark.parametrize(("length", "ratio"), [(0.03, 7.3), (0.05, 9.8), (0.08, 13.9), (0.3, 85.2)])
def test_a_film_damps_as_much_more_than_bulk_viscosity_as_the_page_says(length, ratio):
    """docs/water.md, "Waves": 3 cm of water, waves of 3, 5, 8 and 30 cm along a long tank."""
    rates = []
    for damping in ("bulk", "film"):
        basin = modes.Basin((20 * length, 20 * length), 0.03, (60, 2), LIQUIDS["water"], damping)
        rates.append(modes.decay(basin)[np.abs(modes.wavenumber(basin)[:, 0] - 2 * np.pi / length).argmin(), 0])
    assert rates[1] / rates[0] == pytest.approx(ratio, rel=0.01)


def test_the_mode_of_the_page_has_the_frequency_and_the_decay_printed_there():
    """docs/water.md: the comment of the first snippet; and the carrier near the Wilton resonance."""
    tank = WaveTank(camera="sobel", distance=0.005, random_state=0).fit(np.zeros((40, 3)))
    assert tank.mode_frequencies_[3, 2] / (2 * np.pi) == pytest.approx(2.94, abs=0.005)
    assert 1 / tank.mode_decay_[3, 2] == pytest.approx(7.8, abs=0.05)
    water, k = LIQUIDS["water"], 2 * np.pi / 0.0237
    assert water.surface_tension * k**2 / (water.density * 9.81) == pytest.approx(0.52, abs=0.01)
