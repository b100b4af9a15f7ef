"""Penalties below rounding: least squares of least norm, and left-out errors that are not 0/0."""

import numpy as np
import pytest

from millpond.readout import Ridge, RidgeClassifier
from millpond.readout.limit import factor_of_inverse
from millpond.reservoir import Sequences

WEAK = [0.0, 1e-300, 1e-20, 1e-16]


def least_norm(X, y):
    """The definition: weights and intercept by the pseudo-inverse, with a cut above the rounding of sums of columns."""
    W = np.linalg.pinv(X - X.mean(0), rcond=1e-13) @ (y - y.mean(0))
    return W, y.mean(0) - X.mean(0) @ W


def loss_without(X, y, groups):
    """Mean squared error of rows, each predicted by the pseudo-inverse without its group."""
    total = 0.0
    for g in np.unique(groups):
        W, b = least_norm(X[groups != g], y[groups != g])
        total += ((X[groups == g] @ W + b - y[groups == g]) ** 2).sum()
    return total / len(X)


def cases():
    """Dependent columns or rows, wide and tall, well-conditioned otherwise."""
    for seed in range(24):
        rng = np.random.default_rng(seed)
        n, d = [(30, 5), (200, 7), (12, 20), (25, 24), (25, 25), (25, 26)][seed % 6]
        X = rng.normal(size=(n, d)) + rng.normal(size=d)
        kind = seed % 4
        if kind == 0:
            X = np.hstack([X, X[:, :2]])  # two columns twice
        elif kind == 1:
            X = np.hstack([X, X[:, :2] @ rng.normal(size=(2, 3))])  # sums of columns
        elif kind == 2:
            X = np.vstack([X, X[: n // 2]])  # rows twice
        else:
            X = np.hstack([X, np.full((n, 2), 1e6 / 3)])  # constant columns
        yield X, rng.normal(size=(len(X), 2))


@pytest.mark.parametrize("penalty", WEAK)
def test_least_norm_of_the_pseudo_inverse(penalty):
    for k, (X, y) in enumerate(cases()):
        expected, _ = least_norm(X - X.mean(0), y)
        model = Ridge(penalty=penalty).fit(X, y)
        np.testing.assert_allclose(model.coef_, expected.T, atol=1e-8 * np.abs(expected).max(), err_msg=str(k))


def test_ill_conditioned_columns_are_solved_from_the_rows(rng):
    """The Gram matrix squares the condition number; where the rows fit into memory they are decomposed instead."""
    U, _ = np.linalg.qr(rng.normal(size=(300, 8)))
    V, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    X = (U - U.mean(0)) * np.logspace(0, -6, 8) @ V
    y = X @ rng.normal(size=8)
    np.testing.assert_allclose(Ridge(penalty=0).fit(X, y).coef_[0], least_norm(X, y)[0], atol=1e-8)


def test_factor_of_inverse_does_not_depend_on_units(rng):
    units = 10.0 ** np.array([3, -4, 0, 2, -2, 3])
    X = rng.normal(size=(100, 5))
    X = np.hstack([X, X[:, :1]]) * units
    X = X - X.mean(0)
    expected = np.array([1, 2, 3, 4, 5, 1]) / units
    for penalty in (0.0, 1e-30):
        F = factor_of_inverse(X.T @ X, penalty, len(X))
        np.testing.assert_allclose(F @ (F.T @ (X.T @ (X @ expected))), expected, rtol=1e-8)


def test_a_weak_penalty_on_one_column_is_not_weak_on_another(rng):
    """1e-12 is below the rounding of the large column and decides about the small one."""
    X = rng.normal(size=(100, 2)) * [1e4, 1e-7]
    y = X @ [1e-4, 1e7]
    centred, target = X - X.mean(0), y - y.mean()
    A = centred.T @ centred + 1e-12 * np.eye(2)
    expected = np.linalg.solve(A, centred.T @ target)
    np.testing.assert_allclose(Ridge(penalty=1e-12).fit(X, y).coef_[0], expected, rtol=1e-8)


def test_penalty_zero_does_not_win_by_dividing_zero_by_zero(rng):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 60)), rng.normal(size=40)
    penalties = [0, 1e-9, 1, 100, 1000]
    model = Ridge(penalty=penalties).fit(X, y)
    expected = loss_without(X, y, np.arange(40))
    assert model.validation_["loss"][0] == pytest.approx(expected, rel=1e-8)
    assert model.validation_["loss"][1] == pytest.approx(expected, rel=1e-6)
    assert model.penalty_ == 1000


@pytest.mark.parametrize("by_group", [False, True])
@pytest.mark.parametrize("penalty", WEAK)
def test_left_out_errors_are_those_of_the_pseudo_inverse(penalty, by_group):
    for k, (X, y) in enumerate(cases()):
        groups = np.arange(len(X)) % 5 if by_group else np.arange(len(X))
        model = Ridge(penalty=[penalty, 1e9]).fit(X, y, groups=groups if by_group else None)
        found, expected = model.validation_["loss"][0], loss_without(X, y, groups)
        assert found == pytest.approx(expected, rel=1e-6), (k, X.shape, found, expected)


def test_a_row_that_alone_decides_a_weight_is_predicted_without_it(rng):
    X = rng.normal(size=(50, 3))
    X[:, 2] = np.arange(50) == 7  # leverage 1
    y = rng.normal(size=50) + 5 * X[:, 2]
    found = Ridge(penalty=[0, 1e9]).fit(X, y).validation_["loss"][0]
    assert found == pytest.approx(loss_without(X, y, np.arange(50)), rel=1e-8)


def test_units_of_wide_rows_do_not_change_the_choice(rng):
    X, y = rng.normal(size=(20, 30)), rng.normal(size=20)
    losses = [
        Ridge(penalty=[scale**2 * p for p in (0.1, 10.0)]).fit(X * scale, y).validation_["loss"]
        for scale in (1.0, 1e-9, 1e9)
    ]
    np.testing.assert_allclose(losses[1:], [losses[0]] * 2, rtol=1e-7)


def test_classifiers_choose_by_the_errors_of_the_pseudo_inverse(rng):
    X = rng.normal(size=(30, 50))
    y = (X[:, 0] > 0).astype(int)
    wrong = 0
    for i in range(30):
        others = np.arange(30) != i
        W, b = least_norm(X[others], np.eye(2)[y[others]])
        wrong += (X[i] @ W + b).argmax() != y[i]
    model = RidgeClassifier(penalty=[0, 1.0]).fit(X, y)
    assert model.validation_["loss"][0] == pytest.approx(wrong / 30)
    assert wrong


def test_sequences_and_recorded_folds_at_penalty_zero(rng):
    X = [rng.normal(size=(n, 4)) for n in (20, 30, 25)]
    X = [np.hstack([x, x[:, :1]]) for x in X]
    Y = [x[:, :1] + rng.normal(size=(len(x), 1)) for x in X]
    owner = np.repeat(np.arange(3), [20, 30, 25])
    expected = loss_without(np.vstack(X), np.vstack(Y), owner)
    model = Ridge(penalty=[0, 1e9]).fit(X, Y)
    assert model.validation_["loss"][0] == pytest.approx(expected, rel=1e-8)
    parts = Ridge(penalty=[0, 1e9]).fit_parts([Sequences(X[:1], targets=Y[:1]), Sequences(X[1:], targets=Y[1:])])
    assert parts.validation_["loss"][0] == pytest.approx(expected, rel=1e-8)
    np.testing.assert_allclose(parts.coef_, model.coef_, atol=1e-8)
