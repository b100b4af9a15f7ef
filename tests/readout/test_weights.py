"""A weight of k is the sample k times; weights of classes are weights of their samples."""

import numpy as np
import pytest

from millpond.esn import EchoStateNetwork
from millpond.readout import Logistic, Ridge, RidgeClassifier
from millpond.recording import record
from millpond.reservoir import InputError, Sequences


@pytest.fixture(params=[(120, 6), (20, 50), (1500, 3)], ids=["tall", "wide", "several-blocks"])
def table(request, rng):
    n, d = request.param
    X = rng.normal(size=(n, d)) + 2
    return X, X[:, :1] + 0.3 * rng.normal(size=(n, 1)), rng.integers(0, 4, n)


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_ridge_weights_are_repetitions(table, standardize, penalty):
    X, Y, times = table
    model = Ridge(penalty=penalty, standardize=standardize).fit(X, Y, sample_weight=times)
    twin = Ridge(penalty=penalty, standardize=standardize).fit(np.repeat(X, times, 0), np.repeat(Y, times, 0))
    np.testing.assert_allclose(model.coef_, twin.coef_, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(model.intercept_, twin.intercept_, rtol=1e-7)


def test_penalties_are_chosen_with_the_weights(table):
    X, Y, times = table
    groups = np.arange(len(X)) // 2
    penalties = [0.01, 1.0, 100.0]
    model = Ridge(penalty=penalties).fit(X, Y, groups=groups % 7, sample_weight=times)
    twin = Ridge(penalty=penalties).fit(
        np.repeat(X, times, 0), np.repeat(Y, times, 0), groups=np.repeat(groups % 7, times)
    )
    np.testing.assert_allclose(model.validation_["loss"], twin.validation_["loss"], rtol=1e-7)
    single = Ridge(penalty=penalties).fit(X, Y, sample_weight=times)
    own = np.arange(len(X))
    total = np.zeros(3)
    for i in own[times > 0][:20] if len(X) > 200 else own[times > 0]:
        for k, p in enumerate(penalties):
            left = Ridge(penalty=p).fit(X[own != i], Y[own != i], sample_weight=times[own != i])
            total[k] += times[i] * ((left.predict(X[i : i + 1]) - Y[i]) ** 2).sum()
    if len(X) <= 200:
        np.testing.assert_allclose(single.validation_["loss"], total / times.sum(), rtol=1e-7)


@pytest.mark.parametrize("make", [RidgeClassifier, Logistic])
def test_weights_of_samples_and_classes_are_repetitions(table, make):
    X, Y, times = table
    y = (Y[:, 0] > Y.mean()).astype(int)
    extra = {"max_iter": 3000} if make is Logistic else {}
    close = {"rtol": 1e-4, "atol": 1e-5} if make is Logistic else {"rtol": 1e-7, "atol": 1e-9}
    both = make(penalty=1.0, class_weight={1: 3}, **extra).fit(X, y, sample_weight=times)
    n = times * np.where(y == 1, 3, 1)
    twin = make(penalty=1.0, **extra).fit(np.repeat(X, n, 0), np.repeat(y, n))
    np.testing.assert_allclose(both.coef_, twin.coef_, **close)


@pytest.mark.parametrize("make", [RidgeClassifier, Logistic])
def test_balanced_classes_find_the_rare_one(rng, make):
    n = 2000
    y = np.where(rng.random(n) < 0.03, "rare", "usual")
    X = rng.normal(size=(n, 3)) + (y == "rare")[:, None] * [1.0, 0, 0]
    recall = {}
    for class_weight in (None, "balanced"):
        model = make(penalty=1.0, class_weight=class_weight).fit(X[:1500], y[:1500])
        recall[class_weight] = (model.predict(X[1500:])[y[1500:] == "rare"] == "rare").mean()
    assert recall[None] < 0.1
    assert recall["balanced"] > 0.5
    counts = {c: (y[:1500] == c).sum() for c in ("rare", "usual")}
    same = make(penalty=1.0, class_weight={c: 1500 / (2 * k) for c, k in counts.items()}).fit(X[:1500], y[:1500])
    balanced = make(penalty=1.0, class_weight="balanced").fit(X[:1500], y[:1500])
    assert np.array_equal(same.predict(X), balanced.predict(X))


def test_weights_of_sequences_and_of_recorded_parts(rng, ragged, tmp_path):
    X = [rng.normal(size=(n, 3)) for n in (9, 14, 11, 20)]
    y = np.array([0, 1, 1, 1])
    once = RidgeClassifier(penalty=1.0).fit(X, y, sample_weight=[3, 1, 1, 0])
    twin = RidgeClassifier(penalty=1.0).fit([X[0]] * 3 + X[1:3], np.array([0, 0, 0, 1, 1]))
    np.testing.assert_allclose(once.coef_, twin.coef_, rtol=1e-7, atol=1e-9)
    whole = RidgeClassifier(class_weight="balanced").fit(X, y)
    parts = [Sequences(X[:2], labels=y[:2]), Sequences(X[2:], labels=y[2:])]
    split = RidgeClassifier(class_weight="balanced").fit_parts(parts)
    np.testing.assert_allclose(split.coef_, whole.coef_, rtol=1e-7, atol=1e-9)
    with record(EchoStateNetwork(n_units=5, random_state=0), ragged, tmp_path / "a.h5") as rec:
        assert RidgeClassifier(class_weight="balanced").fit(rec).coef_.shape[1] == 5


def test_merged_readouts_keep_their_weights(table):
    X, Y, times = table
    half = len(X) // 2
    one, two = (
        Ridge(penalty=1.0).fit(X[part], Y[part], sample_weight=times[part]) for part in (slice(half), slice(half, None))
    )
    both = Ridge(penalty=1.0).fit(X, Y, sample_weight=times)
    np.testing.assert_allclose(one.merge(two).coef_, both.coef_, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(
    ("weight", "says"),
    [
        ([1.0], "there are 4 rows"),
        ([1, 2, -1, 1], "at least 0"),
        ([0] * 4, "zero for every"),
        ([1, 2, np.inf, 1], "at least 0"),
    ],
)
def test_bad_sample_weights_are_named(weight, says):
    with pytest.raises(InputError, match=says):
        Ridge(penalty=1.0).fit(np.ones((4, 2)), np.arange(4), sample_weight=weight)


@pytest.mark.parametrize(
    ("weight", "says"),
    [
        ("even", "class_weight is 'even'"),
        ({2: 1}, "names the class 2"),
        ({0: -1}, "class_weight.0. is -1"),
        ({0: 0, 1: 0}, "0 for every class"),
    ],
)
def test_bad_class_weights_are_named(weight, says):
    for make in (RidgeClassifier, Logistic):
        with pytest.raises(InputError, match=says):
            make(penalty=1.0, class_weight=weight).fit(np.arange(8.0).reshape(4, 2), [0, 1, 0, 1])
