"""From outcomes to the rows of ``summary.json``."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from millpond.evaluation import scoring
from millpond.evaluation.evaluate import Outcome
from millpond.evaluation.folds import Fold
from millpond.evaluation.statistics import Design
from millpond.evaluation.task_data import Material
from millpond.execution.jobs import Entry, Job, first_alike
from millpond.reservoir import Question, checks
from millpond.reservoir.files import replace
from millpond.reservoir.printable import printable
from millpond.reservoir.provenance import config, environment, git_commit, typed
from millpond.scenarios.speech.shown import FILE as WORD


def results(
    outcomes: dict[Job, Outcome], entries: list[Entry], material: Material, folds: list[Fold], seeds: list[int]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return one row for each entry, and the differences between all reservoirs and baselines.

    The row of a control includes the difference to its reservoir.
    """
    design = material.design(folds)
    first, groups = material.questions[0], material.sequences.groups
    asked = {q.name: [q.of(f.test) for f in folds] for q in material.questions}
    order = np.concatenate([f.test for f in folds])
    names = np.array(["all"] * len(order)) if groups is None else groups[order]
    rows: list[dict[str, Any]] = []
    losses: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    for e, entry in zip(first_alike(entries), entries, strict=True):
        own = entry.seeds(seeds)
        used = own if len(own) == len(seeds) else own * len(seeds)  # without randomness all seeds give the same result
        runs = [[outcomes[e, s, f] for f in range(len(folds))] for s in used]
        said = {q.name: [[o.predicted[q.name] for o in r] for r in runs] for q in material.questions}
        of = {name: np.array([scoring.losses(asked[name], r) for r in answers]) for name, answers in said.items()}
        losses[entry.of, entry.name] = of
        row = _row(entry, runs, folds, seeds) | {"questions": {}}
        for q in material.questions:
            found = scoring.score(q, of[q.name], design)
            more = {"confusion": scoring.confusion(q, asked[q.name], said[q.name])}
            if entry.kind == "control":  # a control follows its reservoir
                more["gain_of_reservoir"] = scoring.gain(q, losses[entry.of, entry.of][q.name], of[q.name], design)
            row["questions"][q.name] = found | {name: value for name, value in more.items() if value is not None}
            if q is first:
                row |= {"score": found} | {name: more[name] for name in more if name == "gain_of_reservoir"}
        if entry.kind != "baseline":
            row["learning_curve"] = scoring.learning(
                first, asked[first.name], [o.fewer for o in runs[0]], of[first.name][0], folds, design
            )
        kind, each = scoring.SCORES[first.score], of[first.name]
        row["per_group"] = {str(g): float(kind(each[:, names == g].mean(1)).mean()) for g in np.unique(names)}
        row["n_per_group"] = {str(g): int((names == g).sum()) for g in np.unique(names)}
        parts = np.split(each, np.cumsum([len(f.test) for f in folds])[:-1], axis=1)
        by_fold = {f.name: kind(x.mean(1)) for f, x in zip(folds, parts, strict=True)}
        row["per_fold"] = {name: float(per_seed.mean()) for name, per_seed in by_fold.items()}
        for k, about in enumerate(row["seed_config"]):
            about["score"] = {name: float(per_seed[k]) for name, per_seed in by_fold.items()}
        rows.append(row)
    main = {entry.name: losses[entry.of, entry.name] for entry in entries if entry.kind != "control"}
    return rows, _pairs(main, material.questions, design)


def _pairs(
    losses: dict[str, dict[str, np.ndarray]], questions: tuple[Question, ...], design: Design
) -> list[dict[str, Any]]:
    """Return the difference of every pair of models for the first question, and in ``questions`` for each."""
    each = {q.name: scoring.pairs(q, {m: own[q.name] for m, own in losses.items()}, design) for q in questions}
    first = each[questions[0].name]
    return [
        pair | {"questions": {name: found[k]["difference"] for name, found in each.items()}}
        for k, pair in enumerate(first)
    ]


def _row(entry: Entry, runs: list[list[Outcome]], folds: list[Fold], seeds: list[int]) -> dict[str, Any]:
    """Return the fields of a row other than scores."""
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
        "config": {**config(entry.model), "front_end": entry.front_end, "n_tried": entry.n_tried,
                   "n_tried_on_test": entry.n_tried_on_test} | _readout(entry),
        "seed_config": [{"random_state": s if entry.seeds(seeds) == seeds else None,
                         "penalty": {f.name: o.penalty for f, o in zip(folds, r, strict=True)}}
                        for s, r in zip(seeds, runs, strict=True)],
    }  # fmt: skip


def _readout(entry: Entry) -> dict[str, Any]:
    """Return the pooling and readout of an entry; a baseline includes them."""
    if entry.kind == "baseline":
        return {}
    pool = {} if entry.pool is None else {"pool": entry.pool.get_params()}
    return pool | {"readout": "ridge, standardize=True"}


def summary(
    task: str, corpus: str, split: str, folds: tuple[int, int], seeds: list[int], rows: list[dict[str, Any]],
    pairs: list[dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """Return the contents of ``summary.json``."""
    commit, changed = git_commit()
    return {
        "task": task,
        "corpus": corpus,
        "split": split,
        "folds": {"used": folds[0], "of": folds[1]},
        "seeds": seeds,
        "rows": rows,
        "pairs": pairs,
        "environment": environment(),
        "git": {"commit": commit, "changed": changed},
        "made": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "command": typed(sys.argv),
    }


def save(found: dict[str, Any], folder: Path) -> Path:
    """Write ``summary.json`` atomically."""
    return write(folder / "summary.json", json.dumps(found, indent=1, allow_nan=False) + "\n")


def write(path: Path, text: str) -> Path:
    """Write a text file as `millpond.reservoir.files.replace` does."""
    return replace(path, text.encode())


def recorded(folder: Path) -> list[str]:
    """Return the reservoirs in the ``summary.json`` of a folder that have a recording in the folder."""
    try:
        rows = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["rows"]
        names = [str(row["model"]) for row in rows if row["kind"] == "reservoir"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return []
    return [name for name in names if is_recorded(folder, name)]


def is_recorded(folder: Path, model: str) -> bool:
    """Return whether the folder of results contains the recording of `model`."""
    try:
        return recording_path(folder, model).is_file()
    except (ValueError, OSError):  # the name contains a path or is too long
        return False


def forget(folder: Path) -> None:
    """Remove the result files of an earlier comparison from `folder`, and nothing else."""
    if (folder / "summary.json").is_file():
        for path in (folder / WORD, *(recording_path(folder, name) for name in recorded(folder))):
            path.unlink(missing_ok=True)
    for name in ("summary.json", "report.html"):
        (folder / name).unlink(missing_ok=True)


def recording_path(folder: Path, model: str) -> Path:
    """Return the path of the recording of `model` in the folder of results.

    Raises
    ------
    InputError
        The name, which may come from a file, leads to another folder.
    """
    name = f"{model.replace(':', '.')}.h5"
    if Path(name).name != name or printable(name) != name:
        raise checks.InputError(
            f"the model has the name {model!r:.60}, which is not a valid file name in {folder}; rename it"
        )
    return folder / name
