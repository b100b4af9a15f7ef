"""From outcomes to the rows of ``summary.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from reservoir import Sequences
from reservoir.provenance import config, environment
from scenarios.classify import Outcome
from scenarios.folds import Fold
from scenarios.jobs import Entry, Job
from scenarios.statistics import Bootstrap


def rows_of(
    outcomes: dict[Job, Outcome], entries: list[Entry], sequences: Sequences, folds: list[Fold], seeds: list[int]
) -> list[dict[str, Any]]:
    """Return a row for each entry; that of a control says what its reservoir gains over it."""
    order = np.concatenate([f.test for f in folds])
    bootstrap = Bootstrap(np.repeat(np.arange(len(folds)), [len(f.test) for f in folds]), len(seeds))
    assert sequences.labels is not None and sequences.groups is not None
    rows, correct = [], {}
    for e, entry in enumerate(entries):
        own = entry.seeds(seeds)
        used = own if len(own) == len(seeds) else own * len(seeds)  # without chance every seed gives the same
        runs = [[outcomes[e, s, f] for f in range(len(folds))] for s in used]
        hits = np.array([np.concatenate([o.predicted for o in r]) == sequences.labels[order] for r in runs], float)
        correct[entry.of, entry.name] = hits
        rows.append(_row(entry, runs, hits, bootstrap, sequences.groups[order], folds, seeds))
    for entry, row in zip(entries, rows, strict=True):
        if entry.kind == "control":
            gain = correct[entry.of, entry.of] - correct[entry.of, entry.name]
            low, high = bootstrap.interval(gain)
            row["gain_of_reservoir"] = {"mean": float(bootstrap.per_seed(gain).mean()), "low": low, "high": high}
    return rows


def _row(
    entry: Entry, runs: list[list[Outcome]], hits: np.ndarray, bootstrap: Bootstrap, groups: np.ndarray,
    folds: list[Fold], seeds: list[int],
) -> dict[str, Any]:  # fmt: skip
    per_seed = bootstrap.per_seed(hits)
    low, high = bootstrap.interval(hits)
    every = [o for r in runs for o in r]
    one, by_fold = every[0], _by_fold(hits, folds)
    return {
        "model": entry.name,
        "kind": entry.kind,
        "of": entry.of,
        "score": {"name": "accuracy", "mean": float(per_seed.mean()), "low": low, "high": high,
                  "per_seed": per_seed.tolist()},
        "per_group": {str(g): float(hits[:, groups == g].mean()) for g in np.unique(groups)},
        "per_fold": {f.name: float(h.mean()) for f, h in zip(folds, by_fold, strict=True)},
        "n_units": one.n_units,
        "n_features": one.n_features,
        "n_trained": one.n_trained,
        "seconds": {k: float(np.mean([o.seconds[k] for o in every])) for k in one.seconds},
        "peak_memory_mb": max(o.peak_memory_mb for o in every),
        "operations": one.operations,
        "config": {**config(entry.model), "front_end": entry.front_end, "n_tried": entry.n_tried}
        | _readout(entry),
        "seed_config": [{"random_state": s if entry.seeds(seeds) == seeds else None,
                         "score": {f.name: float(h[k].mean()) for f, h in zip(folds, by_fold, strict=True)},
                         "penalty": {f.name: o.penalty for f, o in zip(folds, r, strict=True)}}
                        for k, (s, r) in enumerate(zip(seeds, runs, strict=True))],
    }  # fmt: skip


def _readout(entry: Entry) -> dict[str, Any]:
    """Return what stands behind the states; a baseline has that within."""
    if entry.pool is None:
        return {}
    return {"pool": entry.pool.get_params(), "readout": "RidgeClassifier(standardize=True)"}


def _by_fold(hits: np.ndarray, folds: list[Fold]) -> list[np.ndarray]:
    return np.split(hits, np.cumsum([len(f.test) for f in folds])[:-1], axis=1)


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
