"""What `millpond tune` found, and what is shipped, on sequences and seeds that no search has had.

    millpond tune narma10 --model esn --trials 64
    millpond tune spoken-xor --model water --corpus fsdd --data FOLDER --trials 24 --folds 2
    python -m benchmarks.tuned runs/tune-narma10-generated-streams runs/tune-spoken-xor-fsdd-speaker

Three rows for each model in ``tuning.json``: as set when the search began, chosen in each fold, shipped now; score,
gain over what was set, and over what was chosen, with 95 % intervals. Each is trained and tested on another corpus:
twelve other streams, or the voices of the synthetic corpus for speech; every stream or group of voices is tested once.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from millpond.evaluation.recipe import Recipe
from millpond.evaluation.scoring import gain, losses, score
from millpond.execution.jobs import outcomes, with_controls
from millpond.rebuild import rebuilt
from millpond.reservoir.provenance import config
from millpond.scenarios.tasks import task_of
from millpond.tuning.spaces import set_to

OTHERS = {"generated": "generated-1", "fsdd": "synthetic"}
FIRST_SEED = 100


def measured(
    task: str, corpus: str, shipped: Recipe, as_set: Any, chosen: list[dict[str, Any]], n_seeds: int
) -> dict[str, dict[str, Any]]:
    """Return for each of the three the score, and the gain over the others, with intervals.

    `chosen` are the values of each search; the folds of `corpus` take them in turn.
    """
    module = task_of(task)
    raw = module.load(corpus)
    material, folds = module.represent(raw, shipped.front_end), module.folds(raw, module.SPLITS[0])
    question, seeds = material.questions[0], [FIRST_SEED + k for k in range(n_seeds)]
    models = {
        "as set": [as_set] * len(folds),
        "chosen": [set_to(as_set, chosen[f % len(chosen)]) for f in range(len(folds))],
        "shipped": [shipped.model] * len(folds),
    }
    plain = with_controls(task, shipped, {})[0]
    distinct = {str(config(model)): replace(plain, model=model) for own in models.values() for model in own}
    number = {mark: e for e, mark in enumerate(distinct)}
    wanted = {kind: [(number[str(config(model))], f) for f, model in enumerate(own)] for kind, own in models.items()}
    jobs = [(e, s, f) for e, f in sorted({at for own in wanted.values() for at in own}) for s in seeds]
    data = {shipped.front_end: material if material.loop else replace(material, questions=(question,))}
    done = dict(outcomes(jobs, [*distinct.values()], data, folds, {}, 1))
    asked = [question.of(fold.test) for fold in folds]
    each = {
        kind: np.array([losses(asked, [done[e, s, f].predicted[question.name] for e, f in own]) for s in seeds])
        for kind, own in wanted.items()
    }
    design = material.design(folds)
    return {
        kind: {"score": score(question, own, design), "gain": gain(question, own, each["as set"], design),
               "over chosen": gain(question, own, each["chosen"], design)}
        for kind, own in each.items()
    }  # fmt: skip


def main() -> None:
    """Print the rows of each folder named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tuned", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, help="folders of searches")
    parser.add_argument("--seeds", type=int, default=5, help="how many [5]")
    given = parser.parse_args()
    for folder in given.folders:
        told = json.loads((folder / "tuning.json").read_text())
        for row in told["rows"]:
            chosen = [about["chosen"] for about in row["per_fold"].values()]
            shipped = task_of(told["task"]).recipe(row["model"], row.get("front_end"))
            as_set = rebuilt(row["config"])
            found = measured(told["task"], OTHERS[told["corpus"]], shipped, as_set, chosen, given.seeds)
            for kind, about in found.items():
                parts = (about["score"], about["gain"], about["over chosen"])
                shown = ("{mean:z6.3f} [{low:z.3f}, {high:z.3f}]".format(**part) for part in parts)
                print(told["task"], row["model"], f"{kind:8}", *shown, sep="  ", flush=True)


if __name__ == "__main__":
    main()
