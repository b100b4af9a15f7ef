"""Ridge against its definition: identities that hold for any correct solver, in every mode of work."""

import numpy as np
import pytest
from sklearn import linear_model

from millpond.esn import EchoStateNetwork
from millpond.readout import Pool, Ridge, RidgeClassifier, concat
from millpond.recording import record
from millpond.reservoir import InputError, Sequences


@pytest.fixture(params=[(200, 10), (8, 10), (3000, 4)], ids=["tall", "wide", "several-blocks"])
def table(request, rng):
    n, d = request.param
    X = rng.normal(size=(n, d)) + 3
    return X, X[:, :2] @ rng.normal(size=(2, 3)) + 0.1 * rng.normal(size=(n, 3)) - 5


def brute_force(X, Y, penalty, groups):
    """Mean squared error of rows, each predicted by a fit without its group."""
    total = 0.0
    for g in np.unique(groups):
        left = groups != g
        model = linear_model.Ridge(alpha=penalty).fit(X[left], Y[left])
        total += ((model.predict(X[~left]) - Y[~left]) ** 2).sum()
    return total / len(X)


@pytest.mark.parametrize("penalty", [1e-3, 1.0, 1e4])
def test_solution_of_scikit_learn(table, penalty):
    X, Y = table
    ours, theirs = Ridge(penalty=penalty).fit(X, Y), linear_model.Ridge(alpha=penalty).fit(X, Y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-8)
    single = Ridge(penalty=penalty).fit(X, Y[:, 0])
    assert single.predict(X).shape == (len(X),)
    np.testing.assert_allclose(single.predict(X), theirs.predict(X)[:, 0], rtol=1e-8)


def test_zero_penalty_is_least_squares_of_least_norm(rng):
    X = rng.normal(size=(30, 5))
    X = np.hstack([X, X[:, :2]])  # two columns twice
    y = rng.normal(size=30)
    ours = Ridge(penalty=0).fit(X, y)
    centred = X - X.mean(0)
    np.testing.assert_allclose(ours.coef_[0], np.linalg.pinv(centred) @ (y - y.mean()), atol=1e-9)


def test_duplicated_rows_are_a_halved_penalty(table):
    X, Y = table
    twice = Ridge(penalty=2.0).fit(np.vstack([X, X]), np.vstack([Y, Y]))
    np.testing.assert_allclose(twice.coef_, Ridge(penalty=1.0).fit(X, Y).coef_, rtol=1e-7, atol=1e-10)


def test_duplicated_columns_are_a_halved_penalty(table):
    X, Y = table
    wide = Ridge(penalty=1.0).fit(np.hstack([X, X]), Y)
    d = X.shape[1]
    np.testing.assert_allclose(
        wide.coef_[:, :d] + wide.coef_[:, d:], Ridge(penalty=0.5).fit(X, Y).coef_, rtol=1e-7, atol=1e-10
    )


def test_standardize_makes_units_irrelevant(table, rng):
    X, Y = table
    units = 10.0 ** rng.uniform(-3, 3, X.shape[1])
    a = Ridge(penalty=3.0, standardize=True).fit(X, Y).predict(X)
    b = Ridge(penalty=3.0, standardize=True).fit(X * units, Y).predict(X * units)
    np.testing.assert_allclose(a, b, rtol=1e-7)


def test_a_large_constant_costs_no_digits(rng):
    X, y = rng.normal(size=(500, 6)), rng.normal(size=500)
    near, far = Ridge(penalty=1.0).fit(X, y), Ridge(penalty=1.0).fit(X + 1e7, y)
    np.testing.assert_allclose(far.coef_, near.coef_, rtol=1e-5)


@pytest.mark.parametrize("standardize", [False, True])
def test_left_out_rows_are_exact(table, standardize):
    X, Y = table
    X, Y = X[:300], Y[:300]
    penalties = [0.01, 1.0, 100.0]
    found = Ridge(penalty=penalties, standardize=standardize).fit(X, Y).validation_["loss"]
    scale = X.std(0) if standardize else 1.0
    expected = [brute_force(X / scale, Y, p, np.arange(len(X))) for p in penalties]
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_left_out_groups_are_exact(table):
    X, Y = table
    groups = np.array(list("abbcacbaabbc" * 400))[: len(X)]
    penalties = [0.01, 1.0, 100.0]
    model = Ridge(penalty=penalties).fit(X, Y, groups=groups)
    expected = [brute_force(X, Y, p, groups) for p in penalties]
    np.testing.assert_allclose(model.validation_["loss"], expected, rtol=1e-7)
    assert model.penalty_ == penalties[int(np.argmin(expected))]


def test_a_list_equals_its_rows_and_washout_drops_the_first(rng):
    X = [rng.normal(size=(n, 5)) for n in (40, 7, 2500)]
    Y = [rng.normal(size=(len(x), 2)) for x in X]
    whole = Ridge(penalty=1.0).fit(X, Y)
    flat = Ridge(penalty=1.0).fit(np.vstack(X), np.vstack(Y))
    np.testing.assert_allclose(whole.coef_, flat.coef_, rtol=1e-9)
    assert [p.shape for p in whole.predict(X)] == [y.shape for y in Y]
    washed = Ridge(penalty=1.0, washout=3).fit(X, Y)
    flat = Ridge(penalty=1.0).fit(np.vstack([x[3:] for x in X]), np.vstack([y[3:] for y in Y]))
    np.testing.assert_allclose(washed.coef_, flat.coef_, rtol=1e-9)
    with pytest.raises(InputError, match="sequence 1 has 7 steps, but washout is 7; lower it"):
        Ridge(penalty=1.0, washout=7).fit(X, Y)


@pytest.mark.parametrize("cut", [2, 5, 150])
@pytest.mark.parametrize("standardize", [False, True])
def test_merged_readouts_equal_one_fit(table, cut, standardize):
    X, Y = table
    if cut >= len(X) - 1:
        pytest.skip("not that many rows")
    params = {"penalty": 0.7, "standardize": standardize}
    merged = Ridge(**params).fit(X[:cut], Y[:cut]).merge(Ridge(**params).fit(X[cut:], Y[cut:]))
    np.testing.assert_allclose(merged.coef_, Ridge(**params).fit(X, Y).coef_, rtol=1e-7, atol=1e-9)
    again = merged.merge(Ridge(**params).fit(X[:3], Y[:3]))
    expected = Ridge(**params).fit(np.vstack([X, X[:3]]), np.vstack([Y, Y[:3]]))
    np.testing.assert_allclose(again.coef_, expected.coef_, rtol=1e-7, atol=1e-9)


def test_merging_classifiers_joins_their_classes(rng):
    X = rng.normal(size=(90, 4))
    y = np.repeat([2, 5, 9], 30)
    a = RidgeClassifier(penalty=1.0).fit(X[:60], y[:60])
    b = RidgeClassifier(penalty=1.0).fit(X[30:], y[30:])
    merged = a.merge(b)
    both = RidgeClassifier(penalty=1.0).fit(np.vstack([X[:60], X[30:]]), np.concatenate([y[:60], y[30:]]))
    assert merged.classes_.tolist() == [2, 5, 9]
    np.testing.assert_allclose(merged.coef_, both.coef_, rtol=1e-9, atol=1e-12)


def test_a_chosen_penalty_of_merged_readouts_is_the_sum(table):
    X, Y = table
    if len(X) < 100:
        pytest.skip("too few rows")
    a, b = Ridge().fit(X[:50], Y[:50]), Ridge().fit(X[50:], Y[50:])
    assert a.merge(b).penalty_ == a.penalty_ + b.penalty_


def test_merging_what_does_not_fit(table):
    X, Y = table
    a = Ridge(penalty=1.0).fit(X, Y)
    for other, says in [
        (Ridge(penalty=2.0).fit(X, Y), "fit both with the same parameters"),
        (Ridge(penalty=1.0).fit(X[:, :2], Y), "columns, the other 2"),
        (Ridge(penalty=1.0).fit(X, Y[:, :1]), "3 outputs, the other 1"),
    ]:
        with pytest.raises(InputError, match=says):
            a.merge(other)


def test_one_label_for_a_sequence_is_decided_by_the_mean_of_its_steps(rng):
    X = [rng.normal(size=(n, 3)) + (n % 2) for n in range(4, 40)]
    y = np.array(["even", "odd"])[[len(x) % 2 for x in X]]
    model = RidgeClassifier(penalty=1.0, washout=2).fit(X, y)
    steps = RidgeClassifier(penalty=1.0).fit(
        np.vstack([x[2:] for x in X]), np.concatenate([[label] * (len(x) - 2) for x, label in zip(X, y, strict=True)])
    )
    scores = [steps.decision_function(x[2:]).mean() for x in X]
    np.testing.assert_allclose(model.decision_function(X), scores, rtol=1e-9)
    assert list(model.predict(X)) == ["odd" if s > 0 else "even" for s in scores]
    assert model.score(X, y) > 0.9


def test_labels_at_each_step(rng):
    X = [rng.normal(size=(n, 3)) for n in (20, 30)]
    y = [(x[:, 0] > 0).astype(int) for x in X]
    model = RidgeClassifier().fit(X, y)
    assert [p.shape for p in model.predict(X)] == [(20,), (30,)]
    assert np.mean(np.concatenate(model.predict(X)) == np.concatenate(y)) > 0.9


def test_a_recording_trains_without_the_substrate(ragged, tmp_path):
    esn = EchoStateNetwork(n_units=15, random_state=0)
    with record(esn, ragged, tmp_path / "a.h5", dtype="float64") as rec:
        from_file = RidgeClassifier(penalty=1.0).fit(rec)
        training = ragged[ragged.split == "train"]
        in_memory = RidgeClassifier(penalty=1.0).fit(esn.transform(training).signals, training.labels)
        np.testing.assert_allclose(from_file.coef_, in_memory.coef_, rtol=1e-9, atol=1e-12)
        assert len(from_file.predict(rec)) == 11  # predicts all, trained on eight
        joined = RidgeClassifier(penalty=1.0).fit(concat(rec.inputs, rec.states), rec.labels)
        assert joined.n_features_in_ == 18
        assert Pool().fit_transform(rec).shape == (11, 75)


def test_targets_come_from_the_recording(rng, tmp_path):
    x = [rng.normal(size=(n, 1)) for n in (30, 50)]
    esn = EchoStateNetwork(n_units=10, random_state=0)
    with record(esn, Sequences(x, targets=x), tmp_path / "a.h5", dtype="float64") as rec:
        from_file = Ridge(penalty=1e-6, washout=2).fit(rec)
        in_memory = Ridge(penalty=1e-6, washout=2).fit(esn.transform(x), x)
        np.testing.assert_allclose(from_file.coef_, in_memory.coef_, rtol=1e-9)


@pytest.mark.parametrize(
    ("X", "y", "says"),
    [
        (np.ones((4, 2)), [1, 2, 3], "X has 4 rows, but y has shape"),
        (np.ones((4, 2)), None, "y is missing"),
        ([np.ones((4, 2))] * 3, [1, 2], "X has 3 sequences, but y has 2 entries"),
        ([np.ones((4, 2))] * 2, [[1, 1, 1, 1], [2, 2]], "sequence 1 has 4 steps, but its y has 2"),
        (np.ones((4, 2)), [1, 1, 1, 1], "number of classes has to be greater than one"),
        ([np.ones((4, 2)), np.array([[1.0, np.nan]])], [1, 2], "sequence 1 contains NaN at step 0, channel 1"),
        ([np.ones((4, 2))] * 2, ["a", None], "a label is missing"),
        (np.ones((4, 2)), [0.0, 1.0, np.nan, 1.0], "a label is missing"),
    ],
)
def test_bad_training_sets_are_named(X, y, says):
    with pytest.raises(InputError, match=says):
        RidgeClassifier(penalty=1.0).fit(X, y)


@pytest.mark.parametrize("penalty", [-1, [1, np.nan], [], "small"])
def test_bad_penalties_are_named(penalty):
    with pytest.raises(ValueError, match="penalty|could not convert"):
        Ridge(penalty=penalty).fit(np.ones((4, 2)), np.ones(4))


def test_washout_may_take_a_whole_group_of_a_table(rng):
    X = rng.normal(size=(100, 3))
    groups = np.repeat([0, 1, 2], [10, 45, 45])
    model = Ridge(washout=10).fit(X, X[:, 0], groups=groups)
    same = Ridge().fit(X[10:], X[10:, 0], groups=groups[10:])
    np.testing.assert_allclose(model.validation_["loss"], same.validation_["loss"], rtol=1e-9)
    with pytest.raises(InputError, match="only one group"):
        Ridge(washout=55).fit(X, X[:, 0], groups=groups)


def test_one_long_series_in_a_list_is_left_out_row_by_row(rng):
    x = rng.normal(size=(60, 3))
    as_list, as_table = Ridge().fit([x], [x[:, :1]]), Ridge().fit(x, x[:, :1])
    np.testing.assert_allclose(as_list.coef_, as_table.coef_)


def test_score_over_all_steps(rng):
    X = [rng.normal(size=(n, 3)) for n in (20, 30)]
    Y = [x @ np.ones((3, 1)) for x in X]
    assert Ridge(penalty=1e-6).fit(X, Y).score(X, Y) > 0.999
    labels = [(x[:, 0] > 0).astype(int) for x in X]
    model = RidgeClassifier(penalty=1.0).fit(X, labels)
    expected = np.mean(np.concatenate(model.predict(X)) == np.concatenate(labels))
    assert model.score(X, labels) == pytest.approx(expected)


def test_data_frames_and_series_are_tables_and_labels(rng):
    pandas = pytest.importorskip("pandas")
    X = rng.normal(size=(30, 3))
    y = np.where(X[:, 0] > 0, "up", "down")
    frame = RidgeClassifier(penalty=1.0).fit(pandas.DataFrame(X), pandas.Series(y))
    np.testing.assert_allclose(frame.coef_, RidgeClassifier(penalty=1.0).fit(X, y).coef_)
    words = [X[:10], X[10:]]
    labels = pandas.Series(["a", "b"], index=[7, 3])
    assert list(RidgeClassifier(penalty=1.0).fit(words, labels).classes_) == ["a", "b"]


def test_merging_lists_of_penalties_and_other_kinds(rng):
    X = rng.normal(size=(60, 3))
    y = (X[:, 0] > 0).astype(int)
    grid = np.logspace(-2, 2, 5)
    a, b = (RidgeClassifier(penalty=grid).fit(X[i::2], y[i::2]) for i in (0, 1))
    assert a.merge(b).penalty_ == a.penalty_ + b.penalty_
    single = RidgeClassifier(penalty=[1.0])
    assert single.fit(X, y).merge(single).penalty_ == 1.0
    sequences = RidgeClassifier(penalty=grid).fit(list(X.reshape(12, 5, 3)), [0, 1] * 6)
    with pytest.raises(InputError, match="one readout was fitted to sequences"):
        sequences.merge(a)
