import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from millpond.esn import EchoStateNetwork, HadamardMatrix, kernels, recurrence, spectral_radius, topologies
from millpond.reservoir import InputError

U = np.ones((2, 1))


def drawn(topology, n=64, **params):
    return EchoStateNetwork(n_units=n, topology=topology, random_state=0, **params).fit(U)


def dense(W):
    return W.toarray() if hasattr(W, "toarray") else W


@pytest.mark.parametrize("topology", topologies.TOPOLOGIES)
def test_radius_is_the_one_asked_for(topology):
    W = dense(drawn(topology, spectral_radius=0.8, connectivity=6).W_)
    radius = np.abs(np.linalg.eigvals(W)).max()
    if topology == "delay-line":  # nothing comes back: the radius is the weight, and W^n is 0
        assert np.abs(np.linalg.matrix_power(W, 64)).max() == 0
        assert W.max() == 0.8
    elif topology == "delay-line-feedback":  # a tridiagonal Toeplitz matrix: 2 sqrt(r b) cos(pi / (n + 1))
        alike = np.sqrt(W * W.T)  # has the same eigenvalues, and they can be computed
        assert np.linalg.eigvalsh(alike).max() == pytest.approx(2 * 0.8 * np.sqrt(0.1) * np.cos(np.pi / 65))
        assert W.max() == 0.8
    else:
        assert radius == pytest.approx(0.8)


@pytest.mark.parametrize("topology", topologies.TOPOLOGIES)
@pytest.mark.parametrize(("activation", "n_channels"), [("tanh", 1), ("tanh", 2), ("identity", 1)])
def test_every_way_to_keep_w_gives_the_plain_states(rng, topology, activation, n_channels):
    u = rng.normal(size=(30, n_channels))
    esn = EchoStateNetwork(n_units=64, topology=topology, activation=activation, random_state=0).fit(u)
    plain = kernels.run_plain(dense(esn.W_), esn.W_in_, esn.bias_, 0.3, activation, u, np.zeros(64))
    np.testing.assert_allclose(esn.transform(u), plain, rtol=0, atol=1e-12)
    again = EchoStateNetwork(W=esn.W_, W_in=esn.W_in_, bias=esn.bias_, activation=activation).fit(u)
    assert np.array_equal(again.transform(u), esn.transform(u))


@pytest.mark.parametrize(
    ("topology", "way"),
    [
        ("cycle", recurrence.Cycle),
        ("delay-line", recurrence.Cycle),
        ("delay-line-feedback", recurrence.Diagonals),
        ("cycle-jumps", recurrence.Diagonals),
        ("permutation", recurrence.Sparse),
        ("orthogonal", recurrence.Dense),
        ("hadamard", recurrence.Hadamard),
    ],
)
def test_cycles_and_lines_are_kept_as_diagonals(topology, way):
    assert isinstance(drawn(topology)._weights[0], way)


def test_diagonals_are_found_whoever_made_them(rng):
    n, u = 40, rng.normal(size=(20, 1))
    W = sum(np.roll(np.diag(rng.normal(size=n)), k, axis=0) for k in (0, 3, 39)) * 0.3
    esn = EchoStateNetwork(W=csr_array(W), random_state=0).fit(u)
    assert isinstance(esn._weights[0], recurrence.Diagonals)
    plain = kernels.run_plain(W, esn.W_in_, esn.bias_, 0.3, "tanh", u, np.zeros(n))
    np.testing.assert_allclose(esn.transform(u), plain, rtol=0, atol=1e-12)
    single = csr_array(([0.5], ([3], [2])), shape=(n, n))
    assert isinstance(recurrence.prepared(recurrence.fastest(single, np.dtype(float))), recurrence.Sparse)


def test_lines_and_cycles_are_the_published_ones():
    line = dense(topologies.delay_line(5, feedback=0.2))
    assert line[1, 0] == 1
    assert line[0, 1] == 0.2
    assert np.count_nonzero(line) == 8
    jumps = dense(topologies.cycle_with_jumps(9, jump=3, weight=0.25))
    ends = jumps[::3, ::3]
    assert np.array_equal(ends, 0.25 * (1 - np.eye(3)))
    assert jumps.sum() == 9 + 6 * 0.25
    open_end = dense(topologies.cycle_with_jumps(10, jump=4, weight=0.25))  # 0-4-8, and none from 8 to 0
    assert open_end[8, 0] == open_end[0, 8] == 0
    with pytest.raises(InputError, match="jump is 7"):
        topologies.cycle_with_jumps(7, jump=7)


def test_orthogonal_ones_keep_lengths():
    for topology in ("orthogonal", "permutation", "cycle", "hadamard"):
        W = dense(drawn(topology, spectral_radius=0.9).W_)
        np.testing.assert_allclose(W @ W.T, 0.81 * np.eye(64), atol=1e-12)


def test_rotations_are_spread_evenly(rng):
    """Of Haar matrices the traces of Q and Q^2 have means 0 and 1, variances 1 and 2 (Diaconis and Evans 2001)."""
    drawn = [topologies.orthogonal(20, 0, "", rng) for _ in range(400)]
    assert np.mean([np.trace(Q) for Q in drawn]) == pytest.approx(0, abs=4 / 20)
    assert np.mean([np.trace(Q @ Q) for Q in drawn]) == pytest.approx(1, abs=4 * np.sqrt(2) / 20)


def test_a_small_world_lies_between_ring_and_chance(rng):
    ring = dense(topologies.small_world(30, 4, "signs", rng, rewiring=0)) != 0
    i, j = np.nonzero(ring)
    assert set((i - j) % 30) == {1, 2, 28, 29}
    moved = dense(topologies.small_world(300, 4, "signs", rng, rewiring=0.2)) != 0
    assert (moved.sum(1) == 4).all()
    assert not moved.diagonal().any()
    i, j = np.nonzero(moved)
    share = np.isin((i - j) % 300, (1, 2, 298, 299)).mean()
    assert share == pytest.approx(0.8, abs=4 * np.sqrt(0.16 / 1200))


def test_a_scale_free_network_has_hubs(rng):
    W = topologies.scale_free(2000, 6, "uniform", rng)
    degree = np.bincount(W.indices, minlength=2000)
    assert W.nnz == pytest.approx(2000 * 6, rel=0.01)
    assert connected_components(W)[0] == 1
    # P(degree > k) falls as k^-2 (Barabási and Albert): four times the k, a sixteenth of the units
    assert (degree > 40).mean() / (degree > 10).mean() == pytest.approx(1 / 16, abs=0.04)


def test_a_grown_network_is_local_and_in_one_piece():
    esn = drawn("spatial", n=400, connectivity=8)
    W, places = esn.W_, esn.unit_positions_
    assert places.shape == (400, 3)
    assert ((places >= 0) & (places <= 1)).all()
    assert connected_components(W)[0] == 1
    rows = np.repeat(np.arange(400), np.diff(W.indptr))
    linked = np.linalg.norm(places[rows] - places[W.indices], axis=1).mean()
    assert linked < 0.2 < np.linalg.norm(places[:200] - places[200:], axis=1).mean()
    assert 3 < W.nnz / 400 < 16
    assert drawn("random").unit_positions_ is None
    alone = EchoStateNetwork(n_units=400, topology="spatial", connectivity=8, random_state=0).without_recurrence()
    alone.fit(np.ones((2, 1)))
    assert alone.W_.nnz == 0
    assert alone.unit_positions_.shape == (400, 3)


def test_weights_are_spread_as_named():
    for name, fourth in (("signs", 1.0), ("uniform", 1.8), ("normal", 3.0)):
        w = drawn("random", n=400, weight_distribution=name).W_.data
        assert abs(w.mean()) < 0.1 * w.std()
        assert np.mean(w**4) / np.mean(w**2) ** 2 == pytest.approx(fourth, rel=0.1)


@pytest.mark.parametrize("n", [1, 2, 8, 16])
def test_a_hadamard_product_is_its_matrix(rng, n):
    W = HadamardMatrix.drawn(n, 0.7, rng)
    h = rng.normal(size=n)
    np.testing.assert_allclose(W @ h, W.toarray() @ h, atol=1e-14)
    o = np.ones(n)
    recurrence.add(recurrence.prepared(W), h, o)
    np.testing.assert_allclose(o, 1 + W @ h, atol=1e-14)
    assert spectral_radius(W.toarray()) == pytest.approx(0.7)


def test_a_hadamard_matrix_needs_a_power_of_two():
    with pytest.raises(InputError, match="take 64 or 128"):
        drawn("hadamard", n=100)


def test_graphs_without_a_loop_are_refused():
    with pytest.raises(InputError, match="form no loop"):
        drawn("scale-free", n=1)
    with pytest.raises(InputError, match="did you mean 'normal'"):
        drawn("random", weight_distribution="norml")
