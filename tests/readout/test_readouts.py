import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator

from millpond.esn import EchoStateNetwork
from millpond.readout import LMS, RLS, Logistic, Pool, Ridge, RidgeClassifier
from millpond.readout import logistic as logistic_module
from millpond.readout.pool import segment_weights
from millpond.recording import record
from millpond.reservoir import ChannelScaler, InputError

EXPECTED = {
    "check_dtype_object": "values that are no numbers raise InputError, a ValueError, where a TypeError is looked for",
}
CHOOSES = "a penalty is chosen on left-out rows, and a row that is given twice is left out once"
EXPECTED_OF_CHOICE = EXPECTED | {
    "check_sample_weight_equivalence_on_dense_data": CHOOSES,
}
POOLS_ROWS = "a 2-D X is one sequence and becomes one row"
EXPECTED_OF_POOL = EXPECTED | {
    "check_transformer_general": POOLS_ROWS,
    "check_transformer_data_not_an_array": POOLS_ROWS,
    "check_methods_sample_order_invariance": POOLS_ROWS,
    "check_methods_subset_invariance": POOLS_ROWS,
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (Ridge(), EXPECTED_OF_CHOICE),
        (RidgeClassifier(), EXPECTED_OF_CHOICE),
        (Ridge(penalty=1.0), EXPECTED),
        (RidgeClassifier(penalty=1.0), EXPECTED),
        (Logistic(), EXPECTED),
        (RLS(), EXPECTED),
        (LMS(), EXPECTED),
        (Pool(), EXPECTED_OF_POOL),
        (ChannelScaler(), EXPECTED),
    ],
    ids=lambda v: type(v).__name__,
)
def test_scikit_learn_agrees(estimator, expected, subtests):
    for checked, check in estimator_checks_generator(estimator):
        label = check.func.__name__
        with subtests.test(label):
            if label in expected:
                pytest.skip(expected[label])
            check(checked)


def words(rng, n=40):
    """Two kinds of sequence that differ in the order of events alone."""
    X, y = [], []
    for i in range(n):
        x = 0.3 * rng.normal(size=(rng.integers(12, 20), 2))
        x[2 if i % 2 else -3, 0] += 3
        x[-3 if i % 2 else 2, 1] += 3
        X.append(x)
        y.append("ab"[i % 2])
    return X, np.array(y)


def test_grid_search_over_a_pipeline_on_a_list(rng):
    X, y = words(rng)
    pipeline = make_pipeline(EchoStateNetwork(n_units=20, random_state=0), Pool(), Logistic())
    search = GridSearchCV(pipeline, {"echostatenetwork__leak_rate": [0.1, 1.0], "pool__n_segments": [1, 3]}, cv=3)
    search.fit(X, y)
    assert search.best_score_ > 0.9
    assert search.best_params_["pool__n_segments"] == 3
    assert list(search.predict(X[:2])) == ["a", "b"]


def test_cross_validation_of_a_whole_pipeline(rng):
    X, y = words(rng)
    pipeline = make_pipeline(ChannelScaler(), EchoStateNetwork(n_units=20, random_state=0), Pool(), RidgeClassifier())
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.9


@pytest.mark.parametrize("n_classes", [2, 4])
def test_logistic_solution_of_scikit_learn(rng, n_classes):
    X = rng.normal(size=(300, 6)) * [1, 10, 0.1, 1, 1, 1] + 5
    y = (X[:, 0] * 2 + rng.normal(size=300)).round().astype(int) % n_classes
    ours = Logistic(penalty=2.0, max_iter=2000).fit(X, y)
    # for two classes scikit-learn has one weight vector, the difference of our two: half the penalty on it
    theirs = LogisticRegression(C=0.5 if n_classes > 2 else 1.0, tol=1e-10, max_iter=20000).fit(X, y)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=2e-4)


def test_logistic_of_fewer_rows_than_columns_is_the_same_on_either_way(rng, monkeypatch):
    X, y = rng.normal(size=(30, 80)) + 1, np.arange(30) % 3
    short = Logistic(penalty=[0.1, 1.0], standardize=True, max_iter=2000).fit(X, y, groups=np.arange(30) % 5)
    monkeypatch.setattr(logistic_module, "_IN_MEMORY", 0)  # from disk, all columns are gone through
    long = Logistic(penalty=[0.1, 1.0], standardize=True, max_iter=2000).fit(X, y, groups=np.arange(30) % 5)
    assert short.penalty_ == long.penalty_
    np.testing.assert_allclose(short.coef_, long.coef_, atol=2e-4 * np.abs(long.coef_).max())
    np.testing.assert_allclose(short.validation_["loss"], long.validation_["loss"])


def test_logistic_out_of_core_is_the_same(rng, ragged, tmp_path, monkeypatch):
    with record(EchoStateNetwork(n_units=8, random_state=0), ragged, tmp_path / "a.h5") as rec:
        inside = Logistic(penalty=1.0).fit(rec)
        monkeypatch.setattr(logistic_module, "_IN_MEMORY", 0)
        outside = Logistic(penalty=1.0).fit(rec)
    np.testing.assert_allclose(outside.coef_, inside.coef_, rtol=1e-6, atol=1e-9)


def test_logistic_chooses_on_left_out_groups(rng):
    X = rng.normal(size=(120, 30))
    y = (X[:, 0] > 0).astype(int)
    model = Logistic(penalty=[1e-4, 10.0, 1e5]).fit(X, y, groups=np.arange(120) % 6)
    expected = []
    for p in (1e-4, 10.0, 1e5):
        wrong = 0
        for g in range(6):
            left = np.arange(120) % 6 != g
            wrong += (Logistic(penalty=p).fit(X[left], y[left]).predict(X[~left]) != y[~left]).sum()
        expected.append(wrong / 120)
    np.testing.assert_allclose(
        model.validation_["loss"], expected, atol=2 / 120
    )  # scale of all rows, not of the fold's
    assert model.penalty_ == 10.0


def test_probabilities_sum_to_one(rng):
    X, y = words(rng)
    model = Logistic(penalty=1.0).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X).sum(1), 1)
    assert model.predict_proba(X).shape == (40, 2)


@pytest.mark.parametrize("n_steps", [1, 2, 5, 7, 42])
@pytest.mark.parametrize("n_segments", [1, 3, 5])
def test_segments_share_the_steps_evenly(n_steps, n_segments):
    weights = segment_weights(n_steps, n_segments)
    assert weights.shape == (n_segments, n_steps)
    np.testing.assert_allclose(weights.sum(1), 1)
    np.testing.assert_allclose(weights.sum(0), n_segments / n_steps)  # every step counts the same
    assert (weights >= 0).all()


def test_pool_modes(rng):
    X = [rng.normal(size=(6, 2)), rng.normal(size=(9, 2))]
    assert np.array_equal(Pool("last").fit_transform(X), [x[-1] for x in X])
    np.testing.assert_allclose(Pool("mean").fit_transform(X), [x.mean(0) for x in X])
    np.testing.assert_allclose(Pool("counts").fit_transform(X), [x.sum(0) for x in X])
    thirds = [np.concatenate([part.mean(0) for part in np.split(x, 3)]) for x in X]
    np.testing.assert_allclose(Pool("segments", n_segments=3).fit_transform(X), thirds)
    assert Pool().fit(X).transform(X[0]).shape == (1, 10)


def test_pool_errors():
    with pytest.raises(InputError, match="mode is 'median'"):
        Pool("median").fit([np.ones((3, 1))])
    with pytest.raises(InputError, match="n_segments is 0"):
        Pool(n_segments=0).fit([np.ones((3, 1))])
