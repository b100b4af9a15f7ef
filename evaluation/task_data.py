"""The data of a task: sequences and the questions about them."""

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
    """Settings of a task in which the readout output is fed back as the last input channels.

    Parameters
    ----------
    n_taught : int
        Number of time steps at the start of a sequence with the true targets as input.
    asked : function (run) -> dict
        A module-level function from the readout output (n_steps, n_outputs) to the answers of each question.
    noise : float
        Noise on the fed-back targets in standard deviations. It trains the readout to correct deviations.
    """

    n_taught: int
    asked: Callable[[np.ndarray], dict[str, np.ndarray]]
    noise: float


@dataclass(frozen=True, eq=False)
class Material:
    """Sequences after a front end, and the questions about them; the first question ranks models.

    Parameters
    ----------
    sequences : Sequences
    questions : tuple of Question
    weights : ndarray (n_channels,), optional
        Factor of each channel, applied after standardisation on the training part.
    noise : float
        Standard deviation of Gaussian noise on every state, in units of the root mean square of the training
        states about their mean. Models whose parameter `noise` is not 0 have their own noise and are not changed.
    loop : Loop, optional
        Feedback settings: the readout is trained on the targets and evaluated in free runs.
    recordings : list of ndarray of int, optional
        The recordings from which each sequence was made, if sequences share some.
    """

    sequences: Sequences
    questions: tuple[Question, ...]
    weights: np.ndarray | None = None
    noise: float = 0.0
    loop: Loop | None = None
    recordings: list[np.ndarray] | None = None

    def design(self, folds: list[Fold]) -> Design:
        """Return the test sequences of all folds, concatenated, for `evaluation.statistics`."""
        fold_of = np.repeat(np.arange(len(folds)), [len(f.test) for f in folds])
        order = np.concatenate([f.test for f in folds])
        return Design(fold_of, None if self.recordings is None else [self.recordings[i] for i in order])

    def parts(self, fold: Fold) -> tuple[list[Question], list[Question]]:
        """Return the questions for the training and the test part of a fold."""
        return list(about(self.questions, fold.train)), list(about(self.questions, fold.test))


def refuse_data(data: str | None) -> None:
    """Raise InputError if data are given to a task that generates its own."""
    if data is not None:
        raise checks.InputError(f"data is {data!r}, but this task generates its own sequences; leave data out")


def labelled(sequences: Sequences, name: str = "label", weights: np.ndarray | None = None) -> Material:
    """Return sequences with one question about their labels."""
    assert sequences.labels is not None
    return Material(sequences, (Question(name, list(sequences.labels[:, None])),), weights)
