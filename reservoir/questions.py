"""Questions: the answers that a readout predicts from states, and the time steps at which it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from millpond.reservoir import checks

SCORES = ("accuracy", "nrmse", "symbol error rate")
"""The scores of answers; docs/tasks.md defines each."""

POOLINGS = ("last", "mean", "segments", "counts")
"""The ways in which the states of a sequence become one row of features; `millpond.readout.Pool` defines each."""


@dataclass(frozen=True, eq=False)
class Question:
    """Answers that a readout predicts from states, and the time steps of these states.

    Parameters
    ----------
    name : str
    answers : list of ndarray (n_answers,)
        The labels or values of each sequence, in the order of `rows`.
    rows : list of ndarray (n_answers,) of int, optional
        The time steps of each sequence at which the state is read. If not given, the states of a sequence are pooled
        into one sample with one answer.
    score : {"accuracy", "nrmse", "symbol error rate"}
        "accuracy" is the share of correct labels. "nrmse" is the root mean squared error in standard deviations of the
        answers. "symbol error rate" is for symbols that are numbers: a regression predicts the number, the nearest
        symbol is the answer, and the score is the share of wrong symbols.
    pooling : {"last", "mean", "segments", "counts"}, optional
        How the states of a sequence are pooled for this question. If not given, the pooling of the model's recipe is
        used. Only for questions without `rows`.
    """

    name: str
    answers: list[np.ndarray]
    rows: list[np.ndarray] | None = None
    score: str = "accuracy"
    pooling: str | None = None

    def of(self, which: np.ndarray) -> Question:
        """Return the question for the sequences `which` only."""
        rows = None if self.rows is None else [self.rows[i] for i in which]
        return replace(self, answers=[self.answers[i] for i in which], rows=rows)

    @property
    def counts(self) -> np.ndarray:
        """Number of answers of each sequence."""
        return np.array([len(a) for a in self.answers])

    def check(self, lengths: np.ndarray) -> None:
        """Raise InputError if the question does not fit sequences of these `lengths`."""
        said = f"question '{self.name}'"
        checks.option(f"the score of {said}", self.score, SCORES)
        if self.pooling is not None:
            checks.option(f"the pooling of {said}", self.pooling, POOLINGS)
            if self.rows is not None:
                raise checks.InputError(f"{said} has both time steps and a pooling; leave out one of them")
        if len(self.answers) != len(lengths) or (self.rows is not None and len(self.rows) != len(lengths)):
            raise checks.InputError(
                f"{said} has answers for {len(self.answers)} sequences, but there are {len(lengths)}; give one for each"
            )
        for i, (n, n_steps) in enumerate(zip(self.counts, lengths, strict=True)):
            rows = np.arange(1) if self.rows is None else np.asarray(self.rows[i])
            if n == 0:
                raise checks.InputError(f"{said} has no answer for sequence {i}; leave the sequence out")
            if len(rows) != n or rows.min() < 0 or rows.max() >= n_steps:
                raise checks.InputError(
                    f"{said} has {len(rows)} time step(s) and {n} answer(s) for sequence {i} of {n_steps} steps; "
                    "give one answer for each time step, and time steps within the sequence"
                )


def about(questions: Sequence[Question], which: np.ndarray) -> tuple[Question, ...]:
    """Return the questions for the sequences `which`; questions that share their rows still share them."""
    chosen = [q.of(which) for q in questions]
    shared = {id(q.rows): c.rows for q, c in zip(questions, chosen, strict=True)}
    return tuple(replace(c, rows=shared[id(q.rows)]) for q, c in zip(questions, chosen, strict=True))


def joined(each: Sequence[tuple[Question, ...]]) -> tuple[Question, ...]:
    """Concatenate the questions of several sets of sequences; questions that share their rows still share them."""
    shared: dict[tuple[int, ...], list[np.ndarray]] = {}
    found = []
    for same in zip(*each, strict=True):
        listed = [q.rows for q in same if q.rows is not None]
        rows = shared.setdefault(tuple(map(id, listed)), [r for own in listed for r in own]) if listed else None
        found.append(replace(same[0], answers=[a for q in same for a in q.answers], rows=rows))
    return tuple(found)


def narrowed(questions: Sequence[Question]) -> tuple[list[np.ndarray], tuple[Question, ...]] | None:
    """Return the rows of each sequence that any question uses (ascending), and the questions with indices into them.

    Return None if a question is about whole sequences. Questions that share their rows still share them.
    """
    each = {id(q.rows): q.rows for q in questions}
    if None in each.values():
        return None
    lists = [rows for rows in each.values() if rows is not None]
    every = [np.unique(np.concatenate(asked)) for asked in zip(*lists, strict=True)]
    places = {k: [*map(np.searchsorted, every, rows)] for k, rows in zip(each, lists, strict=True)}
    return every, tuple(replace(q, rows=places[id(q.rows)]) for q in questions)
