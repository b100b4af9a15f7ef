"""Learning curves: what their parts are made of, and that nothing else goes into their points."""

from itertools import pairwise

import numpy as np
import pytest

from millpond.baseline import RawInput
from millpond.evaluation import evaluate, learning_curve
from millpond.evaluation.folds import Fold
from millpond.evaluation.task_data import labelled
from millpond.readout import Pool, RidgeClassifier
from millpond.reservoir import Question, Sequences


@pytest.fixture
def words(rng):
    """240 short sequences of four labels by six groups, told apart by their mean; the last group is the test part."""
    labels, groups = np.arange(240) % 4, np.arange(240) // 40
    signals = [rng.normal(size=(5, 4)) + np.eye(4)[k] for k in labels]
    train = np.flatnonzero(groups < 5)
    return Sequences(signals, labels=labels, groups=groups), Fold(
        "f", train, np.flatnonzero(groups == 5), groups[train]
    )


def test_parts_lie_in_one_another_and_hold_their_share_of_all(words):
    sequences, fold = words
    question = labelled(sequences).questions[0]
    found = learning_curve.parts(fold, question, 0)
    assert [len(part) for _, part in found] == [25, 50, 100]
    inside = [set(part) for _, part in found] + [set(range(200))]
    assert all(a < b for a, b in pairwise(inside))
    for share, part in found:
        alike = fold.validation[part] * 4 + sequences.labels[fold.train][part]
        counts = np.bincount(alike, minlength=20)  # of each label by each group there are ten
        assert (np.abs(counts - 10 * share) <= 1).all()
    again, other = learning_curve.parts(fold, question, 0), learning_curve.parts(fold, question, 1)
    assert all((a[1] == b[1]).all() for a, b in zip(found, again, strict=True))
    assert (found[0][1] != other[0][1]).any()


def test_a_part_in_which_no_penalty_can_be_chosen_is_left_out():
    rows = [np.arange(3)] * 8
    values = Question("y", [np.arange(3.0)] * 8, rows, "nrmse")
    fold = Fold("f", np.arange(8), np.zeros(0, int), np.arange(8) % 4)
    assert [len(part) for _, part in learning_curve.parts(fold, values, 0)] == [2, 4]  # one sequence has one group
    assert not learning_curve.parts(Fold("f", np.arange(8), np.zeros(0, int), np.zeros(8, int)), values, 0)
    same = Question("y", [np.array(["a"])] * 8)
    assert not learning_curve.parts(fold, same, 0)


def test_a_point_is_a_readout_of_its_part_alone(words):
    """By hand, from features and labels of the part; whatever the rest of the training part and the test part say."""
    sequences, fold = words
    material = labelled(sequences)
    nested = learning_curve.parts(fold, material.questions[0], 0)
    found = evaluate.evaluate(RawInput(), Pool("mean"), material, fold, nested)
    train, test = evaluate.scaled(sequences, fold, None)
    x, tested = (Pool("mean").fit_transform(part.signals) for part in (train, test))
    for share, part in nested:
        readout = RidgeClassifier(standardize=True)
        readout.fit(x[part], sequences.labels[fold.train][part], groups=fold.validation[part])
        np.testing.assert_array_equal(found.fewer[share], readout.predict(tested))
    labels = sequences.labels.copy()
    labels[np.setdiff1d(np.arange(240), fold.train[nested[1][1]])] = 0
    other = labelled(Sequences(sequences.signals, labels=labels))
    again = evaluate.evaluate(RawInput(), Pool("mean"), other, fold, nested).fewer
    assert all((again[share] == found.fewer[share]).all() for share, _ in nested[:2])
    assert (again[nested[2][0]] != found.fewer[nested[2][0]]).any()
