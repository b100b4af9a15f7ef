"""The estimator: what it learns, that it repeats, and what it refuses."""

import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from sklearn.base import clone

from millpond.baseline import RecurrentNetwork
from millpond.baseline.training import compiled
from millpond.reservoir import InputError, Sequences

SMALL = {"cell": "gru", "n_units": 8, "n_epochs": 6, "batch_size": 16, "learning_rate": 0.03, "random_state": 0}


@pytest.fixture
def words(rng):
    """Forty sequences of four to eight steps; the class is the sign of their slope."""
    signs = np.where(np.arange(40) % 2, 1.0, -1.0)
    X = [
        0.1 * rng.normal(size=(n, 2)) + s * np.linspace(-1, 1, n)[:, None]
        for n, s in zip(rng.integers(4, 9, 40), signs, strict=True)
    ]
    return Sequences(X, labels=np.where(signs > 0, "up", "down"), groups=[f"g{i % 5}" for i in range(40)])


def weights(network):
    return np.concatenate([leaf.ravel() for leaf in jax.tree.leaves(network.params_)])


def test_labels_of_sequences(words):
    net = RecurrentNetwork(
        **SMALL, pooling="last", dropout=0.2, input_noise=0.1, offset_noise=0.1, blend=0.3, stretch=0.2
    )
    net.fit(words)
    assert net.score(words) == 1
    assert net.task_ == "label"
    p = net.predict_proba(words)
    assert p.shape == (40, 2)
    np.testing.assert_allclose(p.sum(1), 1, rtol=1e-5)
    assert np.array_equal(net.classes_[p.argmax(1)], net.predict(words))
    assert net.losses_[-1] < net.losses_[0]


def test_labels_of_steps(words):
    """Whether the step before was positive: the network has to remember it."""
    y = [np.concatenate([[0], (x[:-1, 0] > 0).astype(int)]) for x in words.signals]
    net = RecurrentNetwork(**SMALL | {"n_epochs": 30}).fit(words.signals, y)
    assert net.task_ == "labels"
    assert net.score(words.signals, y) > 0.9
    assert [len(p) for p in net.predict(words)] == words.lengths.tolist()


def test_steps_that_are_masked_are_not_learned(words, rng):
    labels = [np.ma.masked_all(len(x), "U4") for x in words.signals]
    for y, label in zip(labels, words.labels, strict=True):
        y[-1] = label
    values = [
        np.ma.array(rng.normal(size=(len(x), 2)), mask=np.arange(2 * len(x)).reshape(-1, 2) > 4) for x in words.signals
    ]
    for y in (labels, values):
        other = [np.ma.array(np.where(a.mask, a.dtype.type(77), a.data), mask=a.mask) for a in y]
        nets = [RecurrentNetwork(**SMALL).fit(words.signals, targets) for targets in (y, other)]
        np.testing.assert_array_equal(*map(weights, nets))
    # a label at the last step alone is a label of the whole sequence
    whole = RecurrentNetwork(**SMALL, pooling="last").fit(words.signals, words.labels)
    last = RecurrentNetwork(**SMALL).fit(words.signals, labels)
    np.testing.assert_allclose(weights(last), weights(whole), rtol=1e-3, atol=1e-5)
    assert last.score(words.signals, labels) == whole.score(words)
    labels[3] = np.ma.masked_all(len(labels[3]), "U4")
    with pytest.raises(InputError, match="y of sequence 3 has a masked value at every step"):
        RecurrentNetwork(**SMALL).fit(words.signals, labels)


def test_values_of_steps_and_generation(rng):
    """Fitted to the next step of a sine, the network goes on by itself."""
    t = np.arange(121)
    wave = [np.sin(0.4 * t + phase)[:, None] for phase in rng.uniform(0, 6, 12)]
    X, Y = [w[:40] for w in wave], [w[1:41] for w in wave]
    net = RecurrentNetwork(**SMALL | {"n_epochs": 150, "n_units": 16, "batch_size": 12}).fit(X, Y)
    assert net.task_ == "values"
    assert net.score(X, Y) > 0.98
    said = net.generate(wave[0][:40], 10)
    assert np.abs(said - wave[0][40:50]).max() < 0.3
    # the first step said is what predict says of the prompt's last row
    np.testing.assert_allclose(said[0], net.predict(wave[0][:40])[0][-1], rtol=1e-4)


def test_the_same_seed_gives_the_same_weights_and_another_others(words):
    a, b, c = (RecurrentNetwork(**SMALL | {"random_state": s, "dropout": 0.3}).fit(words) for s in (0, 0, 1))
    assert np.array_equal(weights(a), weights(b))
    assert not np.array_equal(weights(a), weights(c))
    assert np.array_equal(weights(clone(a).fit(words)), weights(a))


def test_predictions_do_not_depend_on_company(words):
    net = RecurrentNetwork(**SMALL).fit(words)
    whole = net.decision_function(words)
    order = np.arange(40)[::-3]
    np.testing.assert_allclose(net.decision_function(words[order]), whole[order], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("patience", [None, 2])
def test_a_stopped_training_goes_on_to_the_same_weights(words, tmp_path, monkeypatch, patience):
    net = RecurrentNetwork(**SMALL | {"dropout": 0.3, "patience": patience, "optimizer": "rmsprop"})
    whole = clone(net).fit(words)

    class Stop(Exception):
        pass

    from millpond.baseline import build

    keep, kept = build.keep, []

    def keep_and_stop(*args):
        keep(*args)
        kept.append(1)
        if len(kept) == 2:
            raise Stop

    monkeypatch.setattr(build, "keep", keep_and_stop)
    with pytest.raises(Stop):
        clone(net).fit(words, checkpoint=tmp_path / "c.npz")
    resumed = clone(net).fit(words, checkpoint=tmp_path / "c.npz")
    assert len(kept) == len(whole.losses_)  # no epoch twice
    assert np.array_equal(weights(whole), weights(resumed))
    assert whole.losses_ == resumed.losses_
    with pytest.raises(InputError, match="another training"):
        clone(net).fit(words[:30], checkpoint=tmp_path / "c.npz")


def test_saved_and_loaded_it_says_the_same(words, tmp_path):
    net = RecurrentNetwork(**SMALL).fit(words)
    net.save(tmp_path / "net.npz")
    other = RecurrentNetwork.load(tmp_path / "net.npz")
    assert np.array_equal(other.decision_function(words), net.decision_function(words))
    assert np.array_equal(other.predict(words), net.predict(words))
    assert other.get_params() == net.get_params()
    with pytest.raises(InputError, match="there is no file"):
        RecurrentNetwork.load(tmp_path / "nothing.npz")
    (tmp_path / "text.npz").write_text("text")
    with pytest.raises(InputError, match="is not a network"):
        RecurrentNetwork.load(tmp_path / "text.npz")


def test_whole_groups_validate_and_the_best_weights_stay(words, monkeypatch):
    from millpond.baseline import build

    seen = {}
    parts = build.parts

    def watched(*args):
        seen["parts"] = parts(*args)
        return seen["parts"]

    monkeypatch.setattr(build, "parts", watched)
    net = RecurrentNetwork(**SMALL | {"patience": 2, "n_epochs": 40, "learning_rate": 0.3}).fit(words)
    train, validation = seen["parts"]
    group_of = {x.astype(np.float32).tobytes(): g for x, g in zip(words.signals, words.groups, strict=True)}
    sides = [{group_of[x.tobytes()] for x in part.signals} for part in (train, validation)]
    assert len(sides[1]) == 1
    assert not sides[0] & sides[1]
    assert len(net.losses_) < 40
    assert np.argmin(net.validation_losses_) == len(net.losses_) - 3
    given = net.decision_function(validation.signals)
    right = given[np.arange(len(given)), validation.targets] - np.log(np.exp(given).sum(1))
    assert -right.mean() == pytest.approx(min(net.validation_losses_), rel=1e-3, abs=1e-5)


def test_networks_of_one_shape_share_what_is_compiled(words):
    RecurrentNetwork(**SMALL).fit(words)
    before = compiled.cache_info().misses
    RecurrentNetwork(**SMALL | {"random_state": 3, "learning_rate": 0.1, "weight_decay": 0.1, "n_epochs": 2}).fit(words)
    assert compiled.cache_info().misses == before


def test_weight_decay_and_clipping_act(words):
    free = RecurrentNetwork(**SMALL).fit(words)
    bound = RecurrentNetwork(**SMALL | {"weight_decay": 3.0}).fit(words)
    assert np.linalg.norm(weights(bound)) < np.linalg.norm(weights(free))
    start = RecurrentNetwork(**SMALL | {"n_epochs": 1, "optimizer": "sgd", "clip": 1e-9}).fit(words)
    other = RecurrentNetwork(**SMALL | {"n_epochs": 5, "optimizer": "sgd", "clip": 1e-9}).fit(words)
    np.testing.assert_allclose(weights(start), weights(other), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cell": "lstn"}, "did you mean 'lstm'"),
        ({"cell": "jordan", "n_layers": 2}, "set n_layers=1"),
        ({"flow_penalty": 1.0, "bidirectional": True}, "needs one layer forward in time"),
        ({"periods": (1, 2, 4)}, "which 3 periods do not divide"),
        ({"optimizer": "adm"}, "did you mean 'adam'"),
        ({"recurrent_init": "ortho"}, "did you mean 'orthogonal'"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"patience": 2, "validation_share": 0.95}, "leave none to train on"),
    ],
)
def test_mistakes_are_named(words, change, says):
    with pytest.raises(InputError, match=says):
        RecurrentNetwork(**SMALL | change).fit(words)


def test_targets_that_do_not_fit_are_named(words):
    X = words.signals
    net = RecurrentNetwork(**SMALL)
    for y, says in [
        (None, "y is None"),
        (["a"] * 40, "single class"),
        (["a", "b"], "2 entries, but there are 40"),
        ([np.zeros((3, 1)) for _ in X], "give a row of y for each step"),
    ]:
        with pytest.raises(InputError, match=says):
            net.fit(X, y)
    with pytest.raises(InputError, match="set stretch=0"):
        clone(net).set_params(stretch=0.1).fit(X, [x[:, :1] for x in X])
    with pytest.raises(InputError, match="set blend=0"):
        clone(net).set_params(blend=0.1).fit(X, [x[:, :1] for x in X])
    net.fit(words)
    with pytest.raises(InputError, match="cannot run on its own output"):
        net.generate(X[0], 3)
    with pytest.raises(InputError, match="features"):
        net.predict([np.zeros((4, 3))])


def test_importing_the_package_does_not_import_jax():
    code = "import sys, baseline, millpond.scenarios.speech.task; print('jax' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert run.stdout.strip() == "False", run.stderr
