"""Every kernel of the camera against its plain twin, and the optics against what light does."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest

from millpond.physical import LIQUIDS, camera, modes, sensor

BASIN = modes.Basin((0.30, 0.24), 0.03, (14, 12), LIQUIDS["water"])
PIXELS, CELLS = (24, 18), (12, 6)


def shot(kind, dtype=np.float64, **sensor_settings):
    return camera.Camera(kind, *camera.optics(BASIN, PIXELS, np.dtype(dtype)), CELLS, 0.005, **sensor_settings)


@pytest.fixture
def surface(rng):
    return rng.normal(size=(6, *BASIN.modes)) * 2e-3 / (1 + modes.wavenumber(BASIN) / 20) ** 2


@pytest.mark.parametrize("kind", camera.CAMERAS)
@pytest.mark.parametrize("exposed", [1, 3])
@pytest.mark.parametrize(("dtype", "rtol"), [(np.float64, 1e-12), (np.float32, 2e-4)])
@pytest.mark.parametrize("levels", [0, 255])
def test_pictures_equal_their_plain_twin(kind, exposed, dtype, rtol, levels, surface):
    cam = shot(kind, dtype, unit=0.1, noise=0.02, black=-1.0, white=30.0, levels=levels, seed=2**62 + 5)
    samples = surface.astype(dtype)
    out = np.empty((6 // exposed, CELLS[0] * CELLS[1]), dtype)
    frames = np.empty((1, *PIXELS[::-1]), np.uint8)
    camera.photograph(cam, samples, exposed, 40, out, frames, np.array([1]))
    plain = [camera.row_plain(cam, samples[t * exposed : (t + 1) * exposed], 40 + t) for t in range(len(out))]
    coarse = 1.1 * 31 / 255 if levels and dtype == np.float32 else 0  # a grey level, where rounding falls otherwise
    np.testing.assert_allclose(out, plain, rtol=0, atol=rtol * np.abs(plain).max() + coarse)


@pytest.mark.parametrize("kind", camera.CAMERAS)
@pytest.mark.parametrize(("counts", "pixels", "cells"), [
    ((13, 12), (15, 9), (5, 9)), ((14, 11), (16, 10), (8, 5)), ((2, 2), (3, 3), (3, 3)), ((3, 2), (7, 4), (1, 1)),
])  # fmt: skip
def test_any_counts_of_modes_pixels_and_cells_will_do(kind, counts, pixels, cells, rng):
    basin = replace(BASIN, modes=counts)
    cam = camera.Camera(kind, *camera.optics(basin, pixels, np.dtype(float)), cells, 0.005, noise=0.02)
    samples = rng.normal(size=(4, *counts)) * 1e-3 / (1 + modes.wavenumber(basin) / 20) ** 2
    out = np.empty((2, cells[0] * cells[1]))
    camera.photograph(cam, samples, 2, 0, out, np.empty((0, *pixels[::-1]), np.uint8), np.array([], int))
    plain = [camera.row_plain(cam, samples[2 * t : 2 * t + 2], t) for t in range(2)]
    np.testing.assert_allclose(out, plain, rtol=0, atol=1e-12 * np.abs(plain).max())


def test_the_frame_is_what_the_sensor_saw(surface):
    cam = shot("slope", unit=0.004, black=0.0, white=4.0)
    frames = np.empty((2, *PIXELS[::-1]), np.uint8)
    camera.photograph(cam, surface, 1, 0, np.empty((6, 72)), frames, np.array([0, 5]))
    for frame, a in zip(frames, surface[[0, 5]], strict=True):
        grey = 255 * np.clip(camera.light_plain(cam, a) / 0.004 / 4, 0, 1)
        assert np.abs(frame.T - grey).max() <= 0.5 + 1e-9
    assert frames.std() > 10


def test_brightness_is_how_far_neighbouring_rays_spread(surface):
    d, step = 0.005, 1e-6
    x, y = (camera.centres(side, n) for side, n in zip(BASIN.size, PIXELS, strict=True))

    def landed(x, y):  # where rays through x and y meet the screen
        along_x = modes.cosines(BASIN, 0, x, 1) @ surface[0] @ modes.cosines(BASIN, 1, y).T
        along_y = modes.cosines(BASIN, 0, x) @ surface[0] @ modes.cosines(BASIN, 1, y, 1).T
        return np.array([x[:, None] + d * along_x, y + d * along_y])

    by_x = (landed(x + step, y) - landed(x - step, y)) / (2 * step)
    by_y = (landed(x, y + step) - landed(x, y - step)) / (2 * step)
    spread = np.abs(by_x[0] * by_y[1] - by_x[1] * by_y[0])
    brightness = camera.light_plain(shot("shadowgraph"), surface[0])
    assert np.ptp(brightness) > 0.1
    np.testing.assert_allclose(brightness, np.minimum(1 / spread, camera.BRIGHTEST), rtol=1e-6)


def test_noise_is_normal_and_another_in_every_picture():
    flat = np.zeros((300, 300))
    first, second = (sensor.add_noise_plain(flat, 1.0, key) for key in (1, 2))
    assert abs(first.mean()) < 0.01
    assert first.std() == pytest.approx(1, abs=0.01)
    assert np.mean(first**4) == pytest.approx(3, abs=0.1)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.01
    assert abs(np.corrcoef(first.ravel()[1:], first.ravel()[:-1])[0, 1]) < 0.01
    assert np.mean(first**6) == pytest.approx(15, abs=1)
    assert kstest(first.ravel(), "norm").statistic < 0.0021 + 1.63 / 300  # how far it is, and what chance adds at 1 %


@pytest.mark.parametrize("bit", [0, 5, 31, 32, 47, 63])
def test_keys_that_differ_in_a_bit_draw_numbers_that_have_nothing_in_common(bit):
    flat = np.zeros((100, 100))
    first, second = (sensor.add_noise_plain(flat, 1.0, key).ravel() for key in (12345, 12345 ^ 1 << bit))
    limit = 5 / np.sqrt(flat.size)
    for shift in range(-3, 4):
        assert abs(np.mean(first * np.roll(second, shift))) < limit
        assert abs(np.mean((first**2 - 1) * (np.roll(second, shift) ** 2 - 1))) < 2 * limit


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_key_of_the_noise_is_that_of_its_twin_and_knows_seed_step_and_surface(dtype, rng):
    a = rng.normal(size=200).astype(dtype)
    odd = a[:195]  # of which any sum by weights would be blind to the sign
    keys = [(5, 0, a), (5, 1, a), (6, 0, a), (5, 0, np.nextafter(a, dtype(9))), (5, 0, -a), (5, 0, odd), (5, 0, -odd)]
    found = [sensor.key_plain(*k) for k in keys]
    assert len(set(found)) == len(keys)
    assert found == [int(sensor.key(np.uint64(seed), step, b)) for seed, step, b in keys]


def test_bits_are_levels_of_grey(surface):
    coarse = shot("slope", unit=0.01, black=0.0, white=3.0, levels=3)
    seen = sensor.quantized_plain(camera.light_plain(coarse, surface[0]) / 0.01, 0.0, 3.0, 3)
    assert set(np.round(seen.ravel(), 9)) <= {0.0, 1.0, 2.0, 3.0}


def test_the_height_camera_is_linear_and_the_others_are_not(surface):
    a, b = surface[:2]
    for kind in camera.CAMERAS:
        cam = replace(shot(kind), unit=1e-3)
        rest = camera.row_plain(cam, a[None] * 0, 0)
        both, one, two = (camera.row_plain(cam, s[None], 0) - rest for s in (a + b, a, b))
        error = np.abs(both - one - two).max() / np.abs(both).max()
        assert error < 1e-12 if kind == "height" else error > 1e-3
