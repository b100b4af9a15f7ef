"""What is constant is decided for each column from its own rounding errors: units do not matter."""

import numpy as np
import pytest

from millpond.readout import Logistic, Ridge, RidgeClassifier
from millpond.reservoir import Sequences


def in_units(rng, n=400):
    a, b = rng.normal(size=(2, n))
    return np.column_stack([1e-7 * a, 10 * b]), a


def test_a_column_in_small_units_is_used(rng):
    X, a = in_units(rng)
    model = Ridge(standardize=True).fit(X[:300], a[:300])
    assert model.score(X[300:], a[300:]) > 1 - 1e-9


def test_a_column_in_small_units_is_used_from_parts_and_merged(rng):
    X, a = in_units(rng)
    parts = [Sequences([X[k : k + 100]], targets=[a[k : k + 100, None]]) for k in (0, 100, 200)]
    assert Ridge(standardize=True).fit_parts(parts).score([X[300:]], [a[300:, None]]) > 1 - 1e-9
    one, two = (Ridge(standardize=True, penalty=1e-6).fit(X[k], a[k]) for k in (slice(150), slice(150, 300)))
    assert one.merge(two).score(X[300:], a[300:]) > 1 - 1e-9


@pytest.mark.parametrize("make", [RidgeClassifier, Logistic])
def test_classifiers_use_a_column_in_small_units(rng, make):
    X, a = in_units(rng)
    model = make(standardize=True).fit(X[:300], a[:300] > 0)
    assert model.score(X[300:], a[300:] > 0) > 0.95


@pytest.mark.parametrize("make", [RidgeClassifier, Logistic])
def test_amperes_and_nanoamperes_give_the_same_model(rng, make):
    X = rng.normal(size=(200, 3)) + np.array([1, 0, 5])
    y = X[:, 0] + 0.5 * rng.normal(size=200) > 1
    a = make(standardize=True, penalty=1.0).fit(X, y).decision_function(X)
    b = make(standardize=True, penalty=1.0).fit(X * [1e-9, 1e5, 1], y).decision_function(X * [1e-9, 1e5, 1])
    np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("value", [0.1, 1e7 / 3, -1e-9, 0.0])
@pytest.mark.parametrize("n", [3, 700, 2000])
def test_a_constant_column_has_no_weight(rng, value, n):
    """Whatever its value and the number of rows; also at penalty 0, where its rounding errors must not be fitted."""
    X = np.column_stack([rng.normal(size=n), np.full(n, value)])
    X[:, 1] *= 1 + 2e-16 * rng.integers(-1, 2, n)
    for model in (Ridge(standardize=True, penalty=1e-9), Ridge(penalty=0), Ridge(penalty=0, standardize=True)):
        assert model.fit(X, X[:, 0]).coef_[0, 1] == 0
    assert (Logistic(standardize=True).fit(X, X[:, 0] > X[1:, 0].min()).coef_[:, 1] == 0).all()


def test_rounding_errors_of_single_precision_are_constant(rng):
    states = rng.normal(size=(500, 3)).astype(np.float32)
    states[:, 2] = np.float32(1) - np.float32(6e-8) * rng.integers(0, 2, 500)  # a saturated unit
    assert Ridge(standardize=True, penalty=1e-3).fit(states, states[:, 0]).coef_[0, 2] == 0


def test_a_column_that_is_constant_outside_one_fold(rng):
    """The variance of the other rows is then a rounding error of a subtraction, and no weight may come of it."""
    X = [rng.normal(size=(40, 2)) for _ in range(4)]
    X = [np.column_stack([x, rng.normal(size=40) * 1e3 * (i == 0) + 0.7]) for i, x in enumerate(X)]
    Y = [x[:, :1] + 0.1 * rng.normal(size=(40, 1)) for x in X]
    loss = Ridge(standardize=True, penalty=[1e-8, 1e-6]).fit(X, Y).validation_["loss"]
    assert loss.max() < 0.02  # the noise, squared, is .01


def test_a_grid_of_penalties_does_not_break_on_constant_columns(rng):
    X = np.column_stack([rng.normal(size=(60, 2)), np.ones(60)])
    model = Logistic(penalty=None).fit(X, X[:, 0] > 0)
    assert np.isfinite(model.penalty_)
    assert model.score(X, X[:, 0] > 0) > 0.9
