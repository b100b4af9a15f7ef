"""From outcomes to the rows of ``summary.json``."""

from __future__ import annotations

import json
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from reservoir import checks
from reservoir.provenance import config, environment, git_commit
from scenarios import scoring
from scenarios.evaluate import Outcome
from scenarios.folds import Fold
from scenarios.jobs import Entry, Job, first_alike
from scenarios.statistics import Bootstrap
from scenarios.tasks.material import Material

_BESIDES = ("gain_of_reservoir", "confusion")


def rows_of(
    outcomes: dict[Job, Outcome], entries: list[Entry], material: Material, folds: list[Fold], seeds: list[int]
) -> list[dict[str, Any]]:
    """Return a row for each entry; that of a control says what its reservoir gains over it."""
    bootstrap = Bootstrap(np.repeat(np.arange(len(folds)), [len(f.test) for f in folds]), len(seeds))
    rows: list[dict[str, Any]] = []
    losses: dict[tuple[str, str, str], np.ndarray] = {}
    asked = {q.name: [q.of(f.test) for f in folds] for q in material.questions}
    details: list[dict[str, Any]] = []
    for e, entry in zip(first_alike(entries), entries, strict=True):
        own = entry.seeds(seeds)
        used = own if len(own) == len(seeds) else own * len(seeds)  # without chance every seed gives the same
        runs = [[outcomes[e, s, f] for f in range(len(folds))] for s in used]
        rows.append(_row(entry, runs, folds, seeds))
        details.append({})
        for q in material.questions:
            said = [[o.predicted[q.name] for o in r] for r in runs]
            losses[entry.of, entry.name, q.name] = np.array([scoring.losses(asked[q.name], r) for r in said])
            details[-1][q.name] = scoring.confusion(q, asked[q.name], said)
        if entry.kind != "baseline":
            first = material.questions[0]
            rows[-1]["learning_curve"] = scoring.learning(
                first, asked[first.name], [o.fewer for o in runs[0]], losses[entry.of, entry.name, first.name][0],
                folds, bootstrap,
            )  # fmt: skip
    order = np.concatenate([f.test for f in folds])
    groups = material.sequences.groups
    names = np.array(["all"] * len(order)) if groups is None else groups[order]
    for entry, row, confusions in zip(entries, rows, details, strict=True):
        of = {q.name: losses[entry.of, entry.name, q.name] for q in material.questions}
        row["questions"] = {q.name: scoring.score(q, of[q.name], bootstrap) for q in material.questions}
        for name, counted in confusions.items():
            if counted is not None:
                row["questions"][name]["confusion"] = counted
        if entry.kind == "control":
            for q in material.questions:
                gain = scoring.gain(q, losses[entry.of, entry.of, q.name], of[q.name], bootstrap)
                row["questions"][q.name]["gain_of_reservoir"] = gain
        first = material.questions[0]
        row["score"] = {k: v for k, v in row["questions"][first.name].items() if k not in _BESIDES}
        if entry.kind == "control":
            row["gain_of_reservoir"] = row["questions"][first.name]["gain_of_reservoir"]
        kind, each = scoring.SCORES[first.score], of[first.name]
        row["per_group"] = {str(g): float(kind(each[:, names == g].mean(1)).mean()) for g in np.unique(names)}
        parts = np.split(each, np.cumsum([len(f.test) for f in folds])[:-1], axis=1)
        by_fold = {f.name: kind(x.mean(1)) for f, x in zip(folds, parts, strict=True)}
        row["per_fold"] = {name: float(per_seed.mean()) for name, per_seed in by_fold.items()}
        for k, about in enumerate(row["seed_config"]):
            about["score"] = {name: float(per_seed[k]) for name, per_seed in by_fold.items()}
    return rows


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
    commit, changed = git_commit()
    return {
        "task": task,
        "corpus": corpus,
        "split": split,
        "folds": {"used": folds[0], "of": folds[1]},
        "seeds": seeds,
        "rows": rows,
        "environment": environment(),
        "git": {"commit": commit, "changed": changed},
        "made": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "command": shlex.join(sys.argv),
    }


def save(found: dict[str, Any], folder: Path) -> Path:
    """Write ``summary.json`` in one stroke: it is whole or not there."""
    return write(folder / "summary.json", json.dumps(found, indent=1, allow_nan=False) + "\n")


def write(path: Path, text: str) -> Path:
    """Write a text in one stroke: the file is whole, or as it was.

    Raises
    ------
    InputError
        A full disk, or no right to write there.
    """
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise checks.InputError(
            f"writing {path} failed ({error.strerror or error}); make room and repeat the call"
        ) from error
    return path


def recording_path(folder: Path, model: str) -> Path:
    """Return where in the folder of its results a comparison keeps the recording of `model`."""
    return folder / f"{model.replace(':', '.')}.h5"
