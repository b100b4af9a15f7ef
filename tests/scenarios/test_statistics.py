"""Intervals must contain the truth as often as they claim, whatever the source of the variation."""

import numpy as np
import pytest
from scipy.stats import norm

from millpond.evaluation import scoring
from millpond.evaluation.statistics import Design, interval
from millpond.reservoir import Question

FOLDS = np.repeat(np.arange(6), 50)

NOISE = {  # standard deviations: between seeds, between sequences, and of both together
    "seeds": (1.0, 1.0, 1.0),
    "sequences": (0.0, 1.0, 0.3),
    "both together": (0.0, 0.3, 1.0),
    "mixed": (0.2, 1.0, 1.0),
}


def scores(rng, n_seeds, seeds, sequences, both):
    shape = (n_seeds, len(FOLDS))
    return seeds * rng.normal(size=(n_seeds, 1)) + sequences * rng.normal(size=shape[1]) + both * rng.normal(size=shape)


@pytest.mark.parametrize("n_seeds", [3, 5, 10])
@pytest.mark.parametrize("noise", NOISE)
def test_intervals_contain_the_truth_in_95_of_100_draws(n_seeds, noise):
    """93 to 97 % are required; where the interaction is nearly all there is, the intervals are slightly too wide."""
    rng, design = np.random.default_rng(n_seeds), Design(FOLDS)
    inside = 0
    for _ in range(1500):
        low, high = design.interval(scores(rng, n_seeds, *NOISE[noise]))
        inside += low <= 0 <= high
    assert 0.93 <= inside / 1500 <= (0.98 if noise == "both together" else 0.97)


@pytest.mark.parametrize("noise", NOISE)
def test_of_two_equal_models_few_are_called_better(noise):
    """A reservoir and a control that are equally good: in at most 5 of 100 draws does the interval exclude zero.

    Accuracies of seeds differ by about 8 points where seeds dominate.
    """
    seeds, sequences, both = NOISE[noise]
    rng, design, question = np.random.default_rng(11), Design(FOLDS), Question("q", [np.zeros(1)])
    wrong = 0
    for _ in range(1000):
        shared = scores(rng, 3, 0, 1.0, 0.3)
        own, control = ((shared + scores(rng, 3, 0.3 * seeds, sequences, both) < 1) for _ in range(2))
        found = scoring.gain(question, own.astype(float), control.astype(float), design)
        wrong += found["low"] > 0 or found["high"] < 0
    assert wrong / 1000 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 1000)


def test_accuracies_of_words_are_covered_too(rng):
    design, inside = Design(FOLDS), 0
    for _ in range(1000):
        right = scores(rng, 3, 0.1, 1.0, 1.0) < 0.84 * np.sqrt(2.01)
        low, high = design.interval(right.astype(float))
        inside += low <= norm.cdf(0.84) <= high
    assert 0.93 <= inside / 1000 <= 0.975


def test_strings_that_share_recordings_count_as_fewer(rng):
    """300 strings of two out of 60 recordings; each score is the sum of what its recordings are worth."""
    inside, naive = 0, 0
    for _ in range(400):
        made_of = np.stack([rng.choice(60, 2, replace=False) for _ in range(300)])
        values = rng.normal(size=60)[made_of].sum(1)[None]
        low, high = Design(np.zeros(300, int), list(made_of)).interval(values)
        inside += low <= 0 <= high
        low, high = Design(np.zeros(300, int)).interval(values)
        naive += low <= 0 <= high
    assert 0.92 <= inside / 400 <= 0.98  # 0.95 and four standard errors are .906 to .994
    assert naive / 400 < 0.75


def test_three_seeds_that_differ_get_the_interval_of_student():
    """Spoken XOR, esn: seeds of 75.1, 78.2 and 84.4 %; Student's t gives [67.5, 90.9], not their range."""
    means = np.array([0.751, 0.782, 0.844])
    values = np.tile(means[:, None], (1, 300))
    assert interval(means) == pytest.approx((0.675, 0.910), abs=1e-3)
    assert Design(FOLDS).interval(values) == pytest.approx((0.675, 0.910), abs=1e-3)


def test_one_seed_and_equal_seeds_give_the_interval_over_sequences(rng):
    values = rng.normal(size=(1, 300))
    one = Design(np.zeros(300, int)).interval(values)
    assert one == pytest.approx(interval(values[0]), rel=1e-9)
    assert Design(np.zeros(300, int)).interval(np.tile(values, (3, 1))) == pytest.approx(one, rel=1e-9)


def test_folds_of_other_sizes_count_the_same():
    design = Design(np.repeat([0, 1], [10, 90]))
    values = np.array([[1.0] * 10 + [0.0] * 90])
    assert design.per_seed(values) == pytest.approx(0.5)
    assert design.interval(values) == pytest.approx((0.5, 0.5))


def test_folds_of_one_sequence_are_taken_together(rng):
    values = rng.normal(size=(1, 12))
    assert Design(np.arange(12)).interval(values) == pytest.approx(interval(values[0]), rel=1e-9)


def test_paired_differences_are_narrower_than_their_parts(rng):
    a = (rng.random((3, 300)) < 0.8).astype(float)
    b = a.copy()
    b[:, :6] = 0
    design = Design(np.zeros(300, int))
    low, high = design.interval(a - b)
    assert high - low < 0.5 * np.ptp(design.interval(a))


def test_an_error_has_the_interval_of_its_square_root(rng):
    """The delta method against a bootstrap over sequences, of one seed."""
    design, question = Design(np.zeros(400, int)), Question("q", [np.zeros(1)], score="nrmse")
    each = rng.gamma(2.0, size=(1, 400))
    found = scoring.score(question, each, design)
    draws = np.sqrt(each[0][rng.integers(0, 400, (4000, 400))].mean(1))
    assert found["mean"] == pytest.approx(np.sqrt(each.mean()))
    assert (found["low"], found["high"]) == pytest.approx(np.percentile(draws, [2.5, 97.5]), abs=0.01)


def test_a_score_stays_within_its_range():
    values = np.array([[0.0] * 299 + [1.0]] * 2)
    found = scoring.score(Question("q", [np.zeros(1)]), values, Design(FOLDS))
    assert found["high"] == 1.0 and found["low"] < found["mean"] < 1.0
