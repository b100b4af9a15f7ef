"""Several networks asked together."""

import numpy as np
import pytest

from millpond.baseline import Ensemble, RecurrentNetwork
from millpond.evaluation.models import adjusted
from millpond.reservoir import InputError, Sequences
from millpond.reservoir.provenance import config


@pytest.fixture
def ensemble():
    member = RecurrentNetwork(cell="gru", n_units=4, n_epochs=3, batch_size=10, learning_rate=0.03)
    return Ensemble(member=member, n_members=2, random_state=0)


@pytest.fixture
def words(rng):
    X = [rng.normal(size=(6, 2)) + i % 2 for i in range(20)]
    return Sequences(X, labels=np.array(["no", "yes"])[np.arange(20) % 2])


def test_the_mean_of_the_members_decides(ensemble, words):
    ensemble.fit(words)
    first, second = (m.predict_proba(words) for m in ensemble.members_)
    assert not np.allclose(first, second)
    np.testing.assert_allclose(ensemble.predict_proba(words), (first + second) / 2)
    assert np.array_equal(ensemble.predict(words), np.array(["no", "yes"])[(first + second).argmax(1)])
    one = ensemble.members_[0]
    assert ensemble.n_parameters_ == 2 * one.n_parameters_
    assert ensemble.operations() == {name: 2 * n for name, n in one.operations().items()}


def test_the_same_seed_gives_the_same_members(ensemble, words):
    found = [adjusted(ensemble, seed=s).fit(words).predict_proba(words) for s in (5, 5, 6)]
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[0], found[2])


def test_what_is_adjusted_reaches_the_members_and_is_written_down(ensemble):
    other = config(adjusted(ensemble, units=7, epochs=9))["params"]["member"]["params"]
    assert (other["n_units"], other["n_epochs"]) == (7, 9)
    assert ensemble.member.n_units == 4


def test_only_whole_sequences_are_named(ensemble, words):
    with pytest.raises(InputError, match="give one label for each"):
        ensemble.fit(words.signals, [x[:, :1] for x in words.signals])
