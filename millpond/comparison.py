"""Comparison of models and their controls on the same folds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from millpond import checkpoints, summary
from millpond.evaluation.evaluate import Outcome
from millpond.evaluation.folds import Fold
from millpond.evaluation.models import adjusted
from millpond.evaluation.task import SpokenTask
from millpond.execution.jobs import Data, Entry, Job, curves, first_alike, jobs_of, outcomes, with_controls
from millpond.locking import locked
from millpond.recorded import facts_of, preparation, record_entry
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
    recipes = {
        name: module.recipe(name, front_end) for name in models
    }  # check names first: this is faster than reading the corpus
    if out.exists() and not out.is_dir():
        raise checks.InputError(f"out is '{out}', which is a file; name a folder for the results")
    raw = module.load(corpus, data)
    every = module.folds(raw, split)
    folds = every[:n_folds]
    given: Data = {name: module.represent(raw, name) for name in {r.front_end for r in recipes.values()}}
    entries: list[Entry] = []
    for name, recipe in recipes.items():
        recipe = replace(recipe, model=adjusted(recipe.model, units, epochs=n_epochs))
        n_channels = given[recipe.front_end].sequences.n_channels
        is_reservoir = isinstance(recipe.model, Reservoir)
        entries += with_controls(name, recipe, module.controls(recipe, n_channels) if is_reservoir else {})
    noisy = any(m.noise or m.loop for m in given.values())
    entries = [replace(entry, noisy=noisy) for entry in entries]
    seeds = list(range(n_seeds))
    out.mkdir(parents=True, exist_ok=True)
    with locked(out):
        keys, done = _run(entries, folds, seeds, given, out / checkpoints.FOLDER, n_workers, scheduler, progress)
        rows, pairs = summary.results(done, entries, next(iter(given.values())), folds, seeds)
        found = summary.summary(task, raw.name, split, (len(folds), len(every)), seeds, rows, pairs)
        shown: dict[str, Path] = {}
        for e, alike in enumerate(first_alike(entries)):
            if (entry := entries[e]).kind == "reservoir":
                facts = facts_of(task, raw, data, split, entry.front_end)
                told = preparation(module, raw, given[entry.front_end], folds[0], entry, facts)
                # resume recordings that were started
                shown[entry.name] = out / checkpoints.FOLDER / f"{keys[alike, seeds[0], 0]}-{e}.h5"
                record_entry(entry, given, folds[0], seeds[0], shown[entry.name], told, progress)
        summary.forget(out)
        for name, path in shown.items():
            path.replace(recording_path(out, name))
        if isinstance(module, SpokenTask) and any(entry.kind == "reservoir" for entry in entries):
            module.keep_word(raw, folds[0], out)
        summary.save(found, out)
        try:
            report(out, measure=False, known=[type(entry.model) for entry in entries], trusted=True)
        except Exception as error:  # an error in the page must not discard the results
            tell(f"no report.html ({error!r}); 'millpond report {out}' writes it")
        checkpoints.forget(out / checkpoints.FOLDER, keys.values())  # the summary now contains all results
    return found


def _run(
    entries: list[Entry], folds: list[Fold], seeds: list[int], data: Data, folder: Path, n_workers: int | None,
    scheduler: str | None, progress: bool | None,
) -> tuple[dict[Job, str], dict[Job, Outcome]]:  # fmt: skip
    """Return keys and outcomes of all jobs; each is stored in `folder`, and stored outcomes are not repeated."""
    jobs = jobs_of(entries, folds, seeds)
    nested = curves(jobs, data, folds)
    keys = checkpoints.keys_of(jobs, entries, data, folds, nested)
    done = checkpoints.found(folder, keys)
    if done and progress is not False:
        checkpoints.going_on(len(done), len(jobs), "runs", folder)
    left = [job for job in jobs if job not in done]
    with bar(len(jobs), f"{len(entries)} models x {len(folds)} folds x seeds", len(done), progress) as advance:
        for job, outcome in outcomes(left, entries, data, folds, nested, n_workers, scheduler) if left else ():
            checkpoints.keep(folder, keys[job], outcome)
            done[job] = outcome
            advance(1)
    return keys, done
