import numpy as np
import pytest

from millpond.esn.tanh import tanh, tanh_array


@pytest.fixture
def x(rng):
    near, tiny, far = rng.normal(size=200_000) * 2, rng.normal(size=50_000) * 1e-6, np.linspace(-30, 30, 100_001)
    return np.concatenate([near, tiny, far, [0.0, -0.0, 700.0, -700.0]])


def test_float64_is_within_three_units_in_the_last_place(x):
    y = np.empty_like(x)
    tanh_array(x, y)
    exact = np.tanh(x.astype(np.longdouble))
    units = np.abs((y - exact) / np.spacing(np.abs(exact).astype(float)))
    assert units[exact != 0].max() < 3
    assert np.abs(y).max() <= 1


def test_float32_is_within_three_in_ten_million(x):
    x = x.astype(np.float32)
    y = np.empty_like(x)
    tanh_array(x, y)
    exact = np.tanh(x.astype(float))
    moved = exact != 0
    assert (np.abs(y - exact)[moved] / np.abs(exact[moved])).max() < 3e-7


def test_it_is_odd_and_plain_outside_compiled_code(x):
    y, z = np.empty_like(x), np.empty_like(x)
    tanh_array(x, y)
    tanh_array(-x, z)
    assert np.array_equal(y, -z)
    assert tanh(0.5) == np.tanh(0.5)
