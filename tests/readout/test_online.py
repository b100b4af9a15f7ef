import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from millpond.readout import LMS, RLS, Ridge, updates
from millpond.reservoir import InputError, Sequences


@pytest.fixture
def data(rng):
    x = rng.normal(size=(200, 7)) + 0.5
    return x, x @ rng.normal(size=(7, 2)) + 0.1 * rng.normal(size=(200, 2)) + 1


def weighted(x, y, penalty, forgetting):
    """The minimum that RLS stands at, solved at once."""
    x1 = np.column_stack([x, np.ones(len(x))])
    weight = forgetting ** np.arange(len(x) - 1, -1, -1.0)[:, None]
    A = x1.T @ (weight * x1) + penalty * forgetting ** len(x) * np.eye(x1.shape[1])
    return np.linalg.solve(A, x1.T @ (weight * y)).T


@pytest.mark.parametrize("forgetting", [1.0, 0.95])
def test_rls_is_where_ridge_would_be_after_every_row(data, forgetting):
    x, y = data
    rls = RLS(penalty=0.3, forgetting=forgetting)
    for t in (1, 5, 50, 200):
        rls.fit(x[:t], y[:t])
        expected = weighted(x[:t], y[:t], 0.3, forgetting)
        np.testing.assert_allclose(np.column_stack([rls.coef_, rls.intercept_]), expected, rtol=1e-7, atol=1e-9)


def test_rls_agrees_with_ridge_on_centred_rows(data):
    x, y = data
    x, y = x - x.mean(0), y - y.mean(0)  # where the intercept, which only RLS penalises, is 0
    np.testing.assert_allclose(RLS(penalty=2.0).fit(x, y).coef_, Ridge(penalty=2.0).fit(x, y).coef_, rtol=1e-7)


@pytest.mark.parametrize("forgetting", [1.0, 0.99])
def test_corrections_equal_their_plain_twins(data, forgetting):
    x, y = data
    said, said_plain = np.empty(y.shape), np.empty(y.shape)
    W, W_plain, late = np.zeros((2, 7)), np.zeros((2, 7)), np.zeros((3, 7))
    late[2] = 1
    updates.least_squares(np.eye(7), late, W, x, y, forgetting, said)
    updates.least_squares_plain(np.eye(7), W_plain, x, y, forgetting, said_plain)
    np.testing.assert_allclose(W, W_plain, rtol=1e-9)
    np.testing.assert_allclose(said, said_plain, rtol=1e-9, atol=1e-9)
    for normalize in (True, False):
        W[:], W_plain[:] = 0, 0
        updates.mean_squares(W, x, y, 0.02, forgetting, normalize, said)
        updates.mean_squares_plain(W_plain, x, y, 0.02, forgetting, normalize, said_plain)
        np.testing.assert_allclose(W, W_plain, rtol=1e-9)
        np.testing.assert_allclose(said, said_plain, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("make", [lambda: RLS(forgetting=0.99), lambda: LMS(learning_rate=0.3)])
def test_steps_parts_and_the_whole_are_one(data, make):
    x, y = data
    whole, parts, steps = make().fit(x, y), make(), make()
    for part in np.split(np.arange(200), [1, 60, 61]):
        parts.partial_fit(x[part], y[part])
    said = np.array([steps.step(a, b) for a, b in zip(x, y, strict=True)])
    for other in (parts, steps):
        np.testing.assert_allclose(other.coef_, whole.coef_, rtol=1e-12)
        np.testing.assert_allclose(other.intercept_, whole.intercept_, rtol=1e-12)
    np.testing.assert_allclose(make().track(x, y), said, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(whole.predict(x[:3]), x[:3] @ whole.coef_.T + whole.intercept_)
    assert whole.fit(x[:50], y[:50]).coef_ == pytest.approx(make().fit(x[:50], y[:50]).coef_)


def test_sequences_are_learnt_in_their_order_after_the_washout(data):
    x, y = data
    parts = [slice(0, 80), slice(80, 200)]
    kept = np.r_[10:80, 90:200]
    for make in (RLS, LMS):
        listed = make(washout=10).fit([x[p] for p in parts], [y[p] for p in parts])
        np.testing.assert_allclose(listed.coef_, make().fit(x[kept], y[kept]).coef_, rtol=1e-12)
        given = make(washout=10).fit(Sequences([x[p] for p in parts], targets=[y[p] for p in parts]))
        assert np.array_equal(given.coef_, listed.coef_)
        assert [len(p) for p in listed.predict([x[p] for p in parts])] == [80, 120]


def test_each_call_begins_with_a_washout_but_a_step_has_none(data):
    x, y = data
    for make in (RLS, LMS):
        parts = make(washout=10).partial_fit(x[:80], y[:80]).partial_fit(x[80:], y[80:])
        np.testing.assert_allclose(parts.coef_, make().fit(x[kept := np.r_[10:80, 90:200]], y[kept]).coef_, rtol=1e-12)
        stepped = make(washout=10)
        for row, target in zip(x, y, strict=True):
            stepped.step(row, target)
        np.testing.assert_allclose(stepped.coef_, make().fit(x, y).coef_, rtol=1e-12)


def test_track_returns_a_list_for_sequences_whatever_their_targets(data):
    x, _ = data
    said = LMS().track([x[:80], x[80:]], [1.0, 2.0])
    assert [part.shape for part in said] == [(80,), (120,)]
    np.testing.assert_array_equal(np.concatenate(said), LMS().track(x, np.repeat([1.0, 2.0], [80, 120])))


def test_forgetting_follows_what_changes(rng):
    x = rng.normal(size=(2000, 3))
    w = np.where(np.arange(2000)[:, None] < 1000, [1.0, 2, 3], [3.0, -1, 0])
    y = (x * w).sum(1)
    for forgetful, not_so in ((RLS(forgetting=0.98), RLS()), (LMS(), LMS(learning_rate=1e-4))):
        np.testing.assert_allclose(forgetful.fit(x, y).coef_[0], w[-1], atol=1e-3)
        assert np.abs(not_so.fit(x, y).coef_[0] - w[-1]).max() > 0.5
    leaky = LMS(forgetting=0.9).fit(x, y).partial_fit(np.zeros((500, 3)), np.zeros(500))
    assert np.abs(leaky.coef_).max() < 1e-12


def test_normalised_lms_does_not_care_for_the_size_of_rows(rng):
    """Errors shrink for every rate below 2, at every scale; the plain rule diverges where rows are long."""
    x = 100 * rng.normal(size=(3000, 4))
    y = x @ [1.0, 2, 3, 4]
    assert np.abs(LMS(learning_rate=1.9).track(x, y) - y)[-100:].max() < 1e-2 * np.abs(y).max()
    with pytest.raises(InputError, match="LMS diverged.*normalize"):
        LMS(learning_rate=0.1, normalize=False).fit(x, y)


@pytest.mark.parametrize(
    ("learner", "says"),
    [
        (RLS(penalty=0), "penalty is 0"),
        (RLS(forgetting=0), "forgetting is 0"),
        (RLS(forgetting=1.1), "forgetting is 1.1"),
        (LMS(learning_rate=0), "learning_rate is 0"),
        (LMS(washout=-1), "washout is -1"),
    ],
)
def test_bad_parameters_are_named(data, learner, says):
    with pytest.raises(InputError, match=says):
        learner.fit(*data)
    with pytest.raises(NotFittedError):
        check_is_fitted(learner)


def test_rows_that_do_not_fit_are_named(data):
    x, y = data
    rls = RLS().fit(x, y)
    with pytest.raises(InputError, match="this readout has 2; call fit"):
        rls.partial_fit(x, y[:, 0])
    with pytest.raises(InputError, match="6 features"):
        rls.step(x[0, :6], y[0])


@pytest.mark.parametrize("forgetting", [0.9, 0.99, 0.9995])
@pytest.mark.parametrize("silent", ["zeros", "constant", "one direction"])
def test_rls_outlasts_rows_that_excite_nothing(data, forgetting, silent):
    """P stays bounded, the weights stay, and learning continues; most directions are unused meanwhile."""
    x, y = data
    rls = RLS(forgetting=forgetting).fit(x, y)
    before, n = np.column_stack([rls.coef_, rls.intercept_]), 80_000
    direction = np.random.default_rng(1).normal(size=7)
    size = {"zeros": 0.0, "constant": 1.0, "one direction": np.random.default_rng(2).normal(size=(n, 1))}[silent]
    quiet = np.broadcast_to(size * direction, (n, 7))
    rls.partial_fit(quiet, quiet @ rls.coef_.T + rls.intercept_)
    assert np.abs(rls._P).max() <= 110 / rls.penalty
    np.testing.assert_allclose(np.column_stack([rls.coef_, rls.intercept_]), before, atol=1e-3)
    again = np.tile(np.arange(200), int(np.ceil(10 / (1 - forgetting) / 200)))  # ten times the memory
    rls.partial_fit(x[again], 2 * y[again])
    expected = RLS(forgetting=forgetting).fit(x[again], 2 * y[again])
    np.testing.assert_allclose(rls.predict(x[-5:]), expected.predict(x[-5:]), atol=0.01)


@pytest.mark.parametrize("make", [lambda: LMS(), lambda: LMS(learning_rate=0.01, normalize=False)])
def test_lms_outlasts_silence(data, make):
    x, y = data
    lms = make().fit(x, y)
    before = lms.coef_.copy()
    lms.partial_fit(np.zeros((80_000, 7)), np.zeros((80_000, 2)))
    assert np.array_equal(lms.coef_, before)


def test_bounds_do_not_depend_on_how_rows_are_cut(data):
    x, y = data
    x = np.column_stack([x, np.zeros(len(x))])  # a dead unit
    whole, parts = RLS(forgetting=0.9).fit(x, y), RLS(forgetting=0.9)
    for part in np.split(np.arange(200), [1, 60, 87, 88, 150]):
        parts.partial_fit(x[part], y[part])
    np.testing.assert_allclose(parts.coef_, whole.coef_, rtol=1e-12)


def test_weights_before_a_divergence_stay(data):
    x, y = data
    for learner in (LMS(learning_rate=0.1, normalize=False), RLS()):
        learner.fit(x / 10, y)
        before = learner.coef_.copy()
        with pytest.raises(InputError, match="diverged"):
            learner.partial_fit(np.full((50, 7), 1e160), np.full((50, 2), 1e200))
        assert np.array_equal(learner.coef_, before)
        learner.partial_fit(x[:5] / 10, y[:5])
