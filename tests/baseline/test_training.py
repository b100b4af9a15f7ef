"""Parts of training: batches, noise, schedules, what regularises."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from millpond.baseline.batches import Noise, by_length, kept, padded_length
from millpond.baseline.initial import initial
from millpond.baseline.losses import flow, loss
from millpond.baseline.training import SCHEDULES, clipped
from millpond.baseline.unroll import Net, layer


def test_padding_is_short_and_lengths_few():
    lengths = np.arange(1, 1000)
    padded = np.array([padded_length(n) for n in lengths])
    assert (padded >= lengths).all()
    assert (padded[63:] <= 1.25 * lengths[63:]).all()
    assert len(set(padded)) < 30
    assert all(padded_length(n) == n for n in padded)


def test_batches_hold_everything_once_and_like_by_like(rng):
    lengths = rng.integers(5, 100, 130)
    for chance in (None, rng):
        parts = by_length(lengths, 32, chance)
        assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(130))
        spread = np.mean([np.ptp(lengths[p]) for p in parts])
        assert spread < 0.7 * np.ptp(lengths)


def test_noise_has_the_size_it_says(rng):
    X = np.zeros((50, 40, 30), np.float32)
    white, offset = Noise(input=0.3).added(X, rng), Noise(offset=0.5).added(X, rng)
    assert white.std() == pytest.approx(0.3, rel=0.02)
    assert (offset == offset[0]).all()
    assert offset.std() == pytest.approx(0.5, rel=0.1)
    dropped = Noise(dropout=0.25).added(X + 1, rng)
    assert set(np.unique(dropped)) == {0, np.float32(4 / 3)}
    assert (dropped == 0).mean() == pytest.approx(0.25, abs=0.01)
    assert kept((1000, 10), 0.5, rng).mean() == pytest.approx(1, abs=0.05)


def test_stretching_keeps_ends_and_straight_lines(rng):
    line = np.linspace(0, 1, 20, dtype=np.float32)[:, None]
    lengths = set()
    for _ in range(20):
        other = Noise(stretch=0.3).stretched(line, rng)
        np.testing.assert_allclose(other[:, 0], np.linspace(0, 1, len(other)), atol=1e-6)
        lengths.add(len(other))
    assert min(lengths) < 20 < max(lengths)
    assert len(Noise(stretch=0.3).stretched(line[:1], rng)) == 1


def test_blends_lie_between_two_of_one_label(rng):
    """Constant signals 0 and 1 of one label, 10 and 11 of another: a blend is as far on its way as it says."""
    labels = [np.int32(i // 20) for i in range(40)]
    signals = [np.full((n, 2), 10.0 * (i // 20) + i % 2, np.float32) for i, n in enumerate(rng.integers(1, 9, 40))]
    found = Noise(blend=0.4).blended(signals, labels, rng)
    assert [x.shape for x in found] == [x.shape for x in signals]
    assert all(np.ptp(x) == 0 for x in found)
    moved = np.array([abs(f[0, 0] - x[0, 0]) for f, x in zip(found, signals, strict=True)])
    assert moved.max() <= 0.4
    assert moved.max() > 0.2
    assert (moved == 0).sum() > 5  # partners of the same value


def test_schedules_begin_and_end_where_they_should():
    assert SCHEDULES["constant"](0.7) == 1
    assert SCHEDULES["cosine"](0) == 1
    assert SCHEDULES["cosine"](1) == pytest.approx(0)
    rise = [SCHEDULES["one-cycle"](s) for s in (0, 0.2, 1)]
    assert rise == pytest.approx([0.2, 1, 0])


def test_clipping_shortens_and_keeps_the_direction():
    gradient = {"a": jnp.array([3.0]), "b": jnp.array([4.0])}
    assert clipped(gradient, 1.0)["a"] == pytest.approx(0.6)
    assert clipped(gradient, 10.0)["b"] == pytest.approx(4.0)
    assert clipped(gradient, np.inf)["b"] == pytest.approx(4.0)


def drawn(rng, R, steps=4):
    net = Net("elman", 1, 3, 2, pooling="last")
    params = initial(net, "orthogonal", 1.0, rng)
    own = {"W": np.zeros((1, 3)), "R": R, "b": np.zeros(3)}
    batch = {"X": np.zeros((steps, 2, 1)), "lengths": np.full(2, steps), "target": np.array([0, 1]),
             "weight": np.ones(2)}  # fmt: skip
    return net, {"layers": [[own]], "head": params["head"]}, batch


def test_flow_is_zero_where_errors_keep_their_length_and_grows_where_they_do_not(rng):
    """At rest tanh is the identity, so that the error changes by R alone."""
    Q = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    with jax.enable_x64(True):
        for scale in (1.0, 0.5, 1.7):
            net, params, batch = drawn(rng, scale * Q)
            found = jax.jit(lambda p, b, net=net: flow(net, "label", p, b))(params, batch)
            assert float(found) == pytest.approx((scale - 1) ** 2, abs=1e-12)


def test_flow_has_a_gradient_that_lengthens_short_errors(rng):
    Q = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    with jax.enable_x64(True):
        net, params, batch = drawn(rng, 0.5 * Q)
        gradient = jax.jit(jax.grad(lambda p: flow(net, "label", p, batch)))(params)["layers"][0][0]["R"]
    # as errors shrink by the factor s, the penalty is (s - 1)^2 and its derivative along Q is 2 (s - 1)
    assert float((np.asarray(gradient) * Q).sum()) == pytest.approx(2 * (0.5 - 1), rel=1e-6)


def test_padding_has_no_part_in_the_loss(rng):
    net = Net("gru", 2, 3, 2)
    params = initial(net, "orthogonal", 1.0, rng)
    X, target = rng.normal(size=(5, 2, 2)).astype(np.float32), np.zeros((5, 2), int)
    weight = (np.arange(5)[:, None] < [5, 3]).astype(np.float32)
    batch = {"X": X, "lengths": np.array([5, 3]), "target": target, "weight": weight}
    other = batch | {"target": np.where(weight > 0, target, 1)}
    of = jax.jit(lambda batch: loss(net, "labels", params, batch))
    assert float(of(batch)) == float(of(other))
    first, second = (
        {
            "X": X[:n, k : k + 1],
            "lengths": np.array([n]),
            "target": target[:n, k : k + 1],
            "weight": weight[:n, k : k + 1],
        }
        for k, n in enumerate((5, 3))
    )
    assert float(of(batch)) == pytest.approx(float(5 * of(first) + 3 * of(second)) / 8, rel=1e-5)


def test_nudges_are_gradients_of_states(rng):
    """The gradient of a zero that is added to each state is that of the state."""
    net = replace(Net("elman", 1, 3, 2), cell="elman")
    own = {"W": rng.normal(size=(1, 3)), "R": rng.normal(size=(3, 3)), "b": np.zeros(3)}
    X, zero = rng.normal(size=(4, 1, 1)), (np.zeros((4, 1, 3)),)
    with jax.enable_x64(True):
        d = jax.grad(lambda z: layer(net, own, X, nudge=z)[0][0][-1].sum())(zero)[0][:, 0]
        H = np.asarray(layer(net, own, X)[0][0][:, 0])
    expected = np.ones(3)
    for t in (3, 2, 1):
        np.testing.assert_allclose(d[t], expected, rtol=1e-9)
        expected = own["R"] @ ((1 - H[t] ** 2) * expected)
