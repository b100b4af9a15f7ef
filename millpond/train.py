"""Training a readout from a recording."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from millpond.evaluation.fitting import READOUTS, disturbed, prepared, read, tables
from millpond.evaluation.scoring import SCORES, loss
from millpond.readout import Ridge
from millpond.recording import Recording
from millpond.reservoir import Question, checks


def train(path: str | Path, readout: str = "ridge") -> dict[str, Any]:
    """Fit a readout for each question of a recording on its training part and score it on the test part.

    With ridge, the procedure is that of a comparison for one fold, with the same penalties, pooling and noise. If a
    file has no questions, the readout predicts the labels from five pooled segments, or the targets at each time step.

    Returns
    -------
    dict
        ``score`` (name and value on the test part, or on the training part if there is no test part), ``penalty`` and
        ``controls`` (the score of the same readout trained on the recorded inputs, "input") of the first question, all
        of them in ``questions``, and ``n_train``, ``n_test``.
    """
    checks.option("readout", readout, READOUTS)
    with Recording.open(path) as recording:
        if not recording.complete:
            raise checks.InputError(
                f"{path} holds {recording.recorded.sum()} of {len(recording)} sequences; "
                "repeat the command that records it to resume"
            )
        has_parts = recording.split is not None and {"train", "test"} <= set(recording.split)
        fitted_on, scored_on = (recording.part(p) for p in ("train", "test")) if has_parts else (recording, recording)
        try:
            found = _trained(fitted_on, scored_on, readout)
        except checks.InputError:
            raise
        except (ValueError, np.linalg.LinAlgError) as error:  # a file may contain any numbers
            raise checks.InputError(
                f"{path} contains values that no readout can use ({error}); 'millpond verify' checks it for damage"
            ) from error
        part = "test" if has_parts else "training"
        questions = {
            name: {"score": {**score, "part": part}, "penalty": p, "controls": {"input": {**control, "part": part}}}
            for name, (score, p, control) in found.items()
        }
        return next(iter(questions.values())) | {
            "questions": questions, "n_train": len(fitted_on), "n_test": len(scored_on) if has_parts else 0,
        }  # fmt: skip


_Found = tuple[dict[str, Any], float, dict[str, Any]]
"""Score and penalty of a readout on the states, and the score of a readout on the inputs."""


def _trained(fitted_on: Recording, scored_on: Recording, readout: str) -> dict[str, _Found]:
    if fitted_on.questions or fitted_on.labels is not None:
        return _answered(fitted_on, scored_on, readout)
    if fitted_on.targets is not None:
        return {"target": _followed(fitted_on, scored_on, readout)}
    raise checks.InputError(
        f"{fitted_on.path} holds neither questions nor labels nor targets to train on; record sequences that have them"
    )


def _answered(fitted_on: Recording, scored_on: Recording, readout: str) -> dict[str, _Found]:
    """Return the result of each question."""
    pool, groups, noise = prepared(fitted_on)
    learned, tested = _questions(fitted_on), _questions(scored_on)
    params = fitted_on.provenance["config"]["params"]
    noise, seed = 0.0 if params.get("noise") else noise, params.get("random_state")
    seed = seed if isinstance(seed, int) and seed >= 0 else 0
    scores: list[list[tuple[dict[str, Any], float]]] = []
    for batches in (Recording.batches, _inputs):
        x_train, x_test = disturbed(
            tables(batches(fitted_on), pool, learned), tables(batches(scored_on), pool, tested), noise, seed
        )
        scores.append([])
        for asked, (model, said) in zip(tested, read(learned, x_train, x_test, groups, readout), strict=True):
            value = SCORES[asked.score](loss(asked, said).mean())
            scores[-1].append(({"name": asked.score, "value": float(value)}, model.penalty_))
    return {q.name: (*own, control[0]) for q, own, control in zip(learned, *scores, strict=True)}


def _inputs(recording: Recording) -> Iterator[tuple[np.ndarray, list[np.ndarray]]]:
    """Yield sequences and their inputs in the format of `Recording.batches`."""
    for i in range(len(recording)):
        yield np.array([i]), [recording.inputs[i].astype(np.float64)]


def _questions(recording: Recording) -> list[Question]:
    if recording.questions:
        return list(recording.questions)
    assert recording.labels is not None
    return [Question("label", list(recording.labels[:, None]))]


def _followed(fitted_on: Recording, scored_on: Recording, readout: str) -> _Found:
    if readout != "ridge":
        raise checks.InputError(
            "the recording has targets, not labels, and logistic regression needs labels; use ridge"
        )
    assert scored_on.targets is not None
    spread = np.concatenate(list(scored_on.targets)).var(0)
    found = []
    for name in ("states", "inputs"):
        model = Ridge(standardize=True).fit(getattr(fitted_on, name), list(fitted_on.targets or ()))
        said = model.predict(getattr(scored_on, name))
        error = np.concatenate([p - t for p, t in zip(said, scored_on.targets, strict=True)])
        found.append(({"name": "nrmse", "value": float(np.sqrt((error**2).mean(0) / spread).mean())}, model.penalty_))
    return *found[0], found[1][0]
