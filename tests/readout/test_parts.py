"""Ridge from parts is ridge from all of them: the same penalty and the same weights, whoever is done first."""

import pickle
from contextlib import contextmanager

import numpy as np
import pytest

from millpond.esn import EchoStateNetwork
from millpond.readout import Ridge, RidgeClassifier
from millpond.readout.moments import Moments
from millpond.recording import Recording, record, record_shard
from millpond.reservoir import InputError, Sequences, workers

RUNS = [range(0, 4), range(4, 18), range(18, 20)]


@contextmanager
def far(held):
    """A worker pool that is done with the last first, and to which everything is sent."""
    with workers.serial(held) as run:

        def share(work, items):
            for name, found in run(work, pickle.loads(pickle.dumps(dict(reversed(items.items()))))):
                yield name, pickle.loads(pickle.dumps(found))

        yield share


@pytest.fixture(scope="module", params=[8, 150], ids=["tall", "wide"])
def shards(request, tmp_path_factory):
    """Return the folder of shards, and all in one file: more rows than columns, or fewer."""
    rng = np.random.default_rng(4)
    folder = tmp_path_factory.mktemp("parts")
    lengths = rng.integers(4, 9, 20)
    labels = np.arange(20) // 7  # sorted: most shards lack a class
    x = [rng.normal(size=(n, 2)) + 0.3 * label for n, label in zip(lengths, labels, strict=True)]
    given = Sequences(
        x, labels=np.array(["a", "b", "c"])[labels], targets=[np.cumsum(v, axis=0) for v in x],
        groups=[f"g{i % 12}" for i in range(20)], split=["train"] * 18 + ["test"] * 2,
    )  # fmt: skip
    model = EchoStateNetwork(n_units=request.param, random_state=0).fit(given)
    (folder / "shards").mkdir()
    paths = [record_shard(model, given, run, folder / "shards") for run in RUNS]
    record(model, given, folder / "all.h5").close()
    return paths, folder / "all.h5"


@pytest.mark.parametrize("kind", [Ridge, RidgeClassifier])
@pytest.mark.parametrize("penalty", [0.3, [1e-3, 1e-1, 10.0], None])
@pytest.mark.parametrize("grouped", [False, True])
def test_parts_give_the_readout_of_the_whole(shards, kind, penalty, grouped):
    paths, whole = shards
    with Recording.open(whole) as rec:
        groups = rec.part("train").groups if grouped else None
        asked = kind(penalty=penalty, washout=1)
        once = asked.fit(rec, groups=groups)
        one = kind(penalty=penalty, washout=1).fit_parts(paths, groups, workers=far)
        assert one.penalty_ == pytest.approx(once.penalty_, rel=1e-12)
        scale = np.abs(once.coef_).max()
        np.testing.assert_allclose(one.coef_, once.coef_, rtol=0, atol=1e-9 * scale)
        np.testing.assert_allclose(one.intercept_, once.intercept_, rtol=0, atol=1e-9 * scale)
        if penalty != 0.3:
            np.testing.assert_allclose(one.validation_["loss"], once.validation_["loss"], rtol=1e-7, atol=1e-12)
        predicted = [np.concatenate([np.atleast_1d(p) for p in r.predict(rec)]) for r in (one, once)]
        if kind is Ridge:
            np.testing.assert_allclose(*predicted, atol=1e-8)
        else:
            assert np.array_equal(*predicted)


def test_standardized_parts_too(shards):
    paths, whole = shards
    with Recording.open(whole) as rec:
        a, b = Ridge(standardize=True).fit(rec), Ridge(standardize=True).fit_parts(paths)
    sent = Ridge(standardize=True).fit_parts(paths, workers=far)
    assert sent.coef_.tobytes() == b.coef_.tobytes() and sent.penalty_ == b.penalty_
    assert a.penalty_ == pytest.approx(b.penalty_, rel=1e-9)
    np.testing.assert_allclose(a.coef_, b.coef_, rtol=0, atol=1e-8 * np.abs(a.coef_).max())


def test_a_view_is_read_as_the_file_is(shards):
    paths, whole = shards
    with Recording.open(whole) as rec, Recording.open(paths[0].parent) as view:
        assert np.array_equal(Ridge().fit(rec).coef_, Ridge().fit(view).coef_)
        assert np.array_equal(RidgeClassifier().fit(rec).coef_, RidgeClassifier().fit(view).coef_)


def test_parts_in_memory_and_one_sequence_alone(rng):
    x = rng.normal(size=(40, 3))
    alone = Sequences([x], targets=[x[:, :1] ** 2])
    a, b = Ridge().fit(alone), Ridge().fit_parts([alone])
    assert a.penalty_ == pytest.approx(b.penalty_)
    np.testing.assert_allclose(a.coef_, b.coef_, rtol=1e-9)


def test_parts_that_do_not_fit_are_told(rng, shards):
    paths, _ = shards
    x = Sequences([rng.normal(size=(5, 2))], targets=[rng.normal(size=(5, 2))], labels=["a"])
    with pytest.raises(InputError, match="there is no recording to fit"):
        Ridge().fit_parts([])
    with pytest.raises(InputError, match="give parts of one recording"):
        Ridge(penalty=1.0).fit_parts([*paths, x])
    with pytest.raises(InputError, match="y holds 1 class"):
        RidgeClassifier().fit_parts(paths[:1])
    with pytest.raises(InputError, match="no recording has a training sequence"):
        Ridge().fit_parts([paths[-1]])
    with pytest.raises(InputError, match="groups has 3 entries, but there are"):
        Ridge().fit_parts(paths, ["a", "b", "c"])


def test_half_a_gram_matrix_is_sent(rng):
    moments = Moments(60, 2)
    moments.add(rng.normal(size=(100, 60)), rng.normal(size=(100, 2)))
    sent = pickle.dumps(moments)
    back = pickle.loads(sent)
    assert len(sent) < 60 * 61 / 2 * 8 + 60 * 4 * 8 + 2000
    np.testing.assert_array_equal(np.triu(back.gram), np.triu(moments.gram))
    np.testing.assert_array_equal(back.centred()[0], moments.centred()[0])
