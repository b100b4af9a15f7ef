"""What is asked of states: which answers, and at which rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class Question:
    """What is to be told from states, and from which of them.

    Parameters
    ----------
    name : str
    answers : list of ndarray (n_answers,)
        For each sequence the labels, or the values, in the order of `rows`.
    rows : list of ndarray (n_answers,) of int, optional
        For each sequence the rows at which the state is read. Left out, the whole sequence is pooled into one
        sample, which has one answer.
    score : {"accuracy", "nrmse"}
    """

    name: str
    answers: list[np.ndarray]
    rows: list[np.ndarray] | None = None
    score: str = "accuracy"

    def of(self, which: np.ndarray) -> Question:
        """Return the question about the sequences `which` alone."""
        rows = None if self.rows is None else [self.rows[i] for i in which]
        return replace(self, answers=[self.answers[i] for i in which], rows=rows)

    @property
    def counts(self) -> np.ndarray:
        """Answers of each sequence."""
        return np.array([len(a) for a in self.answers])


def about(questions: Sequence[Question], which: np.ndarray) -> tuple[Question, ...]:
    """Return the questions about some of the sequences; those that share their rows go on sharing them."""
    shared = {id(q.rows): q.of(which).rows for q in questions}
    return tuple(replace(q.of(which), rows=shared[id(q.rows)]) for q in questions)
