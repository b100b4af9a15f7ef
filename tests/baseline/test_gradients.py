"""Three ways to one gradient."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from millpond.baseline.gradients import back_through, in_real_time, through_time, truncated
from millpond.baseline.initial import initial
from millpond.baseline.unroll import Net
from millpond.reservoir import InputError


def squared(output, target):
    return ((output - target) ** 2).sum()


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


def drawn(cell, rng, n_steps=6):
    net = Net(cell, 2, 3, 3)
    own = initial(net, "orthogonal", 1.0, rng)["layers"][0][0]
    own = jax.tree.map(lambda w: rng.normal(size=w.shape), own)
    return net, own, jnp.array(rng.normal(size=(n_steps, 2))), jnp.array(rng.normal(size=(n_steps, 3)))


@pytest.mark.parametrize("cell", ["lstm-peepholes", "gru"])
def test_all_ways_lead_to_the_same_gradient(cell, rng):
    net, own, X, Y = drawn(cell, rng)
    ways = jax.jit(
        lambda p: (
            through_time(net, p, X, Y, squared),
            in_real_time(net, p, X, Y, squared),
            truncated(net, p, X, Y, squared, len(X)),
            truncated(net, p, X, Y, squared, 4),  # a stretch of four steps and one of two
            through_time(replace(net, truncate=4), p, X, Y, squared),
        )
    )
    back, forward, whole, short, cut = ways(own)
    for name in own:
        np.testing.assert_allclose(forward[name], back[name], rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(whole[name], back[name], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(short[name], cut[name], rtol=1e-9, atol=1e-12)
    assert not np.allclose(short["R"], back["R"], rtol=1e-3)


def test_the_gradient_is_the_slope(rng):
    net, own, X, Y = drawn("gru", rng)
    from millpond.baseline.unroll import layer

    def total(p):
        return ((layer(net, p, X[:, None])[0][0][:, 0] - Y) ** 2).sum()

    total = jax.jit(total)
    gradient = jax.jit(lambda p: through_time(net, p, X, Y, squared))(own)
    way = jax.tree.map(lambda w: rng.normal(size=w.shape), own)
    ahead, behind = (jax.tree.map(lambda p, d, e=e: p + e * d, own, way) for e in (1e-6, -1e-6))
    slope = (total(ahead) - total(behind)) / 2e-6
    assert sum((gradient[k] * way[k]).sum() for k in own) == pytest.approx(float(slope), rel=1e-6)


@pytest.mark.parametrize("radius", [0.5, 1.0, 1.5])
def test_errors_grow_or_shrink_with_the_radius(radius, rng):
    """At rest tanh is the identity: with an orthogonal R each step back multiplies by the radius."""
    net = Net("elman", 1, 4, 4)
    Q = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    own = {"W": jnp.zeros((1, 4)), "R": radius * Q, "b": jnp.zeros(4)}
    lengths = back_through(net, own, jnp.zeros((8, 1)), jnp.ones(4))
    np.testing.assert_allclose(lengths, radius ** np.arange(7.0, -1, -1), rtol=1e-9)


def test_real_time_learning_needs_the_whole_state(rng):
    _, own, X, Y = drawn("elman", rng)
    with pytest.raises(InputError, match="set skip=0"):
        in_real_time(Net("elman", 2, 3, 3, skip=2), own, X, Y, squared)
