import numpy as np
import pytest
from scipy.stats import expon, norm

from millpond.esn import EchoStateNetwork, IntrinsicPlasticity, plasticity
from millpond.reservoir import InputError


def network(activation="tanh", **params):
    return EchoStateNetwork(
        n_units=30, activation=activation, leak_rate=1.0, connectivity=10, random_state=0, **params
    )  # fmt: skip


@pytest.fixture
def u(rng):
    return [rng.uniform(-1, 1, (n, 1)) for n in (900, 600)]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_steps_equal_their_plain_twin(rng, activation):
    u = rng.normal(size=(50, 2))
    esn = network(activation, input_scaling=0.5).fit(u).set_params(leak_rate=0.5).fit(u)
    start = np.ones(30), np.zeros(30)
    fast, slow = [a.copy() for a in start], [a.copy() for a in start]
    rule = activation == "tanh", 0.2, 0.3, 1e-2
    IntrinsicPlasticity(reservoir=esn)._adapt(esn, u, *fast, *rule)
    plasticity.adapt_plain(esn, u, *slow, *rule)
    np.testing.assert_allclose(fast, slow, rtol=1e-12)


@pytest.mark.parametrize(("activation", "mean"), [("tanh", 0.0), ("tanh", 0.2), ("sigmoid", 0.2)])
def test_outputs_move_to_their_target(u, activation, mean):
    model = IntrinsicPlasticity(
        reservoir=network(activation), mean=mean, deviation=0.25, learning_rate=2e-3, n_epochs=20
    ).fit(u)
    before, after = model.divergence_
    assert after < 0.1 < before
    y = np.concatenate(model.transform(u))
    assert y.mean() == pytest.approx(mean, abs=0.03)
    assert y.std() == pytest.approx(0.25 if activation == "tanh" else mean, abs=0.05)


def test_gains_and_offsets_are_in_the_weights(u):
    model = IntrinsicPlasticity(reservoir=network(), n_epochs=2).fit(u)
    plain = network().fit(u)
    np.testing.assert_allclose(model.reservoir_.W_, model.gain_[:, None] * plain.W_)
    np.testing.assert_allclose(model.reservoir_.W_in_, model.gain_[:, None] * plain.W_in_)
    np.testing.assert_allclose(model.reservoir_.bias_, model.gain_ * plain.bias_ + model.offset_)
    radii = [np.abs(np.linalg.eigvals(e.W_)).max() for e in (plain, model.reservoir_)]
    assert model.spectral_radius_ == pytest.approx(radii)
    still = IntrinsicPlasticity(reservoir=network(), n_epochs=0).fit(u)
    assert still.divergence_[0] == still.divergence_[1]


def test_only_signals_of_fit_are_looked_at(u):
    model = IntrinsicPlasticity(reservoir=network(), n_epochs=1).fit(u[:1])
    gain = model.gain_.copy()
    model.transform(u)
    assert np.array_equal(model.gain_, gain)
    np.testing.assert_array_equal(IntrinsicPlasticity(reservoir=network(), n_epochs=1).fit(u[0]).gain_, gain)


def test_divergence_is_zero_for_the_target_and_known_for_another(rng):
    y = rng.normal(size=1_000_000)
    assert plasticity.divergence(y, norm(0, 1)) == pytest.approx(0, abs=1e-3)
    assert plasticity.divergence(y, norm(1, 1)) == pytest.approx(0.5, abs=0.01)
    assert plasticity.divergence(rng.exponential(0.5, 1_000_000), expon(scale=1.0)) == pytest.approx(
        np.log(2) - 0.5, abs=0.01
    )


@pytest.mark.parametrize(
    ("reservoir", "params", "says"),
    [
        (network("relu"), {}, "activation of the reservoir is 'relu'"),
        (network(), {"deviation": 0}, "deviation is 0"),
        (network("sigmoid"), {"mean": 0}, "mean is 0"),
        (network("sigmoid"), {"mean": 1}, "mean is 1, .* between 0 and 1"),
        (network(), {"mean": 1.0}, "mean is 1, .* between -1 and 1"),
        (network(), {"mean": -1.0}, "mean is -1"),
        (EchoStateNetwork(n_units=64, topology="hadamard"), {}, "another topology"),
    ],
)
def test_what_cannot_adapt_is_named(u, reservoir, params, says):
    with pytest.raises(InputError, match=says):
        IntrinsicPlasticity(reservoir=reservoir, **params).fit(u)
