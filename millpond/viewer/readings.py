"""What a readout says of a word: while it is heard, and when it is over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from millpond.evaluation.fitting import prepared
from millpond.readout import Pool, RidgeClassifier
from millpond.recording import Recording
from millpond.reservoir import checks

BEGINNINGS = (0.25, 0.5, 0.75, 1.0)  # of the training words, from which a reader learns to read before the end
N_WORDS = 600  # training words at most whose beginnings are learnt


@dataclass(frozen=True, eq=False)
class Reader:
    """Two readouts of one recording, trained on its training part alone.

    Attributes
    ----------
    pool : Pool
    whole : RidgeClassifier
        Trained on whole words: that of the comparison's table.
    begun : RidgeClassifier
        Trained on beginnings of words, pooled as if the word were over; it does not know how much is to come.
    """

    pool: Pool
    whole: RidgeClassifier
    begun: RidgeClassifier

    @property
    def classes(self) -> np.ndarray:
        """The words it can name, (n_classes,)."""
        return self.whole.classes_

    def votes(self, states: np.ndarray) -> np.ndarray:
        """Return the votes for each class after each step, of what is heard up to there, (n_steps, n_classes)."""
        heard = self.pool.transform([states[: t + 1] for t in range(len(states))])
        return _outputs(self.begun, heard)

    def verdicts(self, states: list[np.ndarray] | Recording) -> np.ndarray:
        """Return the votes for each class on whole words, (n_words, n_classes)."""
        return _outputs(self.whole, self.pool.transform(states))


def reader(recording: Recording) -> Reader:
    """Return readouts trained on the training part of a recording with labels.

    The penalty is chosen on left-out groups of whole training words, those of the comparison; for beginnings, which
    are as many times more, it is as many times larger.
    """
    train = recording.part("train")
    if train.labels is None:
        raise checks.InputError(f"{recording.path} holds no labels to train on; record a task that has them")
    pool, groups, _ = prepared(train)
    if train.questions and train.questions[0].pooling is not None:
        pool = Pool(train.questions[0].pooling)
    whole = RidgeClassifier(standardize=True).fit(pool.fit_transform(train), train.labels, groups=groups)
    chosen = np.unique(np.linspace(0, len(train) - 1, N_WORDS).round().astype(int))
    if len(np.unique(train.labels[chosen])) < len(whole.classes_):
        chosen = np.arange(len(train))
    words = (train.states[i] for i in chosen)  # one at a time in memory
    parts = [pool.transform([x[: max(1, round(share * len(x)))] for share in BEGINNINGS]) for x in words]
    begun = RidgeClassifier(standardize=True, penalty=whole.penalty_ * len(BEGINNINGS) * len(chosen) / len(train))
    begun.fit(np.concatenate(parts), np.repeat(train.labels[chosen], len(BEGINNINGS)))
    return Reader(pool, whole, begun)


def sureness(reader: Reader, recording: Recording, votes: np.ndarray) -> tuple[float, float, float]:
    """Return how far the first of the `votes` (n_classes,) is ahead, and how that compares with the test part.

    Returns
    -------
    lead : float
        Of the largest vote over the next.
    below : float
        Share of the test words that are read with no greater lead.
    accuracy : float
        Share of the test words that are read right.
    """
    test = recording.part("test")
    assert test.labels is not None
    verdicts = reader.verdicts(test)
    lead = float(_lead(votes[None])[0])
    right = reader.classes[verdicts.argmax(1)] == test.labels
    return lead, float((_lead(verdicts) <= lead).mean()), float(right.mean())


def _lead(votes: np.ndarray) -> np.ndarray:
    first_two = np.sort(votes, axis=1)[:, -2:]
    return first_two[:, 1] - first_two[:, 0]


def _outputs(readout: RidgeClassifier, rows: np.ndarray) -> np.ndarray:
    return rows.astype(float) @ readout.coef_.T + readout.intercept_  # decision_function has one column for two classes
