"""Controls that remember."""

import numpy as np
import pytest

from millpond.baseline import InSeries, LeakyBank, Products, RawInput, ShiftRegister, StaticExpansion
from millpond.reservoir import InputError


def test_a_bank_is_the_sum_it_says(rng):
    u = rng.normal(size=(30, 2))
    h = LeakyBank(leak_rates=(1.0, 0.25)).fit(u).transform(u)
    np.testing.assert_array_equal(h[:, :2], u)
    lags = np.arange(30)
    np.testing.assert_allclose(h[-1, 2:], (0.25 * 0.75**lags) @ u[::-1])


def test_a_register_holds_the_past(rng):
    u = rng.normal(size=(12, 2))
    x = ShiftRegister(n_taps=3, every=4).fit(u).transform(u)
    np.testing.assert_array_equal(x[9], np.concatenate([u[9], u[5], u[1]]))
    np.testing.assert_array_equal(x[3], np.concatenate([u[3], [0, 0, 0, 0]]))


def test_products_are_all_pairs():
    assert Products().fit(np.ones((1, 2))).transform([[2.0, 3.0]]).tolist() == [[2, 3, 4, 6, 9]]


def test_two_in_series_are_one_after_the_other(rng):
    u = rng.normal(size=(40, 1))
    both = InSeries(ShiftRegister(n_taps=3), Products()).fit(u)
    past = ShiftRegister(n_taps=3).fit(u).transform(u)
    past = (past - past.mean(0)) / past.std(0)
    np.testing.assert_allclose(both.transform(u), Products().fit(past).transform(past))
    tanh = InSeries(RawInput(), StaticExpansion(n_units=4, random_state=0))
    assert (tanh.fit(u).transform(u) == tanh.fit(u).transform(u)).all()
    assert tanh.fit(u).operations() == {"multiply_adds": 4, "activations": 4}


def test_rates_and_taps_are_checked():
    with pytest.raises(InputError, match="a leak rate is 2, but it must be a number"):
        LeakyBank(leak_rates=(2,)).fit(np.ones((3, 1)))
    with pytest.raises(InputError, match="n_taps is 0"):
        ShiftRegister(n_taps=0).fit(np.ones((3, 1)))
