"""From outcomes to the rows of ``summary.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from reservoir.provenance import config, environment
from scenarios.evaluate import Outcome
from scenarios.folds import Fold
from scenarios.jobs import Entry, Job, first_alike
from scenarios.statistics import Bootstrap
from scenarios.tasks.material import Material, Question


def rows_of(
    outcomes: dict[Job, Outcome], entries: list[Entry], material: Material, folds: list[Fold], seeds: list[int]
) -> list[dict[str, Any]]:
    """Return a row for each entry; that of a control says what its reservoir gains over it."""
    bootstrap = Bootstrap(np.repeat(np.arange(len(folds)), [len(f.test) for f in folds]), len(seeds))
    rows: list[dict[str, Any]] = []
    losses: dict[tuple[str, str, str], np.ndarray] = {}
    for e, entry in zip(first_alike(entries), entries, strict=True):
        own = entry.seeds(seeds)
        used = own if len(own) == len(seeds) else own * len(seeds)  # without chance every seed gives the same
        runs = [[outcomes[e, s, f] for f in range(len(folds))] for s in used]
        for q in material.questions:
            losses[entry.of, entry.name, q.name] = np.array(
                [np.concatenate([loss(q.of(f.test), o) for f, o in zip(folds, r, strict=True)]) for r in runs]
            )
        rows.append(_row(entry, runs, folds, seeds))
    order = np.concatenate([f.test for f in folds])
    groups = material.sequences.groups
    names = np.array(["all"] * len(order)) if groups is None else groups[order]
    for entry, row in zip(entries, rows, strict=True):
        of = {q.name: losses[entry.of, entry.name, q.name] for q in material.questions}
        row["questions"] = {q.name: _score(q, of[q.name], bootstrap) for q in material.questions}
        if entry.kind == "control":
            for q in material.questions:
                gain = _gain(q, losses[entry.of, entry.of, q.name], of[q.name], bootstrap)
                row["questions"][q.name]["gain_of_reservoir"] = gain
        first = material.questions[0]
        row["score"] = {k: v for k, v in row["questions"][first.name].items() if k != "gain_of_reservoir"}
        if entry.kind == "control":
            row["gain_of_reservoir"] = row["questions"][first.name]["gain_of_reservoir"]
        kind, each = SCORES[first.score], of[first.name]
        row["per_group"] = {str(g): float(kind(each[:, names == g].mean(1)).mean()) for g in np.unique(names)}
        parts = np.split(each, np.cumsum([len(f.test) for f in folds])[:-1], axis=1)
        by_fold = {f.name: kind(x.mean(1)) for f, x in zip(folds, parts, strict=True)}
        row["per_fold"] = {name: float(per_seed.mean()) for name, per_seed in by_fold.items()}
        for k, about in enumerate(row["seed_config"]):
            about["score"] = {name: float(per_seed[k]) for name, per_seed in by_fold.items()}
    return rows


def loss(question: Question, outcome: Outcome) -> np.ndarray:
    """Return what each test sequence of one fold adds to the loss: its share of errors, or its squared error.

    The squared error is in units of the variance of all answers to the test part.
    """
    predicted, answers = outcome.predicted[question.name], np.concatenate(question.answers)
    if question.score == "accuracy":
        each = (predicted != answers).astype(float)
    else:
        each = (predicted - answers) ** 2 / np.var(answers)
    return np.array([part.mean() for part in np.split(each, np.cumsum(question.counts)[:-1])])


SCORES: dict[str, Any] = {"accuracy": lambda loss: 1 - loss, "nrmse": np.sqrt}
"""From the mean loss to the score."""


def _score(question: Question, each: np.ndarray, bootstrap: Bootstrap) -> dict[str, Any]:
    kind = SCORES[question.score]
    per_seed = kind(bootstrap.per_seed(each))
    low, high = np.percentile(bootstrap.draws(each, kind), [2.5, 97.5])
    return {"name": question.score, "mean": float(per_seed.mean()), "low": float(low), "high": float(high),
            "per_seed": per_seed.tolist()}  # fmt: skip


def _gain(question: Question, own: np.ndarray, control: np.ndarray, bootstrap: Bootstrap) -> dict[str, float]:
    """Return by how much the reservoir is better, in units of the score, with its paired interval."""
    kind, sign = SCORES[question.score], 1 if question.score == "accuracy" else -1
    mean = sign * (kind(bootstrap.per_seed(own)) - kind(bootstrap.per_seed(control))).mean()
    low, high = np.percentile(sign * (bootstrap.draws(own, kind) - bootstrap.draws(control, kind)), [2.5, 97.5])
    return {"mean": float(mean), "low": float(low), "high": float(high)}


def _row(entry: Entry, runs: list[list[Outcome]], folds: list[Fold], seeds: list[int]) -> dict[str, Any]:
    """Return what a row says besides scores."""
    every = [o for r in runs for o in r]
    one = every[0]
    return {
        "model": entry.name,
        "kind": entry.kind,
        "of": entry.of,
        "n_units": one.n_units,
        "n_features": one.n_features,
        "n_trained": one.n_trained,
        "seconds": {k: float(np.mean([o.seconds[k] for o in every])) for k in one.seconds},
        "peak_memory_mb": max(o.peak_memory_mb for o in every),
        "operations": one.operations,
        "config": {**config(entry.model), "front_end": entry.front_end, "n_tried": entry.n_tried}
        | _readout(entry),
        "seed_config": [{"random_state": s if entry.seeds(seeds) == seeds else None,
                         "penalty": {f.name: o.penalty for f, o in zip(folds, r, strict=True)}}
                        for s, r in zip(seeds, runs, strict=True)],
    }  # fmt: skip


def _readout(entry: Entry) -> dict[str, Any]:
    """Return what stands behind the states; a baseline has that within."""
    if entry.kind == "baseline":
        return {}
    pool = {} if entry.pool is None else {"pool": entry.pool.get_params()}
    return pool | {"readout": "ridge, standardize=True"}


def summary(
    task: str, corpus: str, split: str, folds: tuple[int, int], seeds: list[int], rows: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return what ``summary.json`` holds."""
    return {
        "task": task,
        "corpus": corpus,
        "split": split,
        "folds": {"used": folds[0], "of": folds[1]},
        "seeds": seeds,
        "rows": rows,
        "environment": environment(),
    }


def save(found: dict[str, Any], folder: Path) -> Path:
    """Write ``summary.json`` in one stroke: it is whole or not there."""
    path = folder / "summary.json"
    fresh = path.with_suffix(".json.new")
    fresh.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n")
    fresh.replace(path)
    return path
