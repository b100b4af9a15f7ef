import numpy as np
import pytest

from millpond.esn import ES2N, Bidirectional, DeepEchoStateNetwork, EchoStateNetwork, average_state_entropy, es2n
from millpond.reservoir import InputError


@pytest.fixture
def u(rng):
    return rng.normal(size=(40, 2))


@pytest.mark.parametrize("architecture", ["deep", "deep-ia", "grouped"])
def test_a_stack_is_its_layers_run_one_after_the_other(u, architecture):
    deep = DeepEchoStateNetwork(
        n_units=32, n_layers=3, architecture=architecture, leak_rate=[1.0, 0.5, 0.1], spectral_radius=[0.9, 0.7, 0.5],
        layer=EchoStateNetwork(connectivity=4, bias_scaling=0.0), random_state=0,
    ).fit(u)  # fmt: skip
    parts = deep.by_layer(deep.transform(u))
    assert [p.shape[1] for p in parts] == [11, 11, 10]
    before = None
    for layer, part, leak, radius in zip(deep.layers_, parts, (1.0, 0.5, 0.1), (0.9, 0.7, 0.5), strict=True):
        if before is None or architecture == "grouped":
            heard = u
        else:
            heard = before if architecture == "deep" else np.hstack([before, u])
            links = layer.W_in_[:, : before.shape[1]]
            assert np.linalg.norm(links, 2) == pytest.approx(1)
        np.testing.assert_array_equal(layer.transform(heard), part)
        W = layer.W_.toarray() if hasattr(layer.W_, "toarray") else layer.W_
        assert np.abs(np.linalg.eigvals(W)).max() == pytest.approx(radius)
        assert (layer.leak_rate_ == leak).all()
        assert not layer.bias_.any()
        before = part


def test_links_of_large_layers_have_their_norm(rng):
    deep = DeepEchoStateNetwork(n_units=620, n_layers=2, inter_scaling=0.3, random_state=0).fit(np.ones((2, 1)))
    assert np.linalg.norm(deep.layers_[1].W_in_, 2) == pytest.approx(0.3)


def test_layers_differ_and_a_shallow_stack_is_one_network(u):
    deep = DeepEchoStateNetwork(n_units=40, n_layers=2, architecture="grouped", random_state=0).fit(u)
    a, b = deep.by_layer(deep.transform(u))
    assert not np.allclose(a, b)
    one = DeepEchoStateNetwork(n_units=20, n_layers=1, random_state=0).fit(u)
    np.testing.assert_array_equal(one.transform(u), one.layers_[0].transform(u))
    assert one.operations() == one.layers_[0].operations()


def test_without_recurrence_no_layer_hears_itself(u):
    for layer in (None, EchoStateNetwork(W=np.eye(5))):
        deep = DeepEchoStateNetwork(n_units=10, n_layers=2, layer=layer, random_state=0)
        for part in deep.without_recurrence().fit(u).layers_:
            assert np.count_nonzero(part.W_.toarray()) == 0


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"architecture": "deepia"}, "did you mean 'deep-ia'"),
        ({"leak_rate": [0.1, 0.2]}, "leak_rate has 2 entries, but there are 5 layers"),
        ({"n_units": 4}, "n_units is 4"),
        ({"layer": EchoStateNetwork(W_fb=np.ones((4, 1)))}, "cannot have feedback"),
        ({"layer": EchoStateNetwork(W_in=np.ones((4, 2)))}, "layer has W_in"),
    ],
)
def test_bad_stacks_are_named(u, params, says):
    with pytest.raises(InputError, match=says):
        DeepEchoStateNetwork(**params).fit(u)


def test_entropy_is_that_of_the_spread(rng):
    x = rng.normal(size=(20, 30)) * np.linspace(0.1, 3, 20)[:, None]
    assert average_state_entropy(x + 5) == pytest.approx(average_state_entropy(x))
    assert average_state_entropy(3 * x) == pytest.approx(average_state_entropy(x) + np.log(3))
    # of a normal distribution widened by the window, log(2 sqrt(pi) s)
    many = rng.normal(size=(5, 3000))
    assert average_state_entropy(many) == pytest.approx(np.log(2 * np.sqrt(np.pi * 1.09)), abs=0.02)
    assert average_state_entropy(np.ones((3, 4))) == -np.inf


def test_both_ways_are_the_same_network_from_both_ends(u):
    both = Bidirectional(reservoir=EchoStateNetwork(n_units=15, random_state=0)).fit(u)
    states = both.transform([u, u[:7]])
    one = EchoStateNetwork(n_units=15, random_state=0).fit(u)
    for x, s in zip((u, u[:7]), states, strict=True):
        np.testing.assert_array_equal(s[:, :15], one.transform(x))
        np.testing.assert_array_equal(s[::-1, 15:], one.transform(x[::-1]))
    with pytest.raises(InputError, match="whole sequences"):
        both.stream()
    assert both.operations()["activations"] == 30
    assert both.without_recurrence().fit(u).reservoir_.W_.nnz == 0


def test_es2n_equals_its_plain_twin(u):
    esn = ES2N(n_units=21, leak_rate=0.2, random_state=0).fit(u)
    plain = es2n.run_plain(esn.O_, esn.W_, esn.W_in_, esn.bias_, 0.2, "tanh", u, np.zeros(21))
    np.testing.assert_allclose(esn.transform(u), plain, rtol=0, atol=1e-12)
    np.testing.assert_allclose(esn.O_ @ esn.O_.T, np.eye(21), atol=1e-12)


def test_es2n_keeps_lengths_where_it_takes_nothing_in(rng):
    """With a close to 0 the map is a rotation: an impulse is neither lost nor blown up."""
    u = np.zeros((200, 1))
    u[0] = 1
    esn = ES2N(n_units=30, leak_rate=1e-6, bias_scaling=0.0, random_state=0).fit(u)
    length = np.linalg.norm(esn.transform(u), axis=1)
    assert length[-1] == pytest.approx(length[0], rel=1e-3)
    leaky = EchoStateNetwork(n_units=30, leak_rate=0.1, bias_scaling=0.0, spectral_radius=0.9, random_state=0).fit(u)
    length = np.linalg.norm(leaky.transform(u), axis=1)
    assert length[-1] < 0.5 * length[0]


def test_es2n_without_recurrence_is_leaky_units_alone(u):
    bare = ES2N(n_units=12, random_state=0).without_recurrence().fit(u)
    assert type(bare) is EchoStateNetwork
    assert bare.W_.nnz == 0
    assert np.array_equal(bare.W_in_, ES2N(n_units=12, random_state=0).fit(u).W_in_)
