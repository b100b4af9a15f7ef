"""From answers to scores: losses, intervals, differences, confusion matrices and learning curves."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from millpond.evaluation import learning_curve
from millpond.evaluation.folds import Fold
from millpond.evaluation.statistics import Design
from millpond.reservoir import Question, checks

MOST_CLASSES = 30
"""Maximum number of classes for which confusion matrices are stored."""

SCORES: dict[str, Any] = {"accuracy": lambda loss: 1 - loss, "nrmse": np.sqrt, "symbol error rate": lambda loss: loss}
"""Functions from the mean loss to the score."""


def better(score: str) -> int:
    """Return 1 if a larger `score` is better, else -1."""
    return 1 if score == "accuracy" else -1


def loss(question: Question, predicted: np.ndarray) -> np.ndarray:
    """Return the loss of each test sequence of one fold: its share of errors, or its squared error.

    The squared error is divided by the variance of all answers of the test part.
    """
    answers = np.concatenate(question.answers)
    if question.score != "nrmse":
        each = (predicted != answers).astype(float)
    else:
        if not (spread := np.var(answers)):
            raise checks.InputError(
                f"all answers to '{question.name}' in a test part are {answers[0]:g}, so the error has no scale; "
                "use targets that vary"
            )
        each = (predicted - answers) ** 2 / spread
    return np.array([part.mean() for part in np.split(each, np.cumsum(question.counts)[:-1])])


def losses(asked: list[Question], predicted: list[np.ndarray]) -> np.ndarray:
    """Return the losses of the test sequences of all folds, concatenated."""
    return np.concatenate([loss(q, answers) for q, answers in zip(asked, predicted, strict=True)])


def score(question: Question, each: np.ndarray, design: Design) -> dict[str, Any]:
    """Return the score of losses (n_seeds, n_tests), with its 95 % interval within the range of the score."""
    values = _linearised(question.score, each, design)
    per_seed = design.per_seed(values)
    low, high = design.interval(values)
    most = np.inf if question.score == "nrmse" else 1.0
    return {"name": question.score, "mean": float(per_seed.mean()), "low": max(low, 0.0), "high": min(high, most),
            "per_seed": per_seed.tolist()}  # fmt: skip


def gain(
    question: Question, own: np.ndarray, other: np.ndarray, design: Design, level: float = 0.95
) -> dict[str, float]:
    """Return the paired difference between two models from their losses (n_seeds, n_tests), with its interval.

    It is positive if the first model is better.
    """
    both = [_linearised(question.score, each, design) for each in (own, other)]
    difference = better(question.score) * (both[0] - both[1])
    low, high = design.interval(difference, level)
    return {"mean": float(design.per_seed(difference).mean()), "low": low, "high": high}


def pairs(question: Question, losses: dict[str, np.ndarray], design: Design) -> list[dict[str, Any]]:
    """Return the paired difference of every pair of models from their losses (n_seeds, n_tests).

    The intervals of all pairs together contain the true differences with at least 95 % probability: with m pairs, each
    has the level 1 - 0.05 / m (Bonferroni). A difference is positive if the model `a` is better.
    """
    every = list(combinations(losses, 2))
    level = 1 - 0.05 / max(len(every), 1)
    return [{"a": a, "b": b, "difference": gain(question, losses[a], losses[b], design, level)} for a, b in every]


def _linearised(score: str, each: np.ndarray, design: Design) -> np.ndarray:
    """Return values (n_seeds, n_tests) with the mean and the variance of the score of each seed.

    The delta method: the score is replaced by its tangent at the mean loss of the seed.
    """
    means = design.per_seed(each)[:, None]
    if score == "nrmse":
        root = np.sqrt(means)
        return root + np.divide(each - means, 2 * root, out=np.zeros_like(each), where=root > 0)
    return np.asarray(SCORES[score](each))


def confusion(question: Question, asked: list[Question], runs: list[list[np.ndarray]]) -> dict[str, Any] | None:
    """Return the confusion matrix over seeds and folds; None for regression or too many classes.

    ``counts[i][j]`` counts true class i and predicted class j. `runs` holds the answers for each seed and fold.
    """
    classes = np.unique(np.concatenate(question.answers))
    if question.score != "accuracy" or len(classes) > MOST_CLASSES:
        return None
    right = np.searchsorted(classes, np.concatenate([np.concatenate(q.answers) for q in asked]))
    counts = np.zeros((len(classes), len(classes)), int)
    for run in runs:
        np.add.at(counts, (right, np.searchsorted(classes, np.concatenate(run))), 1)
    return {"classes": [str(c) for c in classes], "counts": counts.tolist()}


def learning(
    question: Question, asked: list[Question], fewer: list[dict[float, np.ndarray]], whole: np.ndarray,
    folds: list[Fold], design: Design,
) -> list[dict[str, float]]:  # fmt: skip
    """Return the points of the learning curve of one seed, the last on all training sequences.

    `fewer` holds the answers of each fold after training on parts; `whole` holds the losses (n_tests,) after training
    on all sequences. The intervals are over test sequences only. The result is empty if no part is available in every
    fold.
    """
    shares = sorted(set.intersection(*(set(f) for f in fewer)))
    each = {share: losses(asked, [f[share] for f in fewer]) for share in shares}
    if each:
        each[1.0] = whole
    points = []
    for share, own in each.items():
        found = score(question, own[None], design)
        n_train = float(np.mean([learning_curve.size(share, len(f.train)) for f in folds]))
        points.append({"share": share, "n_train": n_train} | {k: found[k] for k in ("mean", "low", "high")})
    return points
