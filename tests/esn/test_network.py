import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from millpond.esn import ES2N, EchoStateNetwork, kernels, spectral_radius
from millpond.esn.hadamard import HadamardMatrix
from millpond.reservoir import InputError


def draw(rng, n, n_channels=3, density=0.1):
    W = random_array((n, n), density=density, rng=rng, data_sampler=rng.standard_normal).tocsr()
    return W, rng.normal(size=(n, n_channels)), rng.normal(size=n)


@pytest.mark.parametrize("density", [0.0, 0.02, 0.1, 0.24, 0.26, 1.0])
@pytest.mark.parametrize("n_channels", [1, 3, 4, 11])
def test_states_equal_a_plain_loop(rng, density, n_channels):
    W, W_in, bias = draw(rng, 67, n_channels, density)
    u = rng.normal(size=(50, n_channels))
    esn = EchoStateNetwork(W=W, W_in=W_in, bias=bias, leak_rate=0.3).fit(u)
    h, expected = np.zeros(67), []
    dense = W.toarray()
    for row in u:
        h = 0.7 * h + 0.3 * np.tanh(W_in @ row + dense @ h + bias)
        expected.append(h)
    np.testing.assert_allclose(esn.transform(u), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("activation", kernels.ACTIVATIONS)
@pytest.mark.parametrize(("dtype", "atol"), [("float64", 1e-12), ("float32", 2e-5)])
@pytest.mark.parametrize("connectivity", [4, 1.0])
def test_kernels_equal_their_plain_twin(rng, activation, dtype, atol, connectivity):
    u = rng.normal(size=(30, 5))
    esn = EchoStateNetwork(
        n_units=40, activation=activation, dtype=dtype, connectivity=connectivity, leak_rate=0.4, random_state=0
    ).fit(u)
    plain = kernels.run_plain(esn.W_, esn.W_in_, esn.bias_, 0.4, activation, u.astype(dtype), np.zeros(40, dtype))
    assert esn.transform(u).dtype == dtype
    np.testing.assert_allclose(esn.transform(u), plain, rtol=0, atol=atol)


def test_runs_longer_than_a_block_go_on(rng):
    u = rng.normal(size=(9000, 1))
    esn = EchoStateNetwork(n_units=20, random_state=0).fit(u)
    plain = kernels.run_plain(esn.W_, esn.W_in_, esn.bias_, 0.3, "tanh", u, np.zeros(20))
    np.testing.assert_allclose(esn.transform(u), plain, rtol=0, atol=1e-12)


def test_explicit_sparse_and_dense_weights_are_the_same_network(rng):
    W, W_in, bias = draw(rng, 30)
    u = rng.normal(size=(20, 3))
    results = [
        EchoStateNetwork(W=w, W_in=W_in, bias=bias, leak_rate=1.0).fit(u).transform(u)
        for w in (W, W.toarray(), csr_array(W).tocoo(), W.toarray().tolist())
    ]
    for other in results[1:]:
        np.testing.assert_allclose(other, results[0], rtol=0, atol=1e-13)


def test_explicit_weights_are_taken_as_they_are(rng):
    W, W_in, bias = draw(rng, 12)
    esn = EchoStateNetwork(W=W, W_in=W_in, bias=bias).fit(np.ones((2, 3)))
    np.testing.assert_array_equal(esn.W_.toarray(), W.toarray())
    assert esn.n_units_ == 12
    mixed = EchoStateNetwork(bias=bias, random_state=0).fit(np.ones((2, 3)))
    assert mixed.W_.shape == (12, 12)


@pytest.mark.parametrize("kind", ["sparse", "dense", "list"])
def test_given_weights_are_scaled_to_a_given_radius(rng, kind):
    """A normal matrix of 50 units has a radius of about 7: unscaled, its states saturate and do not move."""
    W = rng.normal(size=(50, 50))
    given = {"sparse": csr_array(W), "dense": W, "list": W.tolist()}[kind]
    esn = EchoStateNetwork(W=given, spectral_radius=0.9, random_state=0).fit(np.ones((2, 1)))
    assert spectral_radius(esn.W_) == pytest.approx(0.9)
    np.testing.assert_allclose(esn.W_ / esn.W_[0, 0], W / W[0, 0])
    assert EchoStateNetwork(W=given, spectral_radius=0, random_state=0).fit(np.ones((2, 1))).W_.nnz == 0


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"W": np.eye(10), "n_units": 20}, r"n_units is 20, but W has shape \(10, 10\)"),
        ({"bias": np.ones(10), "n_units": 20}, r"n_units is 20, but bias has shape \(10,\)"),
        ({"W_in": np.ones((10, 3)), "n_units": 500}, "n_units is 500, but W_in"),
        ({"W_fb": np.ones((10, 1)), "n_units": 9}, "n_units is 9, but W_fb"),
        ({"W": np.eye(4), "bias": np.ones(5)}, r"bias has shape \(5,\), but \(4\) is needed"),
        ({"W": np.eye(10), "topology": "cycle"}, "W is given, so topology .'cycle'. would have no effect"),
        ({"W_in": np.ones((10, 3)), "input_scaling": 0.1}, "W_in is given, so input_scaling"),
        ({"bias": np.ones(10), "bias_scaling": 0.0}, "bias is given, so bias_scaling"),
        ({"W_fb": np.ones((10, 1)), "feedback_scaling": 0.1}, "W_fb is given, so feedback_scaling"),
        ({"W": np.tri(5, k=-1), "spectral_radius": 0.5}, "W has no loop"),
        ({"W": HadamardMatrix.drawn(8, 1.0, np.random.default_rng(0)), "spectral_radius": 0.5}, "HadamardMatrix"),
    ],
)
def test_parameters_that_contradict_given_arrays_are_named(params, says):
    for model in (EchoStateNetwork(**params), ES2N(**params)):
        with pytest.raises(InputError, match=says):
            model.fit(np.ones((2, 3)))


@pytest.mark.parametrize("n_units", [10, 200, 1200])
def test_drawn_weights_have_the_radius_and_the_in_degree(n_units):
    esn = EchoStateNetwork(n_units=n_units, spectral_radius=1.3, connectivity=7, random_state=5).fit(np.ones((2, 1)))
    W = esn.W_.toarray() if hasattr(esn.W_, "toarray") else esn.W_
    assert np.abs(np.linalg.eigvals(W)).max() == pytest.approx(1.3, rel=1e-9)
    assert ((W != 0).sum(1) == 7).all()


def test_weights_are_spread_as_documented():
    esn = EchoStateNetwork(n_units=2000, input_scaling=0.5, bias_scaling=2.0, random_state=0).fit(np.ones((2, 4)))
    for values, scale in ((esn.W_in_, 0.5), (esn.bias_, 2.0)):
        assert np.abs(values).max() <= scale
        # variance of a uniform is scale^2 / 3; 5 standard errors of it
        assert values.var() == pytest.approx(scale**2 / 3, abs=5 * scale**2 * np.sqrt(4 / 45 / values.size))
    columns = np.bincount(esn.W_.indices, minlength=2000)
    assert columns.mean() == 10
    assert columns.var() == pytest.approx(10, rel=0.25)  # placed by chance: binomial


def test_float_connectivity_is_a_share():
    esn = EchoStateNetwork(n_units=50, connectivity=0.1, random_state=0).fit(np.ones((2, 1)))
    assert esn.W_.nnz == 250
    full = EchoStateNetwork(n_units=50, connectivity=1.0, random_state=0).fit(np.ones((2, 1)))
    assert np.count_nonzero(full.W_) == 2500


def test_cycle_is_a_ring_of_equal_weights():
    W = EchoStateNetwork(n_units=9, topology="cycle", spectral_radius=0.8, random_state=0).fit(np.ones((2, 1))).W_
    W = W.toarray()
    np.testing.assert_allclose(W, 0.8 * np.roll(np.eye(9), 1, axis=0))


def test_without_recurrence_keeps_everything_else(rng):
    u = rng.normal(size=(8, 3))
    esn = EchoStateNetwork(n_units=25, leak_rate=0.2, random_state=3).fit(u)
    bare = esn.without_recurrence().fit(u)
    assert bare.W_.nnz == 0
    np.testing.assert_array_equal(bare.W_in_, esn.W_in_)
    np.testing.assert_array_equal(bare.bias_, esn.bias_)
    explicit = EchoStateNetwork(W=np.eye(3), random_state=0).without_recurrence().fit(u)
    assert np.count_nonzero(explicit.W_.toarray()) == 0


def test_operations_count_the_connections():
    esn = EchoStateNetwork(n_units=50, connectivity=10, random_state=0).fit(np.ones((2, 4)))
    assert esn.operations() == {"multiply_adds": 500 + 200 + 100, "activations": 50}


def test_it_names_its_papers():
    assert any("Jaeger" in paper for paper in EchoStateNetwork().cite())
    for topology, name in (("cycle", "Rodan"), ("orthogonal", "Mezzadri")):
        assert any(name in paper for paper in EchoStateNetwork(topology=topology).cite())


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"leak_rate": 0}, "leak_rate is 0"),
        ({"leak_rate": 1.5}, "between 0 and 1|greater than 0"),
        ({"leak_rate": (0.1, 0.2, 0.3)}, "give an array to set the rate of each unit"),
        ({"leak_rate": (0.2, 0.1)}, "low comes first"),
        ({"n_units": 3, "leak_rate": [0.1, 0.2]}, r"leak_rate has shape \(2,\)"),
        ({"n_units": 2, "leak_rate": [0.1, 1.2]}, "leak_rate is 1.2"),
        ({"noise": -1}, "noise is -1"),
        ({"feedback_scaling": -1}, "feedback_scaling is -1"),
        ({"spectral_radius": -1}, "spectral_radius is -1"),
        ({"n_units": 0}, "n_units is 0"),
        ({"n_units": 2.5}, "whole number"),
        ({"activation": "tanhh"}, "did you mean 'tanh'"),
        ({"topology": "ring"}, "topology is 'ring'"),
        ({"connectivity": 0.0}, "connectivity is 0"),
        ({"connectivity": 1.5}, "connectivity is 1.5"),
        ({"dtype": "float16"}, "dtype is 'float16'"),
        ({"random_state": -1}, "random_state is -1"),
        ({"random_state": "abc"}, "random_state is 'abc'"),
        ({"n_jobs": 0}, "n_jobs is 0"),
        ({"W": np.ones((3, 4))}, r"W has shape \(3, 4\)"),
        ({"W": csr_array(np.ones((3, 4)))}, r"W has shape \(3, 4\)"),
        ({"W": np.full((3, 3), np.nan)}, "W holds a value that is not finite"),
        ({"W": csr_array(np.full((3, 3), np.inf))}, "W holds a value that is not finite"),
        ({"W": np.eye(3), "bias": np.ones(4)}, r"bias has shape \(4,\)"),
        ({"W_in": np.ones((5, 2))}, r"W_in has shape \(5, 2\)"),
        ({"W": 0.5}, "W is 0.5, but an array"),
        ({"W_in": np.float64(0.5)}, "W_in is .*0.5.*, but an array"),
        ({"W": [[1.0], [1.0, 2.0]]}, "W is .*numbers are needed"),
    ],
)
def test_bad_parameters_are_named(params, says):
    with pytest.raises(InputError, match=says):
        EchoStateNetwork(**params).fit(np.ones((4, 1))).transform(np.ones((4, 1)))


def test_a_diverging_network_is_an_error_not_a_nan():
    u = np.ones((3000, 1))
    esn = EchoStateNetwork(n_units=5, activation="identity", spectral_radius=3.0, leak_rate=1.0, random_state=0).fit(u)
    with pytest.raises(InputError, match=r"the run of sequence 1 diverged: its state contains .* at step \d+"):
        esn.transform([u[:3], u])


def test_a_misspelt_keyword_is_not_swallowed():
    with pytest.raises(TypeError, match="teacher"):
        EchoStateNetwork(n_units=5).fit_transform(np.ones((4, 1)), teacher=np.ones(4))


def test_weights_of_the_caller_are_copied(rng):
    W, W_in, bias = draw(rng, 12)
    u = rng.normal(size=(9, 3))
    esn = EchoStateNetwork(W=W, W_in=W_in, bias=bias).fit(u)
    before = esn.transform(u)
    W.data *= 0
    assert np.array_equal(esn.transform(u), before)


def test_units_may_have_leak_rates_of_their_own(rng):
    u, rates = rng.normal(size=(30, 2)), rng.uniform(0.1, 1, 25)
    esn = EchoStateNetwork(n_units=25, leak_rate=rates, random_state=0).fit(u)
    plain = kernels.run_plain(esn.W_, esn.W_in_, esn.bias_, rates, "tanh", u, np.zeros(25))
    np.testing.assert_allclose(esn.transform(u), plain, rtol=0, atol=1e-12)
    drawn = EchoStateNetwork(n_units=2000, leak_rate=(0.01, 1.0), topology="cycle", random_state=0).fit(u).leak_rate_
    assert np.log10(drawn).mean() == pytest.approx(-1, abs=4 * 2 / np.sqrt(12 * 2000))
    assert drawn.min() >= 0.01
    one = EchoStateNetwork(n_units=25, leak_rate=0.3, random_state=0).fit(u)
    assert np.array_equal(one.W_, esn.W_)


@pytest.mark.parametrize("connectivity", [5, 1.0])
def test_noise_has_its_size_and_follows_the_sequence_alone(rng, connectivity):
    u = [rng.normal(size=(400, 1)), rng.normal(size=(400, 1))]
    shaken = EchoStateNetwork(
        n_units=30, spectral_radius=0, bias_scaling=0, input_scaling=0, leak_rate=1.0, activation="identity",
        noise=0.05, connectivity=connectivity, random_state=0,
    ).fit(u)  # fmt: skip
    a, b = shaken.transform(u)
    assert a.std() == pytest.approx(0.05, rel=4 / np.sqrt(2 * a.size))
    assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 4 / np.sqrt(a.size)
    assert np.array_equal(shaken.transform(u[1]), b)
    still = EchoStateNetwork(n_units=30, connectivity=connectivity, random_state=0).fit(u)
    loud = EchoStateNetwork(n_units=30, connectivity=connectivity, noise=0.01, random_state=0).fit(u)
    assert 0 < np.abs(still.transform(u[0]) - loud.transform(u[0])).max() < 0.2


@pytest.mark.parametrize("topology", ["cycle", "random", "orthogonal"])
def test_states_can_be_written_to_given_memory(rng, topology):
    u = [rng.normal(size=(n, 2)) for n in (7, 12)]
    esn = EchoStateNetwork(n_units=16, topology=topology, random_state=0).fit(u)
    out = [np.full((len(x), 16), np.nan) for x in u]
    assert esn.transform(u, out=out) is out
    assert all(np.array_equal(a, b) for a, b in zip(out, esn.transform(u), strict=True))
    assert np.array_equal(esn.transform(u[0], out=out[0]), out[0])
    for bad in (out[:1], [out[0], out[0]], [out[0], out[1].astype("f4")], [out[0], out[1].T.copy().T]):
        with pytest.raises(InputError, match="out"):
            esn.transform(u, out=bad)


def test_a_batch_of_a_dense_network_is_its_sequences(rng):
    u = [rng.normal(size=(n, 5)) for n in rng.integers(1, 30, 70)]
    esn = EchoStateNetwork(n_units=37, connectivity=1.0, random_state=0).fit(u)
    alone = [esn.transform(x) for x in u]
    for n_jobs in (1, 2):
        together = esn.set_params(n_jobs=n_jobs).transform(u)
        assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))
    u[3] = np.full((4, 5), 1e308)
    wild = EchoStateNetwork(n_units=37, connectivity=1.0, activation="identity", input_scaling=9, random_state=0)
    with pytest.raises(InputError, match="sequence 3 diverged"):
        wild.fit(u).transform(u)
