"""Pairs of models: differences, their intervals and the verdict."""

import numpy as np
import pytest

from millpond.evaluation import fitting, scoring
from millpond.evaluation.statistics import Design
from millpond.readout import Pool
from millpond.report import pairs as section
from millpond.reservoir import InputError, Question, Sequences
from millpond.results import between_models, groups, ranked
from millpond.scenarios.tasks import task_of

QUESTION = Question("q", [np.zeros(1)])


def found(scores, spans, seeds=(0, 1, 2), score="accuracy"):
    """Return the part of a summary that verdicts use; `spans` are the intervals of each pair."""
    rows = [
        {"model": m, "of": m, "kind": "reservoir", "score": {"name": score, "mean": v}, "seconds": {"train": 1.0},
         "n_trained": 5, "operations": {"per_step": {"multiply_adds": 2000}}}
        for m, v in scores.items()
    ]  # fmt: skip
    sign = 1 if score == "accuracy" else -1
    pairs = [
        {"a": a, "b": b, "difference": {"mean": sign * (scores[a] - scores[b]), "low": low, "high": high}}
        for (a, b), (low, high) in spans.items()
    ]
    return {"rows": rows, "pairs": pairs, "seeds": list(seeds)}


def test_intervals_of_pairs_agree_with_a_bootstrap(rng):
    """Within 0.1 point of percentiles of 40,000 bootstrap samples of the sequences in each fold, at the same level."""
    fold_of = np.repeat(np.arange(6), 500)
    right = {m: rng.random(len(fold_of)) < p for m, p in (("a", 0.92), ("b", 0.9), ("c", 0.7))}
    losses = {m: np.repeat(1.0 - r[None], 3, 0) for m, r in right.items()}
    every = scoring.pairs(QUESTION, losses, Design(fold_of))
    assert [(p["a"], p["b"]) for p in every] == [("a", "b"), ("a", "c"), ("b", "c")]
    level = 0.05 / 3 / 2
    for pair in every:
        difference = right[pair["a"]].astype(float) - right[pair["b"]]
        counts = [np.unique(difference[fold_of == f], return_counts=True) for f in range(6)]
        draws = np.mean([rng.multinomial(500, n / 500, 40_000) @ v / 500 for v, n in counts], axis=0)
        assert pair["difference"]["mean"] == pytest.approx(difference.mean(), abs=1e-12)
        assert pair["difference"]["low"] == pytest.approx(np.quantile(draws, level), abs=1e-3)
        assert pair["difference"]["high"] == pytest.approx(np.quantile(draws, 1 - level), abs=1e-3)


def test_more_pairs_have_wider_intervals(rng):
    losses = {m: (rng.random((3, 60)) < 0.3).astype(float) for m in "abcd"}
    design = Design(np.zeros(60, int))
    two, four = (scoring.pairs(QUESTION, {m: losses[m] for m in names}, design) for names in ("ab", "abcd"))
    assert len(two) == 1 and len(four) == 6
    assert two[0]["difference"] == scoring.gain(QUESTION, losses["a"], losses["b"], design)
    width = [p["difference"]["high"] - p["difference"]["low"] for p in (two[0], four[0])]
    assert width[1] > 1.2 * width[0]


def test_of_four_equal_models_a_pair_is_called_different_in_5_of_100_draws_at_most():
    rng, design, wrong = np.random.default_rng(3), Design(np.repeat(np.arange(4), 50)), 0
    for _ in range(300):
        shared = rng.normal(size=200) + 0.05 * rng.normal(size=(4, 3, 1))
        losses = {
            m: (own < 0).astype(float) for m, own in zip("abcd", shared + rng.normal(size=(4, 3, 200)), strict=True)
        }
        wrong += any(
            p["difference"]["low"] > 0 or p["difference"]["high"] < 0 for p in scoring.pairs(QUESTION, losses, design)
        )
    assert wrong / 300 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)


def test_the_better_model_is_named_with_its_difference():
    better = found({"lsm": 0.8, "esn": 0.9}, {("lsm", "esn"): (-0.15, -0.05)})
    assert between_models(better) == ["esn is better than lsm by 10.0 points."]
    assert groups(better) == [] and [row["model"] for row in ranked(better)] == ["esn", "lsm"]


def test_models_without_a_significant_difference_are_listed():
    noisy = found(
        {"esn": 0.9, "lsm": 0.85, "water": 0.86},
        {("esn", "lsm"): (0.01, 0.09), ("esn", "water"): (0.0, 0.08), ("lsm", "water"): (-0.05, 0.03)},
    )
    assert between_models(noisy) == [
        "esn is better than lsm by 5.0 points.",
        "No significant difference between esn and water; lsm and water.",
    ]
    assert groups(noisy) == [["esn", "water"], ["water", "lsm"]]
    html = section.section(noisy).body
    assert html.count('class="level"') == 2 and "lsm and water" in html and "2k" in html
    assert between_models(found({"a": 0.5, "b": 0.5}, {("a", "b"): (0.0, 0.0)}, seeds=[0])) == [
        "No significant difference between a and b (one seed)."
    ]


def test_lower_errors_are_better():
    error = found({"esn": 0.2, "lsm": 0.4}, {("esn", "lsm"): (0.1, 0.3)}, score="nrmse")
    assert between_models(error) == ["esn is better than lsm by 0.200."]
    assert [row["model"] for row in ranked(error)] == ["esn", "lsm"]


def test_one_model_has_no_pairs():
    assert between_models(found({"esn": 0.9}, {})) == []
    assert "svg" not in section.section(found({"esn": 0.9}, {}) | {"rows": found({"esn": 0.9}, {})["rows"]}).body


def test_two_poolings_of_one_question_have_tables_of_their_own(rng):
    states = list(rng.normal(size=(4, 10, 3)))
    asked = [Question("mean", [np.zeros(1)] * 4, pooling="mean"), Question("five", [np.zeros(1)] * 4)]
    mean, five = fitting.tables([(np.arange(4), states)], Pool("segments"), asked)
    np.testing.assert_allclose(mean, np.mean(states, axis=1))
    assert five.shape == (4, 15)


def test_a_pooling_that_does_not_exist_or_apply_is_refused():
    answers = [np.zeros(1)] * 2
    with pytest.raises(InputError, match="pooling of question 'q'.*one of"):
        Sequences(np.zeros((2, 5, 1)), questions=(Question("q", answers, pooling="median"),))
    with pytest.raises(InputError, match="both time steps and a pooling"):
        Sequences(np.zeros((2, 5, 1)), questions=(Question("q", answers, [np.zeros(1, int)] * 2, pooling="mean"),))


def test_the_task_with_two_readouts_asks_the_same_of_both():
    task = task_of("digits-mean")
    raw = task.load("synthetic")
    mean, five = task.represent(raw, "bands16").questions
    assert mean.pooling == "mean" and five.pooling is None and mean.answers is five.answers
    assert task.recipe("esn").front_end == "bands16"
