"""What `millpond tune` found for series, and what is shipped, on streams and seeds that no search has had.

    millpond tune narma10 --model esn --trials 64
    python -m benchmarks.tuned runs/tune-narma10-generated-streams

Three rows for each model in ``tuning.json``: as set for all series, chosen in each fold, shipped for the task; score,
gain over what was set, and over what was chosen, with 95 % intervals. Each is trained and tested on twelve other
streams, every stream tested once, with five seeds.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from reservoir.provenance import config
from scenarios.jobs import outcomes, with_controls
from scenarios.scoring import gain, losses, score
from scenarios.statistics import Bootstrap
from scenarios.tasks import series_recipes, task_of
from scenarios.tuning.spaces import set_to

CORPUS = "generated-1"
SEEDS = [100, 101, 102, 103, 104]


def measured(task: str, model: str, chosen: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return for each of the three the score, and the gain over the others, with intervals.

    `chosen` are the values of each search; the folds take them in turn.
    """
    module = task_of(task)
    as_set, shipped = (series_recipes.recipe(model, "raw", own) for own in ({}, module.own))
    raw = module.load(CORPUS)
    material, folds = module.represent(raw, "raw"), module.folds(raw, "streams")
    models = {
        "as set": [as_set.model] * len(folds),
        "chosen": [set_to(as_set.model, chosen[f % len(chosen)]) for f in range(len(folds))],
        "shipped": [shipped.model] * len(folds),
    }
    keys = [(kind, f) for kind in models for f in range(len(folds))]
    plain = with_controls(model, as_set, {})[0]
    entries = [replace(plain, model=models[kind][f]) for kind, f in keys]
    jobs = [(e, seed, f) for e, (_, f) in enumerate(keys) for seed in SEEDS]
    done = {(*keys[e], seed): found for (e, seed, _), found in outcomes(jobs, entries, {"raw": material}, folds, {}, 1)}
    question = material.questions[0]
    asked = [question.of(fold.test) for fold in folds]
    each = {
        kind: np.array([
            losses(asked, [done[kind, f, s].predicted[question.name] for f in range(len(folds))]) for s in SEEDS
        ])
        for kind in models
    }  # fmt: skip
    bootstrap = Bootstrap(np.repeat(np.arange(len(folds)), [len(fold.test) for fold in folds]), len(SEEDS))
    return {
        kind: {"score": score(question, own, bootstrap), "gain": gain(question, own, each["as set"], bootstrap),
               "over chosen": gain(question, own, each["chosen"], bootstrap)}
        for kind, own in each.items()
    }  # fmt: skip


def main() -> None:
    """Print the rows of each folder named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tuned", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, help="folders of searches")
    for folder in parser.parse_args().folders:
        told = json.loads((folder / "tuning.json").read_text())
        for row in told["rows"]:
            if row["config"] != config(series_recipes.recipe(row["model"], "raw", {}).model):
                parser.error(f"the search in {folder} did not start from the setting of {row['model']} for all series")
            chosen = [about["chosen"] for about in row["per_fold"].values()]
            for kind, found in measured(told["task"], row["model"], chosen).items():
                parts = (found["score"], found["gain"], found["over chosen"])
                shown = ("{mean:z6.3f} [{low:z.3f}, {high:z.3f}]".format(**part) for part in parts)
                print(told["task"], row["model"], f"{kind:8}", *shown, sep="  ", flush=True)


if __name__ == "__main__":
    main()
