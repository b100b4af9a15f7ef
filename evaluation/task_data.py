"""What a task is made of: sequences, and what is asked of a model that has heard them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from millpond.evaluation.folds import Fold
from millpond.evaluation.statistics import Design
from millpond.reservoir import Question, Sequences, checks
from millpond.reservoir.questions import about


@dataclass(frozen=True)
class Loop:
    """What is asked of a model whose readout is heard again as its last channels of input.

    Parameters
    ----------
    n_taught : int
        Rows at the start of a sequence in which the targets are heard, and not the readout.
    asked : function (run) -> dict
        From what the readout has said (n_steps, n_outputs) the answers to each question; a function of a module.
    noise : float
        On what is heard of targets and readout, in standard deviations: it teaches the readout to come back.
    """

    n_taught: int
    asked: Callable[[np.ndarray], dict[str, np.ndarray]]
    noise: float


@dataclass(frozen=True, eq=False)
class Material:
    """Sequences behind a front end, and the questions about them; the first question ranks models.

    Parameters
    ----------
    sequences : Sequences
    questions : tuple of Question
    weights : ndarray (n_channels,), optional
        What each channel is worth: multiply after every channel is standardised on the training part.
    noise : float
        Standard deviation of Gaussian noise on every state, in units of the root mean square of the training
        states about their mean. Models whose parameter `noise` is not 0 have their own and are left alone.
    loop : Loop, optional
        Where the readout learns the targets of the sequences and the questions are asked of runs on its own.
    recordings : list of ndarray of int, optional
        For each sequence the recordings that it was made from, where sequences share some.
    """

    sequences: Sequences
    questions: tuple[Question, ...]
    weights: np.ndarray | None = None
    noise: float = 0.0
    loop: Loop | None = None
    recordings: list[np.ndarray] | None = None

    def design(self, folds: list[Fold]) -> Design:
        """Return the test sequences of the folds, one fold after the other, as `evaluation.statistics` needs them."""
        fold_of = np.repeat(np.arange(len(folds)), [len(f.test) for f in folds])
        order = np.concatenate([f.test for f in folds])
        return Design(fold_of, None if self.recordings is None else [self.recordings[i] for i in order])

    def parts(self, fold: Fold) -> tuple[list[Question], list[Question]]:
        """Return the questions about the training and about the test part of a fold."""
        return list(about(self.questions, fold.train)), list(about(self.questions, fold.test))


def refuse_data(data: str | None) -> None:
    """Raise where data are given to a task that generates its own."""
    if data is not None:
        raise checks.InputError(f"data is {data!r}, but this task generates its own sequences; leave data out")


def labelled(sequences: Sequences, name: str = "label", weights: np.ndarray | None = None) -> Material:
    """Return sequences with one question, the label of each."""
    assert sequences.labels is not None
    return Material(sequences, (Question(name, list(sequences.labels[:, None])),), weights)
