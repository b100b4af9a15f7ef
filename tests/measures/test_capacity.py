"""Memory and capacity against what theory says they are."""

import numpy as np
import pytest

from millpond.esn import EchoStateNetwork
from millpond.measures import effective_dimension, entropy, memory_capacity, processing_capacity, product_capacity, span
from millpond.physical import WaveTank
from millpond.reservoir.checks import InputError


def uniform(n_steps, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (n_steps, 1))


def past(u, n):
    return np.column_stack([np.concatenate([np.zeros(k), u[: len(u) - k, 0]]) for k in range(n)])


@pytest.mark.parametrize("r", [0.8, 0.9])
def test_the_linear_cycle_remembers_what_its_theorem_says(r):
    # Rodan and Tino (2011): MC = N - (1 - r^2N)
    n = 20
    W = r * np.roll(np.eye(n), 1, axis=0)
    W_in = np.random.default_rng(0).uniform(-0.1, 0.1, (n, 1))  # one whose shifts are independent
    u = uniform(20_000)
    cycle = EchoStateNetwork(W=W, W_in=W_in, bias=np.zeros(n), leak_rate=1.0, activation="identity").fit(u)
    found = memory_capacity(([u], [cycle.transform(u)]), max_delay=150, washout=200)
    assert float(found) == pytest.approx(n - (1 - r ** (2 * n)), abs=0.05)
    assert (found.capacities <= 1).all()


def test_a_delay_line_has_the_capacity_of_its_length():
    u = uniform(4000)
    assert float(memory_capacity(([u], [past(u, 9)]))) == pytest.approx(8)  # delay 0 is not counted
    found = processing_capacity(([u], [past(u, 9)]), windows={1: 20, 2: 6, 3: 3})
    assert found.by_degree == pytest.approx({1: 9, 2: 0, 3: 0})


def test_a_known_polynomial_has_its_own_profile():
    u = uniform(4000)
    a, b, c = past(u, 3).T
    states = np.column_stack([b, a * b, (3 * a**2 - 1) / 2, (5 * c**3 - 3 * c) / 2, a * b * c])
    found = processing_capacity(([u], [states]), windows={1: 20, 2: 6, 3: 4})
    assert found.by_degree == pytest.approx({1: 1, 2: 2, 3: 2}, abs=1e-6)
    assert found.n_targets == 20 + (6 + 15) + (4 + 4 * 3 + 4)
    assert float(memory_capacity(([u], [states]), degree=2)) == pytest.approx(0, abs=1e-9)  # that of delay 0
    assert float(memory_capacity(([u], [states]), degree=3)) == pytest.approx(1, abs=1e-6)
    assert float(product_capacity(([u], [states]))) == pytest.approx(1, abs=1e-6)


def test_capacity_is_never_above_the_number_of_independent_columns():
    u = uniform(3000)
    esn = EchoStateNetwork(n_units=15, input_scaling=0.5, random_state=0).fit(u)
    found = processing_capacity(([u], [esn.transform(u)]), resolution=1e-12)
    assert 0.6 * 15 < float(found) <= 15 and found.rank == 15


def test_states_that_know_nothing_have_no_capacity():
    rng = np.random.default_rng(1)
    noise = [rng.normal(size=(600, 100)) for _ in range(4)]
    signals = list(rng.uniform(-1, 1, (4, 600, 1)))
    assert float(memory_capacity((signals, noise))) == 0
    assert float(processing_capacity((signals, noise))) == 0


def test_the_share_of_chance_is_taken_off():
    # half of the variance of each of 40 columns is the past, the rest noise of its own
    rng = np.random.default_rng(2)
    u = uniform(3000, 2)
    states = past(u, 40) + rng.normal(0, np.sqrt(1 / 3), (3000, 40))
    found = memory_capacity(([u], [np.hstack([states, rng.normal(size=(3000, 60))])]), max_delay=60)
    assert float(found) == pytest.approx(39 / 2, rel=0.04)  # the columns in excess would add 39 * 60 / 3000 / 2


def test_what_adds_up_single_inputs_has_no_product():
    leaky = EchoStateNetwork(n_units=100, leak_rate=0.3, random_state=0).without_recurrence()
    assert float(product_capacity(leaky)) == 0
    assert float(memory_capacity(leaky)) > 0.4
    assert float(product_capacity(EchoStateNetwork(n_units=100, random_state=0))) > 2


def test_a_camera_that_sees_height_sees_no_product():
    tank = {"carrier": 3.0, "modes": (12, 10), "pixels": (24, 20), "cells": (6, 5), "random_state": 0}
    assert float(product_capacity(WaveTank(camera="height", reference=0.0, **tank))) == 0
    assert float(product_capacity(WaveTank(camera="slope", **tank))) > 0.5


def test_the_basis_is_orthonormal_and_leaves_out_what_cannot_be_read():
    rng = np.random.default_rng(0)
    states = rng.normal(size=(500, 4)) * [1, 1e-3, 1e-5, 1e-8] @ rng.normal(size=(4, 6))
    basis = span(states)
    assert basis.shape == (500, 3)
    np.testing.assert_allclose(basis.T @ basis, np.eye(3), atol=1e-10)
    assert span(np.ones((10, 3))).shape == (10, 0)


@pytest.mark.parametrize("rows", [30, 400])
def test_isotropic_noise_fills_all_dimensions(rows):
    rng = np.random.default_rng(0)
    found = [float(effective_dimension(([x], [x]), washout=0)) for x in rng.normal(size=(200, rows, 12))]
    assert np.mean(found) == pytest.approx(12, rel=0.03)  # without the correction 30 rows give 8.6
    line = np.outer(np.arange(50.0), [1, 2, 3])
    assert float(effective_dimension(([line], [line]), washout=0)) == pytest.approx(1, abs=0.05)


def test_entropy_counts_bits():
    rows = np.arange(3200.0)[:, None]
    states = np.hstack([rows, rows % 2, np.zeros_like(rows), rows % 4])
    np.testing.assert_allclose(entropy(([rows], [states]), washout=0).bits, [5, 1, 0, 2], atol=1e-3)


@pytest.mark.parametrize(
    ("kwargs", "said"),
    [
        ({"max_delay": 101}, "the longest delay is 101 rows, but washout is 100; choose shorter delays"),
        ({"washout": 3000}, "a stream has 3000 rows, but washout is 3000; lower it"),
        ({"washout": 2950, "max_delay": 5}, "there are 50 time steps for 49 independent columns"),
        ({"degree": 0}, "degree is 0, but it must be a whole number of at least 1"),
    ],
)
def test_what_cannot_be_measured_is_said(kwargs, said):
    states = np.random.default_rng(0).normal(size=(3000, 60))
    with pytest.raises(InputError, match=said.split(";")[0]):
        memory_capacity(([uniform(3000)], [states]), **kwargs)


@pytest.mark.parametrize(
    ("u", "said"),
    [
        (
            np.sin(np.arange(3000.0) / 5),
            "correlation 0.9.* from row to row, but capacities need an input that is independ",
        ),
        (np.random.default_rng(0).uniform(0, 1, 3000), "the input has mean 0.5"),
        (np.random.default_rng(0).normal(size=3000), "variance .*, but polynomials of it need one that is uniform on"),
    ],
)
def test_an_input_that_targets_are_not_made_for_is_refused(u, said):
    with pytest.raises(InputError, match=said):
        memory_capacity(([u[:, None]], [past(u[:, None], 3)]), degree=2)


def test_several_channels_are_refused():
    u = np.random.default_rng(0).uniform(-1, 1, (3000, 2))
    with pytest.raises(InputError, match="the input has 2 channels, but capacities are defined for one"):
        product_capacity(([u], [u]))
