"""A readout from a recording alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from readout import Ridge
from reservoir import Question, Recording, checks
from scenarios.reading import READOUTS, disturbed, fitted, prepared, tables
from scenarios.scoring import SCORES, loss


def train(path: str | Path, readout: str = "ridge") -> dict[str, Any]:
    """Fit a readout for each question of a recording on its training part, and score it on the rest.

    With ridge that is what a comparison does with the states of one fold, the same penalties, pooling and noise. A file
    without questions is asked for its labels, pooled in five segments, or else for its targets at each step.

    Returns
    -------
    dict
        ``score`` (name and value, of the test part; of the training part where there is no other) and ``penalty`` of
        the first question, all of them in ``questions``, and ``n_train``, ``n_test``.
    """
    checks.option("readout", readout, READOUTS)
    with Recording.open(path) as recording:
        if not recording.complete:
            raise checks.InputError(
                f"{path} holds {recording.recorded.sum()} of {len(recording)} sequences; "
                "repeat the command that records it, and it goes on"
            )
        has_parts = recording.split is not None and {"train", "test"} <= set(recording.split)
        fitted_on, scored_on = (recording.part(p) for p in ("train", "test")) if has_parts else (recording, recording)
        try:
            found = _trained(fitted_on, scored_on, readout)
        except checks.InputError:
            raise
        except (ValueError, np.linalg.LinAlgError) as error:  # a file may hold any numbers
            raise checks.InputError(
                f"{path} holds numbers that no readout trains on ({error}); 'millpond verify' tells if it is damaged"
            ) from error
        part = "test" if has_parts else "training"
        questions = {name: {"score": {**score, "part": part}, "penalty": p} for name, (score, p) in found.items()}
        return next(iter(questions.values())) | {
            "questions": questions, "n_train": len(fitted_on), "n_test": len(scored_on) if has_parts else 0,
        }  # fmt: skip


_Found = tuple[dict[str, Any], float]


def _trained(fitted_on: Recording, scored_on: Recording, readout: str) -> dict[str, _Found]:
    if fitted_on.questions or fitted_on.labels is not None:
        return _answered(fitted_on, scored_on, readout)
    if fitted_on.targets is not None:
        return {"target": _followed(fitted_on, scored_on, readout)}
    raise checks.InputError(
        f"{fitted_on.path} holds neither questions nor labels nor targets to train on; record sequences that have them"
    )


def _answered(fitted_on: Recording, scored_on: Recording, readout: str) -> dict[str, _Found]:
    """Return for each question the score and the penalty."""
    pool, groups, noise = prepared(fitted_on)
    learned, tested = _questions(fitted_on), _questions(scored_on)
    params = fitted_on.provenance["config"]["params"]
    noise, seed = 0.0 if params.get("noise") else noise, params.get("random_state")
    x_train, x_test = disturbed(
        tables(fitted_on.batches(), pool, learned), tables(scored_on.batches(), pool, tested),
        noise, seed if isinstance(seed, int) and seed >= 0 else 0,
    )  # fmt: skip
    found: dict[str, _Found] = {}
    for q, asked, x, seen in zip(learned, tested, x_train, x_test, strict=True):
        model = fitted(q, x, groups, readout)
        value = SCORES[q.score](loss(asked, model.predict(seen)).mean())
        found[q.name] = {"name": q.score, "value": float(value)}, model.penalty_
    return found


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
    model = Ridge(standardize=True).fit(fitted_on, fitted_on.targets)
    assert scored_on.targets is not None
    error = np.concatenate([p - t for p, t in zip(model.predict(scored_on), scored_on.targets, strict=True)])
    spread = np.concatenate(list(scored_on.targets)).var(0)
    return {"name": "nrmse", "value": float(np.sqrt((error**2).mean(0) / spread).mean())}, model.penalty_
