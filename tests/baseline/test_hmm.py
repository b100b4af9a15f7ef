"""Hidden Markov models of words."""

import sys

import numpy as np
import pytest

from millpond.baseline.batches import stacked
from millpond.baseline.hmm import HiddenMarkov, log_likelihoods
from millpond.evaluation.models import built
from millpond.reservoir import InputError


def test_a_missing_package_is_named(monkeypatch, rng):
    monkeypatch.setitem(sys.modules, "hmmlearn", None)
    with pytest.raises(InputError, match=r"needs the package hmmlearn, .* pip install 'millpond\[hmm\]'"):
        HiddenMarkov().fit([rng.normal(size=(9, 2))], ["a"])
    with pytest.raises(InputError, match="needs the package hmmlearn"):
        built("hmm")


@pytest.fixture
def words(rng):
    """Two words of the same sounds in opposite order: only their order tells them apart."""
    pytest.importorskip("hmmlearn")
    X = []
    for i in range(30):
        sounds = np.repeat([[-1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], rng.integers(2, 5, 3), axis=0)
        X.append((sounds if i % 2 else sounds[::-1]) + 0.2 * rng.normal(size=sounds.shape))
    return X, np.array(["there", "back"])[np.arange(30) % 2]


def test_order_tells_words_apart(words):
    X, y = words
    model = HiddenMarkov(n_states=3, n_mixtures=1, n_iterations=4, random_state=0).fit(X, y)
    assert np.mean(model.predict(X) == y) == 1
    for of_word in model.models_:
        assert np.array_equal(of_word.startprob_, [1, 0, 0])
        assert (of_word.transmat_[np.tril_indices(3, -1)] == 0).all()  # no way back
        np.testing.assert_allclose(of_word.transmat_.sum(1), 1)
    assert model.n_parameters_ == 2 * 3 * (1 * 5 + 1)


def test_likelihoods_are_those_of_hmmlearn(words):
    X, y = words
    model = HiddenMarkov(n_states=3, n_mixtures=2, n_iterations=2, random_state=0).fit(X, y).models_[0]
    found = log_likelihoods(model, stacked(X, len(X), max(map(len, X))), np.array([len(x) for x in X]))
    np.testing.assert_allclose(found, [model.score(x) for x in X], rtol=1e-9)


def test_the_same_seed_gives_the_same_models(words):
    X, y = words
    a, b = (HiddenMarkov(n_states=3, n_iterations=3, random_state=1).fit(X, y) for _ in range(2))
    for p, q in zip(a.models_, b.models_, strict=True):
        assert np.array_equal(p.means_, q.means_)


def test_words_need_labels(words):
    with pytest.raises(InputError, match="y is None"):
        HiddenMarkov().fit(words[0])
