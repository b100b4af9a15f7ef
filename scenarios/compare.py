"""The main job: models and their controls on the same splits, in one table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from reservoir import Reservoir, Sequences, checks, record
from reservoir.progress import bar
from scenarios import summary
from scenarios.classify import scaled
from scenarios.folds import Fold
from scenarios.jobs import Data, Entry, jobs_of, outcomes, with_controls
from scenarios.models import adjusted
from scenarios.tasks import task_module


def compare(
    task: str, models: list[str], corpus: str, data: str | None, split: str, out: Path, *,
    units: int | None = None, n_seeds: int = 3, front_end: str | None = None, n_workers: int | None = None,
    n_folds: int | None = None, n_epochs: int | None = None, progress: bool | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Compare `models` and their controls on `task`; write ``summary.json`` and a recording of each to `out`.

    Returns
    -------
    dict
        What ``summary.json`` holds.

    Raises
    ------
    InputError
        An unknown name or a corpus that cannot be used; nothing is written then.
    """
    module = task_module(task)
    recipes = {name: module.recipe(name, front_end) for name in models}  # before the corpus: names are soon checked
    if out.exists() and not out.is_dir():
        raise checks.InputError(f"out is '{out}', which is a file; name a folder for the results")
    spoken = module.load(corpus, data)
    every = module.folds(spoken, split)
    folds = every[:n_folds]
    given: Data = {name: module.represent(spoken, name) for name in {r.front_end for r in recipes.values()}}
    entries: list[Entry] = []
    for name, recipe in recipes.items():
        n_channels = given[recipe.front_end][0].n_channels
        model = adjusted(recipe.model, units, epochs=n_epochs)
        entries += with_controls(name, model, recipe.front_end, recipe.pool, n_channels, recipe.n_tried)
    seeds = list(range(n_seeds))
    jobs = jobs_of(entries, folds, seeds)
    with bar(len(jobs), f"{len(entries)} models x {len(folds)} folds x seeds", show=progress) as advance:
        done = {}
        for job, outcome in outcomes(jobs, entries, given, folds, n_workers):
            done[job] = outcome
            advance(1)
    sequences = next(iter(given.values()))[0]
    rows = summary.rows_of(done, entries, sequences, folds, seeds)
    found = summary.summary(task, spoken.name, split, (len(folds), len(every)), seeds, rows)
    out.mkdir(parents=True, exist_ok=True)
    (out / "summary.json").unlink(missing_ok=True)  # of an earlier run: it does not belong to new recordings
    for entry in entries:
        if entry.kind == "reservoir":
            keep(entry, given, folds[0], seeds[0], recording_path(out, entry.name), progress)
    summary.save(found, out)
    return found


def recording_path(folder: Path, model: str) -> Path:
    """Return where in the folder of its results a comparison keeps the recording of `model`."""
    return folder / f"{model.replace(':', '.')}.h5"


def record_task(
    task: str, model: str, corpus: str, data: str | None, split: str, out: Path, *, units: int | None = None,
    seed: int = 0, front_end: str | None = None, overwrite: bool = False, progress: bool | None = None,
) -> None:  # fmt: skip
    """Record one model on `task`, the first fold of the split marked in the file; a stopped call goes on."""
    module = task_module(task)
    recipe = module.recipe(model, front_end)
    if not isinstance(recipe.model, Reservoir):
        raise checks.InputError(
            f"model is '{model}', which is trained end to end and has no states to record; name a reservoir"
        )
    spoken = module.load(corpus, data)
    sequences, weights = module.represent(spoken, recipe.front_end)
    marked = parted(sequences, module.folds(spoken, split)[0], weights)
    record(adjusted(recipe.model, units, seed), marked, out, overwrite=overwrite, progress=progress).close()


def keep(entry: Entry, data: Data, fold: Fold, seed: int, path: Path, progress: bool | None = None) -> None:
    """Record what the readout of one fold is trained and tested on, its inputs and its states."""
    sequences, weights = data[entry.front_end]
    marked = parted(sequences, fold, weights)
    record(adjusted(entry.model, seed=seed), marked, path, overwrite=True, progress=progress).close()


def parted(sequences: Sequences, fold: Fold, weights: np.ndarray | None) -> Sequences:
    """Return the sequences of a fold, scaled on its training part, each marked with the part it belongs to."""
    train, test = scaled(sequences, fold, weights)
    chosen = sequences[np.concatenate([fold.train, fold.test])]
    parts = np.repeat(["train", "test"], [len(train), len(test)])
    return Sequences(
        [*train.signals, *test.signals], chosen.period, chosen.labels, None, chosen.groups, parts, chosen.names
    )
