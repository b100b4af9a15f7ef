"""Evaluate one model on one fold: scale, drive and read a reservoir, or train a baseline end to end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from millpond.evaluation.fitting import Tables, disturbed, fitted, read, tables
from millpond.evaluation.folds import Fold
from millpond.evaluation.learning_curve import Part
from millpond.evaluation.resources import Clock, peak_memory_mb, reset_peak_memory
from millpond.evaluation.task_data import Material
from millpond.readout import Pool
from millpond.recording import record
from millpond.reservoir import ChannelScaler, Question, Reservoir, Sequences
from millpond.reservoir.questions import about, narrowed

_BATCH_BYTES = 2**24  # bytes of states in memory at a time before pooling


@dataclass(frozen=True)
class Outcome:
    """The result of one model on one fold.

    Attributes
    ----------
    predicted : dict of str to ndarray
        The predicted answers on the test part for each question.
    penalty : dict of str to float
        The selected penalties; empty for models that are trained end to end.
    n_units, n_features, n_trained : int
        Totals over all questions where the questions differ.
    fewer : dict of float to ndarray
        The answers to the first question for each share of the training sequences, for the learning curve.
    """

    predicted: dict[str, np.ndarray]
    penalty: dict[str, float]
    n_units: int
    n_features: int
    n_trained: int
    seconds: dict[str, float]
    peak_memory_mb: float
    operations: dict[str, dict[str, int]]
    fewer: dict[float, np.ndarray] = field(default_factory=dict)


def scaled(
    sequences: Sequences, fold: Fold, weights: np.ndarray | None, model: Any = None
) -> tuple[Sequences, Sequences]:
    """Return the training and test part, scaled by the statistics of the training part only.

    Spike trains are not scaled.
    """
    if sequences.spiking:
        return sequences[fold.train], sequences[fold.test]
    scaler = scaler_of(sequences, fold, weights, model)
    return scaler.transform(sequences[fold.train]), scaler.transform(sequences[fold.test])


def scaler_of(sequences: Sequences, fold: Fold, weights: np.ndarray | None, model: Any = None) -> ChannelScaler:
    """Return the scaler fitted on the training part of a fold; the identity if `model` requests it."""
    if not getattr(model, "standardize_input", True):
        return ChannelScaler.restored(mean=np.zeros(sequences.n_channels), scale=np.ones(sequences.n_channels))
    return ChannelScaler(weights=weights).fit(sequences[fold.train])


def parted(material: Material, fold: Fold, model: Any = None) -> Sequences:
    """Return the sequences of a fold, training part first, scaled on the training part, with their split."""
    train, test = scaled(material.sequences, fold, material.weights, model)
    return _joined(material, fold, train, test)


def _joined(material: Material, fold: Fold, train: Sequences, test: Sequences) -> Sequences:
    which = np.concatenate([fold.train, fold.test])
    return replace(
        material.sequences[which], signals=[*train.signals, *test.signals],
        split=np.repeat(["train", "test"], [len(train), len(test)]),
        questions=() if material.loop else about(material.questions, which),
    )  # fmt: skip


def driven(
    model: Reservoir, sequences: Sequences, at: list[np.ndarray] | None = None
) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
    """Yield sequences and their states (at the time steps `at`, or all) in batches of limited memory."""
    rows = max(1, _BATCH_BYTES // (8 * model.n_units_))
    batch_of = np.cumsum(sequences.lengths) // rows
    starts = np.flatnonzero(np.diff(batch_of, prepend=-1))
    for first, last in zip(starts, [*starts[1:], len(sequences)], strict=True):
        signals = sequences.signals[first:last]
        yield (
            np.arange(first, last),
            model.transform(signals) if at is None else model.states_at(signals, at[first:last]),
        )


def _read(model: Reservoir, sequences: Sequences, pool: Pool | None, questions: list[Question]) -> list[np.ndarray]:
    """Return the states that each question uses; other states are not computed if the model supports it."""
    at, asked = narrowed(questions) or (None, questions)
    return tables(driven(model, sequences, at), pool, asked)


class Kept(NamedTuple):
    """Where to record the inputs and states of an evaluation, and the description that the recording stores."""

    path: Path
    preparation: dict[str, Any]


def _read_and_record(
    model: Reservoir, sequences: Sequences, kept: Kept, parts: list[Tables]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Record all sequences and return the states that each question uses in the training and the test part."""
    lengths, n_train = sequences.lengths, int(np.sum(sequences.split == "train"))
    chunks: list[np.ndarray] = []

    def collect(number: int, states: np.ndarray) -> None:
        chunks.append(states)
        if sum(map(len, chunks)) == lengths[number]:
            part, first = (parts[0], 0) if number < n_train else (parts[1], n_train)
            part.add([number - first], [np.concatenate(chunks) if len(chunks) > 1 else chunks[0]])
            chunks.clear()

    record(
        model, sequences, kept.path, preparation=kept.preparation, overwrite=True, progress=False, watch=collect
    ).close()
    return parts[0].found(), parts[1].found()


def evaluate(
    model: Reservoir, pool: Pool | None, material: Material, fold: Fold, nested: list[Part] | None = None,
    seed: int = 0, kept: Kept | None = None,
) -> Outcome:  # fmt: skip
    """Run `model` on one fold; the test part is used only for the prediction.

    With `kept`, the inputs and states are also recorded while they are computed.

    The readout of the first question is also trained on the `nested` parts, which is not timed. The state
    noise of the task is drawn from `seed`; models with their own noise are not changed.
    """
    reset_peak_memory()
    clock = Clock()
    train, test = scaled(material.sequences, fold, material.weights, model)
    model.fit(train)
    learned, tested = material.parts(fold)
    if kept is None:
        x_train, x_test = _read(model, train, pool, learned), _read(model, test, pool, tested)
    else:
        every = _joined(material, fold, train, test)
        x_train, x_test = _read_and_record(model, every, kept, [Tables(pool, learned), Tables(pool, tested)])
    noise = 0.0 if model.get_params(deep=False).get("noise") else material.noise
    x_train, x_test = disturbed(x_train, x_test, noise, seed)
    clock.lap("states")
    answers = read(learned, x_train, x_test, fold.validation, lap=clock.lap)
    n_trained, peak = sum(r.coef_.size + r.intercept_.size for r, _ in answers), peak_memory_mb()
    return Outcome(
        {q.name: predicted for q, (_, predicted) in zip(learned, answers, strict=True)},
        {q.name: r.penalty_ for q, (r, _) in zip(learned, answers, strict=True)}, model.n_units_,
        x_train[0].shape[1], n_trained, clock.laps, peak,
        {"per_step": model.operations(), "readout": {"multiply_adds": n_trained}},
        _with_fewer(learned[0], x_train[0], fold, x_test[0], nested or []),
    )  # fmt: skip


def _with_fewer(question: Question, x: np.ndarray, fold: Fold, tested: np.ndarray, nested: list[Part]) -> Any:
    """Return the answers of a readout trained on each part of the training sequences."""
    owner = np.repeat(np.arange(len(fold.train)), question.counts)
    return {
        share: fitted(question.of(part), x[np.isin(owner, part)], fold.validation[part]).predict(tested)
        for share, part in nested
    }


def evaluate_baseline(model: Any, material: Material, fold: Fold) -> Outcome:
    """Train and run a baseline on one fold, once for all questions with the same time steps and answers.

    Time steps without an answer are masked.
    """
    reset_peak_memory()
    clock = Clock()
    train, test = scaled(material.sequences, fold, material.weights)
    clock.lap("states")
    answers: dict[str, np.ndarray] = {}
    n_trained, done = 0, list[Question]()
    for learned, tested in zip(*material.parts(fold), strict=True):
        if same := next((q for q in done if _same_task(q, learned)), None):  # a question that differs in pooling only
            answers[learned.name] = answers[same.name]
            continue
        done.append(learned)
        model = clone(model)
        if learned.rows is None or tested.rows is None:
            model.fit(train.signals, np.concatenate(learned.answers), fold.validation)
            clock.lap("train")
            answers[learned.name] = model.predict(test.signals)
        else:
            model.fit(train.signals, _masked(train, learned, learned.rows), fold.validation)
            clock.lap("train")
            found = model.predict(test.signals)
            answers[learned.name] = np.concatenate(
                [np.ravel(given)[rows] for given, rows in zip(found, tested.rows, strict=True)]
            )
        clock.lap("predict")
        n_trained += model.n_parameters_
    return Outcome(
        answers, {}, model.n_units_, model.n_features_, n_trained, clock.laps, peak_memory_mb(),
        {"per_step": model.operations()},
    )  # fmt: skip


def _same_task(one: Question, other: Question) -> bool:
    """Return whether two questions have the same time steps and answers."""
    answers = all(map(np.array_equal, one.answers, other.answers))
    return one.rows is other.rows and one.score == other.score and answers


def _masked(sequences: Sequences, question: Question, rows: list[np.ndarray]) -> list[np.ndarray]:
    """Return one answer per time step for each sequence, masked where there is no answer."""
    found = []
    for n_steps, asked, answers in zip(sequences.lengths, rows, question.answers, strict=True):
        every = np.ma.masked_all(n_steps, np.result_type(*question.answers))
        every[asked] = answers
        found.append(every)
    return found
