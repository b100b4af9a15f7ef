"""Comparison of models and their controls on the same folds."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from millpond import checkpoints, summary
from millpond.evaluation.evaluate import Kept, Outcome
from millpond.evaluation.folds import Fold
from millpond.evaluation.models import adjusted, named, with_settings
from millpond.evaluation.task import SpokenTask
from millpond.execution.jobs import Data, Entry, Job, curves, first_alike, jobs_of, outcomes, with_controls
from millpond.locking import locked
from millpond.recorded import facts_of, preparation
from millpond.report import report
from millpond.reservoir import Reservoir, checks
from millpond.reservoir.printable import tell
from millpond.reservoir.progress import bar
from millpond.scenarios.tasks import task_of
from millpond.summary import recording_path


def compare(
    task: str, models: list[str], corpus: str, data: str | None, split: str, out: Path, *,
    units: int | None = None, n_seeds: int = 3, front_end: str | None = None, n_workers: int | None = None,
    scheduler: str | None = None, n_folds: int | None = None, n_epochs: int | None = None, progress: bool | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Compare `models` and their controls on `task`; write ``summary.json``, a recording of each and a page to `out`.

    For spoken words, the sound of the displayed word is also stored. Each result is stored in ``outcomes`` until the
    summary and the page are written, so that the same call resumes after an interruption with the same scores.

    Returns
    -------
    dict
        The contents of ``summary.json``.

    Raises
    ------
    InputError
        A name is unknown or a corpus cannot be used (nothing is written), another process writes to `out`, the disk is
        full, or workers are killed repeatedly.
    """
    module = task_of(task)
    settings = {name: named(name)[1] for name in models}
    recipes = {name: module.recipe(named(name)[0], front_end) for name in models}
    for name, recipe in recipes.items():  # check names first: this is faster than reading the corpus
        with_settings(recipe.model, settings[name])
    if out.exists() and not out.is_dir():
        raise checks.InputError(f"out is '{out}', which is a file; name a folder for the results")
    raw = module.load(corpus, data)
    every = module.folds(raw, split)
    folds = every[:n_folds]
    given: Data = {name: module.represent(raw, name) for name in {r.front_end for r in recipes.values()}}
    entries: list[Entry] = []
    for name, recipe in recipes.items():
        model = with_settings(adjusted(recipe.model, units, epochs=n_epochs), settings[name])
        recipe = replace(recipe, model=model)
        n_channels = given[recipe.front_end].sequences.n_channels
        is_reservoir = isinstance(recipe.model, Reservoir)
        entries += with_controls(name, recipe, module.controls(recipe, n_channels) if is_reservoir else {})
    noisy = any(m.noise or m.loop for m in given.values())
    entries = [replace(entry, noisy=noisy) for entry in entries]
    seeds = list(range(n_seeds))
    out.mkdir(parents=True, exist_ok=True)
    with locked(out):
        facts = {name: facts_of(task, raw, data, split, name) for name in given}
        told = {
            alike: preparation(module, raw, given[entry.front_end], folds[0], entry, facts[entry.front_end])
            for alike, entry in zip(first_alike(entries), entries, strict=True)
            if entry.kind == "reservoir" and not given[entry.front_end].sequences.spiking
        }
        folder = out / checkpoints.FOLDER
        keys, done = _run(entries, folds, seeds, given, folder, told, n_workers, scheduler, progress)
        rows, pairs = summary.results(done, entries, next(iter(given.values())), folds, seeds)
        found = summary.summary(task, raw.name, split, (len(folds), len(every)), seeds, rows, pairs)
        summary.forget(out)
        for alike, entry in zip(first_alike(entries), entries, strict=True):
            if entry.kind == "reservoir" and alike in told:
                _place(_recording(folder, keys[alike, seeds[0], 0]), recording_path(out, entry.name))
        if isinstance(module, SpokenTask) and any(entry.kind == "reservoir" for entry in entries):
            module.keep_word(raw, folds[0], out)
        summary.save(found, out)
        try:
            report(out, measure=False, known=[type(entry.model) for entry in entries], trusted=True)
        except Exception as error:  # an error in the page must not discard the results
            tell(f"no report.html ({error!r}); 'millpond report {out}' writes it")
        checkpoints.forget(folder, keys.values())  # the summary now contains all results
    return found


def _recording(folder: Path, key: str) -> Path:
    return folder / f"{key}.h5"


def _place(made: Path, path: Path) -> None:
    """Copy a recording to its place; other models with the same states use it too."""
    path.unlink(missing_ok=True)
    try:
        path.hardlink_to(made)
    except OSError:  # the file system has no hard links
        shutil.copyfile(made, path)


def _run(
    entries: list[Entry], folds: list[Fold], seeds: list[int], data: Data, folder: Path,
    told: dict[int, dict[str, Any]], n_workers: int | None, scheduler: str | None, progress: bool | None,
) -> tuple[dict[Job, str], dict[Job, Outcome]]:  # fmt: skip
    """Return keys and outcomes of all jobs; each is stored in `folder`, and stored outcomes are not repeated.

    The states of the entries in `told` are recorded for the first seed and fold, with these descriptions.
    """
    jobs = jobs_of(entries, folds, seeds)
    nested = curves(jobs, data, folds)
    keys = checkpoints.keys_of(jobs, entries, data, folds, nested)
    kept = {(e, seeds[0], 0): Kept(_recording(folder, keys[e, seeds[0], 0]), about) for e, about in told.items()}
    done = checkpoints.found(folder, keys)
    done = {job: outcome for job, outcome in done.items() if job not in kept or kept[job].path.is_file()}
    if done and progress is not False:
        checkpoints.going_on(len(done), len(jobs), "runs", folder)
    left = [job for job in jobs if job not in done]
    folder.mkdir(parents=True, exist_ok=True)
    with bar(len(jobs), f"{len(entries)} models x {len(folds)} folds x seeds", len(done), progress) as advance:
        for job, outcome in outcomes(left, entries, data, folds, nested, n_workers, scheduler, kept) if left else ():
            checkpoints.keep(folder, keys[job], outcome)
            done[job] = outcome
            advance(1)
    return keys, done
