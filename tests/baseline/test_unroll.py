"""Networks in time: gradients, padding, directions, and what may be put around a cell."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from millpond.baseline.cells import CELLS
from millpond.baseline.initial import initial
from millpond.baseline.unroll import Net, layer, outputs, pooled, rest, states
from millpond.readout import Pool

NET = Net("lstm", 3, 4, 2)


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


def drawn(net, rng, scale=1.0):
    return jax.tree.map(lambda w: scale * rng.normal(size=w.shape), initial(net, "orthogonal", 1.0, rng))


def by_hand(net, p, X):
    """The outputs of a layer by a loop in Python over its cell, for the ordinary derivative."""
    cell = CELLS[net.cell]
    blocks = dict(zip(cell.gates, jnp.split(X @ p["W"] + p["b"], len(cell.gates), axis=-1), strict=True))
    blocks["q"] = jnp.broadcast_to(p.get("q", 0.0), blocks[cell.gates[0]].shape)
    heard = jnp.concatenate([blocks[g] for g in cell.heard or cell.gates], axis=-1)
    state, out = rest(net, X.shape[1], X.dtype)[1], []
    for t in range(len(X)):
        z = heard[t] + state[0] @ p["R"] if "R" in p else heard[t]
        state = cell.step(p, z, blocks["n"][t] if "n" in blocks else None, state)
        out.append(state[0])
    return jnp.stack(out)


@pytest.mark.parametrize("cell", ["jordan", "lstm-full", "gru"])
def test_gradients_are_those_of_the_loop(cell, rng):
    net = replace(NET, cell=cell)
    params = drawn(net, rng, 0.5)
    own = params["layers"][0][0] | (params["head"] if cell == "jordan" else {})
    X, target = rng.normal(size=(4, 2, 3)), rng.normal(size=(4, 2, 4))
    fast = jax.jit(jax.grad(lambda p, X: ((layer(net, p, X)[0][0] - target) ** 2).sum(), argnums=(0, 1)))(own, X)
    slow = jax.jit(jax.grad(lambda p, X: ((by_hand(net, p, X) - target) ** 2).sum(), argnums=(0, 1)))(own, X)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12), fast, slow)


@pytest.mark.parametrize("pooling", ["none", "last", "segments"])
def test_padding_changes_nothing(pooling, rng):
    net = replace(NET, cell="gru", bidirectional=True, n_layers=2, pooling=pooling, n_segments=3)
    params, X = drawn(net, rng), rng.normal(size=(6, 2, 3))
    lengths = np.array([4, 6])
    run = jax.jit(lambda X, lengths: outputs(net, params, X, lengths))
    whole = np.asarray(run(X, lengths))
    alone = np.asarray(run(X[:4, :1], lengths[:1]))
    other = X.copy()
    other[4:, 0] = 99.0
    spoilt = np.asarray(run(other, lengths))
    if pooling == "none":
        whole, alone, spoilt = whole[:4, 0], alone[:4, 0], spoilt[:4, 0]
    else:
        whole, alone, spoilt = whole[0], alone[0], spoilt[0]
    np.testing.assert_allclose(whole, alone, rtol=1e-12)
    np.testing.assert_array_equal(whole, spoilt)


def test_the_way_back_is_the_way_there_of_the_sequence_turned_around(rng):
    net = replace(NET, bidirectional=True)
    params, X = drawn(net, rng), rng.normal(size=(5, 1, 3))
    both = np.asarray(states(net, params, X, np.array([5])))
    turned = params | {"layers": [params["layers"][0][::-1]]}
    other = np.asarray(states(net, turned, X[::-1], np.array([5])))
    np.testing.assert_allclose(both[..., 4:], other[::-1, :, :4], rtol=1e-12)


def test_a_run_in_pieces_is_the_run(rng):
    net = replace(NET, cell="lstm", skip=2, periods=(1, 2), leak_rate=0.7)
    own, X = drawn(net, rng)["layers"][0][0], rng.normal(size=(7, 2, 3))
    whole, _ = layer(net, own, X)
    first, end = layer(net, own, X[:3])
    second, _ = layer(net, own, X[3:], end)
    np.testing.assert_allclose(whole[0], np.concatenate([first[0], second[0]]), rtol=1e-12)


def test_leaky_units_keep_their_share(rng):
    own, X = drawn(replace(NET, cell="elman"), rng)["layers"][0][0], rng.normal(size=(1, 2, 3))
    plain = layer(replace(NET, cell="elman"), own, X)[0][0]
    leaky = layer(replace(NET, cell="elman", leak_rate=0.3), own, X)[0][0]
    np.testing.assert_allclose(leaky, 0.3 * plain, rtol=1e-12)


def test_clockwork_units_move_when_due_and_hear_only_slower_ones(rng):
    net = replace(NET, cell="elman", periods=(1, 4))
    own, X = drawn(net, rng)["layers"][0][0], rng.normal(size=(9, 1, 3))
    H = np.asarray(layer(net, own, X)[0][0][:, 0])
    moved = np.abs(np.diff(H, axis=0)) > 0
    assert moved[:, :2].all()
    assert np.array_equal(np.flatnonzero(moved[:, 2:].all(1)) + 1, [4, 8])
    assert not moved[[0, 1, 2, 4, 5, 6], 2:].any()
    other = own | {"R": own["R"] + np.pad(np.ones((2, 2)), ((0, 2), (2, 0)))}  # from fast ones to slow ones
    np.testing.assert_array_equal(H, layer(net, other, X)[0][0][:, 0])


def test_skips_reach_back_exactly_so_far(rng):
    """Without R, an input is heard again `skip` steps later and at no step between."""
    net = replace(NET, cell="elman", skip=3)
    own = drawn(net, rng)["layers"][0][0] | {"R": np.zeros((4, 4)), "b": np.zeros(4)}
    X = np.zeros((7, 1, 3))
    X[0] = 1.0
    H = np.abs(np.asarray(layer(net, own, X)[0][0])).max((1, 2))
    assert np.array_equal(np.flatnonzero(H), [0, 3, 6])


def test_truncation_stops_gradients_and_nothing_else(rng):
    own, X = drawn(NET, rng)["layers"][0][0], rng.normal(size=(6, 1, 3))
    cut = replace(NET, truncate=3)
    np.testing.assert_array_equal(layer(NET, own, X)[0][0], layer(cut, own, X)[0][0])
    back = np.asarray(jax.grad(lambda X: layer(cut, own, X)[0][0][-1].sum())(X))
    assert np.array_equal(np.abs(back).max((1, 2)) > 0, [False] * 3 + [True] * 3)


def test_segments_are_those_of_the_reservoirs_pool(rng):
    net = replace(NET, pooling="segments", n_segments=3)
    H, lengths = rng.normal(size=(7, 3, 4)), np.array([7, 2, 4])
    given = np.asarray(pooled(net, H, lengths))
    pool = Pool("segments", n_segments=3).fit_transform([H[:n, k] for k, n in enumerate(lengths)])
    np.testing.assert_allclose(given, pool, rtol=1e-12)
