"""A readout from a recording alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from readout import Logistic, Pool, Ridge, RidgeClassifier
from reservoir import Recording, checks

READOUTS = ("ridge", "logistic")


def train(path: str | Path, readout: str = "ridge") -> dict[str, Any]:
    """Fit a readout on the training part of a recording and score it on the rest.

    Labels: pooled in five segments and classified. Targets: fitted at each step by ridge regression.

    Returns
    -------
    dict
        ``score`` (name and value, of the test part; of the training part where there is no other),
        ``penalty``, ``n_train``, ``n_test``.
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
        if recording.labels is not None:
            name, value, model = _classify(fitted_on, scored_on, readout)
        elif recording.targets is not None:
            name, value, model = _regress(fitted_on, scored_on, readout)
        else:
            raise checks.InputError(
                f"{path} holds neither labels nor targets to train on; record sequences that have them"
            )
        return {
            "score": {"name": name, "value": value, "part": "test" if has_parts else "training (no other part)"},
            "penalty": model.penalty_, "n_train": len(fitted_on), "n_test": len(scored_on) if has_parts else 0,
        }  # fmt: skip


def _classify(fitted_on: Recording, scored_on: Recording, readout: str) -> tuple[str, float, Any]:
    pool = Pool()
    kind = RidgeClassifier if readout == "ridge" else Logistic
    model = kind(penalty=None, standardize=True)
    groups = fitted_on.groups if fitted_on.groups is not None and len(set(fitted_on.groups)) > 1 else None
    model.fit(pool.fit_transform(fitted_on), fitted_on.labels, groups=groups)
    return "accuracy", float(model.score(pool.transform(scored_on), scored_on.labels)), model


def _regress(fitted_on: Recording, scored_on: Recording, readout: str) -> tuple[str, float, Any]:
    if readout != "ridge":
        raise checks.InputError(
            "the recording has targets, not labels, and logistic regression needs labels; use ridge"
        )
    model = Ridge(standardize=True).fit(fitted_on, fitted_on.targets)
    assert scored_on.targets is not None
    error = np.concatenate([p - t for p, t in zip(model.predict(scored_on), scored_on.targets, strict=True)])
    spread = np.concatenate(list(scored_on.targets)).var(0)
    return "nrmse", float(np.sqrt((error**2).mean(0) / spread).mean()), model
