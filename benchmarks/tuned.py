"""What `millpond tune` found for series, and what is shipped, on streams and seeds that no search has had.

    millpond tune narma10 --model esn --trials 64
    python -m benchmarks.tuned runs/tune-narma10-generated-streams

Three rows for each model in ``tuning.json``: as set for all series, chosen in each fold, shipped for the task; score,
gain over what was set, and over what was chosen, with 95 % intervals. Each is trained and tested on two draws of
twelve streams, every stream tested once, with three seeds.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.jobs import outcomes, with_controls
from scenarios.scoring import gain, losses, score
from scenarios.statistics import Bootstrap
from scenarios.tasks import series_recipes, task_of
from scenarios.tuning.spaces import set_to

CORPORA = ("generated-1", "generated-2")
SEEDS = [100, 101, 102]


def measured(task: str, model: str, chosen: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return for each of the three the score, and over what was set for all series the gain, with intervals.

    `chosen` are the values of each search; the folds take them in turn.
    """
    module = task_of(task)
    as_set, shipped = (series_recipes.recipe(model, "raw", own) for own in ({}, module.own))
    drawn = {name: module.load(name) for name in CORPORA}
    given = {name: module.represent(raw, "raw") for name, raw in drawn.items()}
    folds = module.folds(drawn[CORPORA[0]], "streams")  # the same for every draw: streams are dealt out by number
    of_folds = {
        "as set": [as_set.model] * len(folds),
        "chosen": [set_to(as_set.model, chosen[f % len(chosen)]) for f in range(len(folds))],
        "shipped": [shipped.model] * len(folds),
    }
    parts = [(name, f) for name in CORPORA for f in range(len(folds))]
    keys = [(kind, name, f) for kind in of_folds for name, f in parts]
    plain = with_controls(model, as_set, {})[0]
    entries = [replace(plain, model=of_folds[kind][f], front_end=name) for kind, name, f in keys]
    jobs = [(e, seed, f) for e, (_, _, f) in enumerate(keys) for seed in SEEDS]
    done = {(keys[e], seed): found for (e, seed, _), found in outcomes(jobs, entries, given, folds, {}, 1)}
    question = given[CORPORA[0]].questions[0]
    asked = [given[name].questions[0].of(folds[f].test) for name, f in parts]
    each = {
        kind: np.array([
            losses(asked, [done[(kind, *part), s].predicted[question.name] for part in parts]) for s in SEEDS
        ])
        for kind in of_folds
    }  # fmt: skip
    bootstrap = Bootstrap(np.repeat(np.arange(len(parts)), [len(folds[f].test) for _, f in parts]), len(SEEDS))
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
            chosen = [about["chosen"] for about in row["per_fold"].values()]
            for kind, found in measured(told["task"], row["model"], chosen).items():
                parts = (found["score"], found["gain"], found["over chosen"])
                shown = ("{mean:6.3f} [{low:.3f}, {high:.3f}]".format(**part) for part in parts)
                print(told["task"], row["model"], f"{kind:8}", *shown, sep="  ", flush=True)


if __name__ == "__main__":
    main()
