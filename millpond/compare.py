"""The main job: models and their controls on the same splits, in one table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from millpond import checkpoints, summary
from millpond.evaluation.evaluate import Outcome
from millpond.evaluation.folds import Fold
from millpond.evaluation.models import adjusted
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

    Of spoken words the sound of the one that is shown lies beside them. Each run is kept in ``outcomes`` as soon as it
    is done, until summary and page are there: the same call goes on where it was stopped, to the same scores.

    Returns
    -------
    dict
        What ``summary.json`` holds.

    Raises
    ------
    InputError
        An unknown name or a corpus that cannot be used (nothing is written then), another process that writes to
        `out`, a full disk, or workers that are killed again and again.
    """
    module = task_of(task)
    recipes = {name: module.recipe(name, front_end) for name in models}  # before the corpus: names are soon checked
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
        rows = summary.rows_of(done, entries, next(iter(given.values())), folds, seeds)
        found = summary.summary(task, raw.name, split, (len(folds), len(every)), seeds, rows)
        shown: dict[str, Path] = {}
        for e, alike in enumerate(first_alike(entries)):
            if (entry := entries[e]).kind == "reservoir":
                facts = facts_of(task, raw, data, split, entry.front_end)
                told = preparation(module, raw, given[entry.front_end], folds[0], entry, facts)
                # what was begun there goes on
                shown[entry.name] = out / checkpoints.FOLDER / f"{keys[alike, seeds[0], 0]}-{e}.h5"
                record_entry(entry, given, folds[0], seeds[0], shown[entry.name], told, progress)
        summary.forget(out)
        for name, path in shown.items():
            path.replace(recording_path(out, name))
        if hasattr(module, "keep_word") and any(entry.kind == "reservoir" for entry in entries):
            module.keep_word(raw, folds[0], out)
        summary.save(found, out)
        try:
            report(out, measure=False, known=[type(entry.model) for entry in entries], trusted=True)
        except Exception as error:  # what was compared is there, and worth more than its page
            tell(f"no report.html ({error!r}); 'millpond report {out}' writes it")
        checkpoints.forget(out / checkpoints.FOLDER, keys.values())  # all that is in them is in the summary now
    return found


def _run(
    entries: list[Entry], folds: list[Fold], seeds: list[int], data: Data, folder: Path, n_workers: int | None,
    scheduler: str | None, progress: bool | None,
) -> tuple[dict[Job, str], dict[Job, Outcome]]:  # fmt: skip
    """Return keys and outcomes of all runs: each is kept in `folder` as it comes, none that lies there is repeated."""
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
