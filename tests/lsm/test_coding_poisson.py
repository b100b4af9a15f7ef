"""Chance on input lines: its statistics, and that it is the same chance every time."""

import numpy as np
import pytest

from millpond.lsm.coding import Poisson, reconstruction_error

DT, N_SUB = 1e-3, 10


def counts(coder, rows, width):
    """Spikes of each line in windows of `width` steps, (n_windows, n_lines)."""
    volley, _ = coder.encode(rows, coder.rest(rows.shape[1]), N_SUB, DT)
    return volley.counts(coder.lines(rows.shape[1]), width)


def test_counts_have_the_mean_and_variance_of_their_process():
    values = np.array([0.25, 1.0, 2.5, 0.0])
    n = counts(Poisson(rate=100.0, signed=False), np.tile(values, (20_000, 1)), 100)
    p = 100 * values * DT
    mean, variance = 100 * p, 100 * p * (1 - p)
    assert len(n) == 2000
    # five standard errors; that of a variance is about variance * sqrt(2 / n)
    assert (np.abs(n.mean(axis=0) - mean) <= 5 * np.sqrt(variance / 2000)).all()
    assert (np.abs(n.var(axis=0) - variance) <= 5 * variance * np.sqrt(2.2 / 2000)).all()


def test_intervals_are_those_of_a_process_without_memory():
    coder = Poisson(rate=100.0, signed=False)
    volley, _ = coder.encode(np.ones((20_000, 1)), coder.rest(1), N_SUB, DT)
    gaps = np.diff(volley.steps)
    n, p = len(gaps), 0.1
    # geometric: P(gap > k) = (1 - p)^k, within five standard errors
    for k in (1, 3, 10, 30):
        above = (1 - p) ** k
        assert abs((gaps > k).mean() - above) < 5 * np.sqrt(above * (1 - above) / n)


def test_lines_steps_and_sequences_are_independent():
    coder, rows = Poisson(rate=400.0, signed=False), np.ones((4000, 5))
    one = counts(coder, rows, 1)
    other = counts(coder, np.vstack([rows[:1] * 1.0001, rows[1:]]), 1)
    z = (one - one.mean(axis=0)) / one.std(axis=0)
    zo = (other - other.mean(axis=0)) / other.std(axis=0)
    limit = 5 / np.sqrt(len(z))
    across = z.T @ z / len(z)
    assert np.abs(across - np.eye(5)).max() < limit
    for lag in (1, 2, 3, 4, 5, 10):
        assert np.abs((z[lag:].T @ z[:-lag]) / len(z)).max() < limit
    assert np.abs(z.T @ zo / len(z)).max() < limit
    seeded = counts(Poisson(rate=400.0, signed=False, seed=1), rows, 1)
    zs = (seeded - seeded.mean(axis=0)) / seeded.std(axis=0)
    assert np.abs(z.T @ zs / len(z)).max() < limit


def test_frozen_noise_is_one_set_of_draws_for_all(rng):
    """A larger input then has the spikes of a smaller and more."""
    coder = Poisson(signed=False, frozen=True, rate=300.0)
    low = rng.random((200, 3))
    few, many = counts(coder, low, 1), counts(coder, low + 0.5, 1)
    assert (many >= few).all()
    assert many.sum() > few.sum()
    fresh = Poisson(signed=False, rate=300.0)
    assert (counts(fresh, low + 0.5, 1) < counts(fresh, low, 1)).any()


def test_the_first_row_and_the_seed_are_all_that_matters_to_chance(rng):
    rows = rng.random((50, 3))
    assert np.array_equal(counts(Poisson(), rows, 1), counts(Poisson(), rows.copy(), 1))
    assert not np.array_equal(counts(Poisson(), rows, 1), counts(Poisson(seed=1), rows, 1))
    same_start = np.vstack([rows[:30], rng.random((20, 3))])
    assert np.array_equal(counts(Poisson(), rows, 1)[:300], counts(Poisson(), same_start, 1)[:300])
    zeros = np.vstack([np.zeros((1, 3)), rows])
    assert np.array_equal(counts(Poisson(), zeros, 1), counts(Poisson(), np.where(zeros == 0, -0.0, zeros), 1))


def test_the_reconstruction_has_the_variance_of_counts():
    rows = np.ones((20_000, 1))
    coder = Poisson(rate=60.0)
    volley, _ = coder.encode(rows, coder.rest(1), N_SUB, DT)
    told = coder.decode(volley, 1, N_SUB, DT)
    variance = (1 - 0.06) / (60 * 0.01)
    assert told.mean() == pytest.approx(1, abs=5 * np.sqrt(variance / 20_000))
    assert told.var() == pytest.approx(variance, rel=0.06)


def test_chance_tells_less_than_integration(rng):
    rows = rng.normal(size=(300, 3))
    assert (
        reconstruction_error("poisson", rows, dt=DT) > 2 * reconstruction_error("integrate-fire", rows, dt=DT)
    ).all()
