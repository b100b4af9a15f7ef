"""A saved model predicts the same bits in another process."""

import subprocess
import sys
import zipfile

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.pipeline import Pipeline, make_pipeline

import millpond
from millpond import LMS, RLS, EchoStateNetwork, InputError, Logistic, Pool, Ridge, RidgeClassifier
from millpond.baseline import Ensemble, RecurrentNetwork
from millpond.esn import ClosedLoop
from millpond.lsm import NeuronModel
from millpond.models.saving import opened
from millpond.models.values import Rules, unfitted
from millpond.reservoir import ChannelScaler, Reservoir
from tests.test_contract import MODELS

RNG = np.random.default_rng(5)
X = [RNG.normal(size=(n, 2)) for n in (14, 9, 12, 17, 11, 13)]
LABELS = np.array(["no", "yes"] * 3)


def back(model, tmp_path, **options):
    millpond.save(model, tmp_path / "m.mill", **options)
    return millpond.load(tmp_path / "m.mill", **options)


def words(reservoir, readout=None):
    steps = [ChannelScaler(weights=[1.0, 0.5]), reservoir, Pool("segments", n_segments=2)]
    return make_pipeline(*steps, readout or RidgeClassifier(penalty=1.0, standardize=True)).fit(X, LABELS)


@pytest.mark.parametrize("name", [*MODELS])
def test_every_substrate_returns_the_same_states(name, tmp_path):
    x = [np.abs(x).round() for x in X] if name == "spikes" else X
    model = clone(MODELS[name]).fit(x)
    again = back(model, tmp_path)
    assert all((a == b).all() for a, b in zip(model.transform(x), again.transform(x), strict=True))


@pytest.mark.parametrize(
    "readout", [RidgeClassifier(), Logistic(penalty=1.0), RidgeClassifier(class_weight="balanced")]
)
def test_classifiers(readout, tmp_path):
    model = words(EchoStateNetwork(n_units=20, random_state=3), readout)
    again = back(model, tmp_path)
    assert (model.predict(X) == again.predict(X)).all()
    assert (model.decision_function(X) == again.decision_function(X)).all()


@pytest.mark.parametrize("readout", [Ridge(), Ridge(penalty=[0.1, 1.0]), RLS(), LMS(learning_rate=0.01)])
def test_regressors(readout, tmp_path):
    model = make_pipeline(EchoStateNetwork(n_units=20, random_state=3), readout).fit(X[0], X[0][:, :1])
    again = back(model, tmp_path)
    assert (model.predict(X[1]) == again.predict(X[1])).all()
    if hasattr(readout, "partial_fit"):
        one, two = (m[-1].partial_fit(m[0].transform(X[2]), X[2][:, :1]) for m in (model, again))
        assert (one.coef_ == two.coef_).all()


def test_gradient_networks_and_ensembles(tmp_path):
    member = RecurrentNetwork(cell="gru", n_units=4, n_epochs=2, random_state=0)
    for model in (member, Ensemble(member=member, n_members=2, random_state=1)):
        fitted = clone(model).fit(X, LABELS)
        assert (back(fitted, tmp_path).predict_proba(X) == fitted.predict_proba(X)).all()


@pytest.mark.parametrize("scaling", [0.0, 0.5])
def test_closed_loops(scaling, tmp_path):
    y = np.sin(np.arange(200) / 5)[:, None]
    model = EchoStateNetwork(n_units=30, feedback_scaling=scaling, random_state=0)
    if scaling:
        u = np.zeros((200, 1))
        readout = Ridge(penalty=1e-6).fit(model.fit_transform(u, y), y)
        given, ahead = (u, y), np.zeros((9, 1))
    else:
        readout = Ridge(penalty=1e-6).fit(model.fit_transform(y[:-1]), y[1:])
        given, ahead = (y,), 9
    loop = ClosedLoop(model, readout)
    again = back(loop, tmp_path)
    loop.teach(*given)
    again.teach(*given)
    assert (loop.run(ahead) == again.run(ahead)).all()


def test_given_weights_are_stored(tmp_path):
    W = EchoStateNetwork(n_units=15, connectivity=3, random_state=1).fit(X).W_
    model = EchoStateNetwork(W=W, bias=np.linspace(0, 1, 15), random_state=2).fit(X)
    assert (back(model, tmp_path).transform(X[0]) == model.transform(X[0])).all()


def test_a_new_process_predicts_the_same_bits(tmp_path):
    model = words(EchoStateNetwork(n_units=50, random_state=3))
    millpond.save(model, tmp_path / "m.mill")
    np.save(tmp_path / "x.npy", X[0])
    program = (
        "import sys, numpy as np, millpond\n"
        "m = millpond.load(sys.argv[1])\n"
        "print(m.decision_function([np.load(sys.argv[2])]).tobytes().hex())\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "m.mill", tmp_path / "x.npy"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == model.decision_function([X[0]]).tobytes().hex()


def test_bytes_are_the_same_each_time_and_drawn_weights_are_not_stored(tmp_path):
    model = words(EchoStateNetwork(n_units=400, random_state=3))
    for name in "ab":
        millpond.save(model, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with zipfile.ZipFile(tmp_path / "a") as file:
        sizes = {m.filename: m.file_size for m in file.infolist()}
    assert sum(size for name, size in sizes.items() if name != "model.json") < 3 * 8 * 800


def test_facts_are_stored(tmp_path):
    millpond.save(words(EchoStateNetwork(n_units=5, random_state=3)), tmp_path / "m", about={"task": "digits"})
    assert opened(tmp_path / "m").about == {"task": "digits"}


@pytest.mark.parametrize("seed", [None, np.random.default_rng(0)], ids=["none", "generator"])
def test_weights_that_cannot_be_drawn_again_are_an_error(seed, tmp_path):
    with pytest.raises(InputError, match="whole number as random_state"):
        millpond.save(EchoStateNetwork(n_units=5, random_state=seed).fit(X), tmp_path / "m")
    assert not list(tmp_path.iterdir())


def test_models_that_are_not_fitted_are_an_error(tmp_path):
    for model in (EchoStateNetwork(random_state=0), Ridge(), Pipeline([("r", RidgeClassifier())])):
        with pytest.raises(InputError, match="not fitted"):
            millpond.save(model, tmp_path / "m")


class Doubled(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.factor_ = 2.0
        return self

    def transform(self, X):
        return [x * self.factor_ for x in X]


class Delayed(Reservoir):
    def __init__(self, gain=1.0, random_state=0):
        self.gain = gain
        self.random_state = random_state

    def build(self, signals, streams):
        self.n_units_, self.unit_positions_ = self.n_features_in_, None

    def initial_state(self):
        return np.zeros(self.n_units_)

    def advance(self, U, state):
        return self.gain * np.vstack([state, U[:-1]]), U[-1].copy()


def test_own_classes_have_to_be_passed(tmp_path):
    model = make_pipeline(Doubled(), Delayed(gain=2.0), Pool("mean"), RidgeClassifier(penalty=1.0)).fit(X, LABELS)
    with pytest.raises(InputError, match="Doubled is not a class of Millpond"):
        millpond.save(model, tmp_path / "m.mill")
    assert (back(model, tmp_path, known=[Doubled, Delayed]).predict(X) == model.predict(X)).all()
    with pytest.raises(InputError, match="names the class .*Doubled"):
        millpond.load(tmp_path / "m.mill")


def test_equations_need_trust(tmp_path):
    leaky = NeuronModel("dv/dt = (I - v) / (20*ms) : 1\nI : 1", threshold="v > 1", reset="v = 0")
    told = {"class": "millpond.lsm:NeuronModel", "params": {"equations": leaky.equations}}
    with pytest.raises(InputError, match="trusted=True"):
        unfitted(told, [], Rules())
    assert unfitted(told, [], Rules(trusted=True)).equations == leaky.equations
