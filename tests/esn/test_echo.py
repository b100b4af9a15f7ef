from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC

from millpond.esn import (
    ES2N,
    Bidirectional,
    DeepEchoStateNetwork,
    EchoStateNetwork,
    StateKernel,
    from_reservoirpy,
    time_to_agreement,
    to_reservoirpy,
)
from millpond.readout import Ridge
from millpond.reservoir import InputError


def test_a_linear_network_forgets_at_the_pace_of_its_radius(rng):
    """The difference of two runs of a cycle of weight r is r^t times that of the starts."""
    u = rng.normal(size=(200, 1))
    esn = EchoStateNetwork(
        n_units=30, topology="cycle", spectral_radius=0.9, leak_rate=1.0, activation="identity", random_state=0
    ).fit(u)
    found = time_to_agreement(esn, u, tolerance=1e-6)
    np.testing.assert_allclose(found.distances[1:50] / found.distances[:49], 0.9, rtol=1e-6)
    expected = np.ceil(np.log(1e-6 / found.distances[0]) / np.log(0.9)) + 1
    assert found.steps == expected
    assert time_to_agreement(esn, u[: found.steps - 1]).steps is None


def test_strong_input_brings_order_to_a_wild_network(rng):
    """The property is one of network and input: driven hard, units saturate and forget."""
    wild = {"n_units": 100, "spectral_radius": 1.8, "leak_rate": 1.0, "bias_scaling": 0.0, "random_state": 0}
    weak, strong = 0.01 * rng.normal(size=(1000, 1)), 30 * rng.normal(size=(1000, 1))
    esn = EchoStateNetwork(**wild).fit(weak)
    assert time_to_agreement(esn, weak).steps is None
    assert time_to_agreement(esn, strong).steps < 200


@pytest.mark.parametrize("make", [DeepEchoStateNetwork, ES2N])
def test_other_networks_agree_too(rng, make):
    u = rng.normal(size=(600, 1))
    model = make(n_units=20, leak_rate=0.5, random_state=0).fit(u)
    assert time_to_agreement(model, u).steps is not None
    with pytest.raises(InputError, match="Bidirectional cannot start"):
        time_to_agreement(Bidirectional().fit(u), u)


def test_a_warm_start_is_the_rest_of_the_run_and_a_washout_drops_its_beginning(rng):
    """transform begins at rest; a stream goes on; what a readout does not learn is its washout, per sequence."""
    u, y = rng.normal(size=(300, 1)), rng.normal(size=300)
    esn = EchoStateNetwork(n_units=20, random_state=0).fit(u)
    states, stream = esn.transform(u), esn.stream()
    stream.run(u[:100])
    assert np.array_equal(stream.run(u[100:]), states[100:])  # warm
    assert not np.allclose(esn.transform(u[100:])[0], states[100])  # cold
    cold, warm = Ridge(penalty=1.0, washout=100).fit([states], [y]), Ridge(penalty=1.0).fit(states[100:], y[100:])
    np.testing.assert_allclose(cold.coef_[0], warm.coef_[0], rtol=1e-9)
    steps = time_to_agreement(esn, u, tolerance=1e-9).steps
    np.testing.assert_allclose(esn.transform(u[50:])[steps:], states[50 + steps :], atol=1e-7)


@pytest.fixture
def waves(rng):
    t, kind = np.arange(25), np.arange(60) % 2
    return np.sin(t * np.where(kind, 0.5, 0.7)[:, None] + rng.uniform(0, 6, 60)[:, None]), kind


@pytest.mark.parametrize("pooling", ["mean", "last"])
@pytest.mark.parametrize("gamma", [None, 0.7])
def test_a_kernel_is_symmetric_positive_and_the_product_of_its_rows(waves, pooling, gamma):
    X, _ = waves
    esn = EchoStateNetwork(n_units=30, random_state=0).fit(X[0][:, None])
    kernel = StateKernel(esn, pooling, gamma)
    K = kernel(X)
    assert np.linalg.eigvalsh(K).min() > -1e-12
    np.testing.assert_allclose(K, K.T)
    np.testing.assert_allclose(kernel(X[:5], X), K[:5], atol=1e-14)
    np.testing.assert_allclose(kernel([x[:, None] for x in X]), K, atol=1e-14)
    a, b = (s.mean(0) if pooling == "mean" else s[-1] for s in esn.transform([X[0][:, None], X[1][:, None]]))
    expected = a @ b / 30 if gamma is None else np.exp(-gamma * ((a - b) ** 2).sum())
    assert K[0, 1] == pytest.approx(expected)


def test_a_support_vector_machine_takes_the_kernel(waves):
    X, y = waves
    svc = SVC(kernel=StateKernel(EchoStateNetwork(n_units=50, random_state=0).fit(X[0][:, None]), "last", 0.5), C=100)
    assert cross_val_score(clone(svc), X, y, cv=3).mean() > 0.9
    precomputed = SVC(kernel="precomputed", C=100).fit(svc.kernel(X), y)
    assert np.array_equal(precomputed.predict(svc.kernel(X)), svc.fit(X, y).predict(X))
    two = StateKernel(EchoStateNetwork(n_units=5, random_state=0).fit(np.ones((2, 2))))
    with pytest.raises(InputError, match="do not form whole steps of 2 channels"):
        two(X)


class Reservoir(SimpleNamespace):
    """What a node of reservoirpy shows of itself."""


def node(rng, **other):
    def tanh(x):
        return np.tanh(x)

    W = csr_array(rng.normal(size=(12, 12)) * (rng.random((12, 12)) < 0.3))
    return Reservoir(**{
        "W": W, "Win": csr_array(rng.normal(size=(12, 2))), "bias": csr_array(rng.normal(size=(12, 1))), "lr": 0.4,
        "activation": tanh, **other,
    })  # fmt: skip


def test_weights_of_a_node_are_taken_over(rng):
    u, given = rng.normal(size=(15, 2)), node(rng)
    states = from_reservoirpy(given).fit(u).transform(u)
    h = np.zeros(12)
    for x, state in zip(u, states, strict=True):
        h = 0.6 * h + 0.4 * np.tanh(given.W @ h + given.Win @ x + given.bias.toarray()[:, 0])
        np.testing.assert_allclose(state, h, atol=1e-12)
    rates = rng.uniform(0.1, 1, 12)
    assert np.array_equal(from_reservoirpy(node(rng, lr=rates, bias=0.5)).fit(u).leak_rate_, rates)
    with pytest.raises(InputError, match="the node is a IPReservoir"):
        from_reservoirpy(type("IPReservoir", (Reservoir,), {})(**vars(given)))
    with pytest.raises(InputError, match="has no weights yet"):
        from_reservoirpy(node(rng, W=lambda: None))
    with pytest.raises(InputError, match="activation of the node is 'sign'"):
        from_reservoirpy(node(rng, activation=np.sign))


@pytest.mark.parametrize("topology", ["random", "orthogonal", "hadamard"])
def test_weights_go_to_reservoirpy_and_back(rng, topology):
    pytest.importorskip("reservoirpy")
    u = rng.normal(size=(40, 2))
    esn = EchoStateNetwork(n_units=32, topology=topology, leak_rate=(0.1, 1.0), random_state=0).fit(u)
    theirs = to_reservoirpy(esn)
    np.testing.assert_allclose(theirs.run(u), esn.transform(u), rtol=0, atol=1e-12)
    np.testing.assert_allclose(from_reservoirpy(theirs).fit(u).transform(u), esn.transform(u), rtol=0, atol=1e-12)


def test_what_a_node_has_not_is_refused(rng):
    u = np.ones((3, 1))
    with pytest.raises(InputError, match="cannot have feedback, noise"):
        to_reservoirpy(EchoStateNetwork(n_units=5, noise=0.1).fit(u))
