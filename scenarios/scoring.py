"""From answers to scores: losses, intervals, gains, confusions, and the learning curve."""

from __future__ import annotations

from typing import Any

import numpy as np

from reservoir import Question, checks
from scenarios import curve
from scenarios.folds import Fold
from scenarios.statistics import Bootstrap

MOST_CLASSES = 30
"""Of more classes no confusions are kept: nobody reads them."""

SCORES: dict[str, Any] = {"accuracy": lambda loss: 1 - loss, "nrmse": np.sqrt}
"""From the mean loss to the score."""


def loss(question: Question, predicted: np.ndarray) -> np.ndarray:
    """Return what each test sequence of one fold adds to the loss: its share of errors, or its squared error.

    The squared error is in units of the variance of all answers to the test part.
    """
    answers = np.concatenate(question.answers)
    if question.score == "accuracy":
        each = (predicted != answers).astype(float)
    else:
        if not (spread := np.var(answers)):
            raise checks.InputError(
                f"all answers to '{question.name}' in a test part are {answers[0]:g}, so that an error has no unit; "
                "ask for something that varies"
            )
        each = (predicted - answers) ** 2 / spread
    return np.array([part.mean() for part in np.split(each, np.cumsum(question.counts)[:-1])])


def losses(asked: list[Question], predicted: list[np.ndarray]) -> np.ndarray:
    """Return the losses of all folds' test sequences, fold after fold."""
    return np.concatenate([loss(q, answers) for q, answers in zip(asked, predicted, strict=True)])


def score(question: Question, each: np.ndarray, bootstrap: Bootstrap) -> dict[str, Any]:
    """Return the score of losses (n_seeds, n_tests), with its interval."""
    kind = SCORES[question.score]
    per_seed = kind(bootstrap.per_seed(each))
    low, high = np.percentile(bootstrap.draws(each, kind), [2.5, 97.5])
    return {"name": question.score, "mean": float(per_seed.mean()), "low": float(low), "high": float(high),
            "per_seed": per_seed.tolist()}  # fmt: skip


def gain(question: Question, own: np.ndarray, control: np.ndarray, bootstrap: Bootstrap) -> dict[str, float]:
    """Return by how much the reservoir is better, in units of the score, with its paired interval."""
    kind, sign = SCORES[question.score], 1 if question.score == "accuracy" else -1
    mean = sign * (kind(bootstrap.per_seed(own)) - kind(bootstrap.per_seed(control))).mean()
    low, high = np.percentile(sign * (bootstrap.draws(own, kind) - bootstrap.draws(control, kind)), [2.5, 97.5])
    return {"mean": float(mean), "low": float(low), "high": float(high)}


def confusion(question: Question, asked: list[Question], runs: list[list[np.ndarray]]) -> dict[str, Any] | None:
    """Return how often which class was given for which, over seeds and folds; None for values or many classes.

    ``counts[i][j]``: class i was asked, class j given. `runs` holds for each seed the answers of each fold.
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
    folds: list[Fold], bootstrap: Bootstrap,
) -> list[dict[str, float]]:  # fmt: skip
    """Return the points of the learning curve of one seed, the last on all training sequences.

    `fewer` holds for each fold the answers after parts of the training; `whole` the losses (n_tests,) after all of
    it. Intervals are over test sequences alone. Empty where not one part could be learned in every fold.
    """
    shares = sorted(set.intersection(*(set(f) for f in fewer)))
    each = {share: losses(asked, [f[share] for f in fewer]) for share in shares}
    if each:
        each[1.0] = whole
    points = []
    for share, own in each.items():
        found = score(question, np.tile(own, (bootstrap.n_seeds, 1)), bootstrap)
        n_train = float(np.mean([curve.size(share, len(f.train)) for f in folds]))
        points.append({"share": share, "n_train": n_train} | {k: found[k] for k in ("mean", "low", "high")})
    return points
