"""From states to answers: the states that each question uses, and its readout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from millpond.readout import Logistic, Pool, Ridge, RidgeClassifier
from millpond.recording import Recording
from millpond.reservoir import Question, checks
from millpond.reservoir.questions import POOLINGS

READOUTS = ("ridge", "logistic")


class Tables:
    """The states of each question (n_answers, n_features), collected while sequences are processed in order.

    Questions with the same time steps and pooling share one table. Only what the questions need stays in memory.
    """

    def __init__(self, pool: Pool | None, questions: Sequence[Question]) -> None:
        self._pool, self._questions = pool, questions
        self._ways = {(id(q.rows), q.pooling): q for q in questions}
        self._parts: dict[tuple[int, str | None], list[np.ndarray]] = {way: [] for way in self._ways}

    def add(self, chosen: Iterable[int], states: list[np.ndarray]) -> None:
        """Add the states of the sequences `chosen`."""
        for way, q in self._ways.items():
            if q.rows is None:
                pool = self._pool if q.pooling is None else Pool(q.pooling)
                assert pool is not None
                self._parts[way].append(pool.fit_transform(states))
            else:
                self._parts[way] += [x[q.rows[i]] for i, x in zip(chosen, states, strict=True)]

    def found(self) -> list[np.ndarray]:
        """Return the table of each question."""
        tables = {way: np.concatenate(parts) for way, parts in self._parts.items()}
        return [tables[id(q.rows), q.pooling] for q in self._questions]


def tables(
    batches: Iterable[tuple[np.ndarray, list[np.ndarray]]], pool: Pool | None, questions: Sequence[Question]
) -> list[np.ndarray]:
    """Return the table of each question from `batches` of sequences, in order, and their states."""
    collected = Tables(pool, questions)
    for chosen, states in batches:
        collected.add(chosen, states)
    return collected.found()


Read = list[tuple[Any, np.ndarray]]
"""The fitted readout of each question, and its predictions on the test part."""


def read(
    learned: Sequence[Question], x_train: list[np.ndarray], x_test: list[np.ndarray], groups: Any,
    readout: str = "ridge", lap: Callable[[str], None] = lambda name: None,
) -> Read:  # fmt: skip
    """Fit the readout of each question on the training part and predict the test part."""
    readouts = [fitted(q, x, groups, readout) for q, x in zip(learned, x_train, strict=True)]
    lap("train")
    predicted = [r.predict(x) for r, x in zip(readouts, x_test, strict=True)]
    lap("predict")
    return list(zip(readouts, predicted, strict=True))


def disturbed(
    train: list[np.ndarray], test: list[np.ndarray], noise: float, seed: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return tables of states with added noise; shared tables remain shared."""
    if not noise:
        return train, test
    rng = np.random.default_rng([20, seed])
    done: dict[int, np.ndarray] = {}
    for before, after in zip(train, test, strict=True):
        if id(before) not in done:
            size = noise * float(np.sqrt(before.var(axis=0).mean()))
            for x in (before, after):
                done[id(x)] = x + size * rng.standard_normal(x.shape)
    return [done[id(x)] for x in train], [done[id(x)] for x in test]


def prepared(recording: Recording) -> tuple[Pool, Any, float]:
    """Return pooling, validation groups and noise for the training part of a recording of any origin.

    The groups are those of the task, otherwise those of the sequences if there are several.
    """
    told = recording.provenance["preparation"]
    told = told if "task" in told else {}  # the description of a third party can have any meaning
    most = max(100, int(recording.lengths.max()))
    try:
        pool = Pool(**(told.get("pool") or {}))
        fits = pool.mode in POOLINGS and 1 <= pool.n_segments <= most
        noise = checks.number("noise", told.get("noise", 0.0), 0)
    except (TypeError, checks.InputError):
        fits = False
    if not fits:
        raise checks.InputError(
            f"{recording.path} names an unknown pooling or noise; make it again with 'millpond record'"
        )
    named, groups = told.get("validation"), recording.groups
    if isinstance(named, list) and len(named) == len(recording):
        return pool, [str(g) for g in named], noise
    return pool, groups if groups is not None and len(set(groups)) > 1 else None, noise


class NearestSymbol(Ridge):
    """Ridge regression on numeric symbols that predicts the nearest symbol of the training set."""

    def fit(self, X: Any, y: Any = None, groups: Any = None, sample_weight: Any = None) -> NearestSymbol:
        """Fit the numeric symbols `y` (n_answers,)."""
        self.symbols_ = np.unique(y)
        super().fit(X, np.asarray(y, dtype=float), groups=groups, sample_weight=sample_weight)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the predicted symbol for each row of X (n_answers, n_features)."""
        between = (self.symbols_[1:] + self.symbols_[:-1]) / 2
        return np.asarray(self.symbols_[np.searchsorted(between, np.ravel(super().predict(X)))])


_READOUTS = {"accuracy": RidgeClassifier, "nrmse": Ridge, "symbol error rate": NearestSymbol}


def fitted(question: Question, x: np.ndarray, groups: Any, readout: str = "ridge") -> Any:
    """Return the readout of a question; its penalty is cross-validated on `groups` (one per sequence, or None)."""
    if readout != "ridge" and question.score != "accuracy":
        raise checks.InputError(
            f"'{question.name}' asks for values, and logistic regression gives labels; use --readout ridge"
        )
    kind = Logistic if readout == "logistic" else _READOUTS[question.score]
    model: Any = kind(penalty=None, standardize=True)
    owners = None if groups is None else np.repeat(groups, question.counts)
    return model.fit(x, np.concatenate(question.answers), groups=owners)
