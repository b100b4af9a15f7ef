"""Hyperparameter search with equal budgets for each fold, and evaluation on unseen test data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from millpond import checkpoints, summary
from millpond.evaluation.folds import Fold
from millpond.evaluation.models import adjusted
from millpond.evaluation.scoring import gain, losses, score
from millpond.evaluation.task_data import Material
from millpond.execution.jobs import Data, Entry, Task, outcome_of, with_controls
from millpond.execution.processes import worker_pool
from millpond.locking import locked
from millpond.reservoir import checks
from millpond.reservoir.progress import bar
from millpond.reservoir.provenance import config, digest, environment
from millpond.reservoir.workers import Run, certain
from millpond.scenarios.tasks import task_of
from millpond.tuning.search import MOST_INNER, Found, candidates, inner_folds, search, together
from millpond.tuning.spaces import Space, set_to, space_of


def tune(
    task: str, models: list[str], corpus: str, data: str | None, split: str, out: Path, *, n_trials: int,
    over: list[str], units: int | None = None, n_seeds: int = 3, n_folds: int | None = None,
    front_end: str | None = None, n_workers: int | None = None, scheduler: str | None = None,
    storage: str | None = None, progress: bool | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Search hyperparameters of each of the `models` for `task`; write ``tuning.json`` to `out`.

    Each fold has a separate search with `n_trials` candidates on held-out groups of its training part. The chosen and
    the default settings are then trained on the whole training part and scored on the test part, with seeds that the
    search did not use.

    Parameters
    ----------
    storage : str, optional
        URL of the database in which Optuna stores candidates. The default is a journal file in `out`. Stored
        results are not computed again.

    Returns
    -------
    dict
        The contents of ``tuning.json``.

    Raises
    ------
    InputError
        A name is unknown, a range is invalid, or there are too few groups.
    """
    module = task_of(task)
    recipes = {name: module.recipe(name, front_end) for name in models}
    entries = {
        name: with_controls(name, replace(recipe, model=adjusted(recipe.model, units)), {})[0]
        for name, recipe in recipes.items()
    }
    spaces = {name: space_of(name, entry.model, over) for name, entry in entries.items()}
    if out.exists() and not out.is_dir():
        raise checks.InputError(f"out is '{out}', which is a file; name a folder for the results")
    raw = module.load(corpus, data)
    folds = module.folds(raw, split)[:n_folds]
    for fold in folds:
        inner_folds(fold)  # report too few groups before the computation
    given: Data = {name: _ranking(module.represent(raw, name)) for name in {r.front_end for r in recipes.values()}}
    out.mkdir(parents=True, exist_ok=True)
    book = _book(out, storage)
    seeds = [2 * MOST_INNER + k for k in range(n_seeds)]  # the search uses the smaller ones
    n_all, what = len(models) * len(folds) * n_trials, f"{len(models)} models x {len(folds)} folds x candidates"
    with locked(out), worker_pool(given, n_workers, scheduler) as run:
        studies = _studies(book, entries, spaces, given, folds)
        with bar(n_all, what, show=progress) as advance:
            searches = {
                (name, f): search(study, entries[name], folds[f], given[entries[name].front_end], spaces[name],
                                  n_trials, advance)
                for (name, f), study in studies.items()
            }  # fmt: skip
            found = together(searches, run)
        rows = []
        for name, entry in entries.items():
            own = [(found[name, f], studies[name, f]) for f in range(len(folds))]
            rows.append(_row(entry, [f for f, _ in own], [s for _, s in own], n_trials, folds, given, seeds, run))
    told = {
        "task": task, "corpus": raw.name, "split": split, "trials": n_trials, "seeds": seeds,
        "folds": [f.name for f in folds], "rows": rows, "environment": environment(),
    }  # fmt: skip
    summary.write(out / "tuning.json", json.dumps(told, indent=1, allow_nan=False) + "\n")
    return told


def _ranking(material: Material) -> Material:
    """Return the data with only the question that ranks models; a task with feedback keeps all questions."""
    return material if material.loop else replace(material, questions=material.questions[:1])


def _book(out: Path, storage: str | None) -> Any:
    """Return the Optuna storage of candidates."""
    try:
        import optuna
        from optuna.storages import JournalStorage, RDBStorage
        from optuna.storages.journal import JournalFileBackend
    except ImportError:
        raise checks.InputError(
            "tuning needs Optuna, which is not installed; pip install 'millpond[cluster]'"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if storage is None:
        return JournalStorage(JournalFileBackend(str(out / "tuning.journal")))
    try:
        return RDBStorage(storage)
    except Exception as error:  # each database driver has its own errors
        raise checks.InputError(
            f"storage is '{storage}', which cannot be opened ({error}); give a database's URL, as sqlite:///tuning.db"
        ) from None


def _studies(
    book: Any, entries: dict[str, Entry], spaces: dict[str, Space], given: Data, folds: list[Fold]
) -> dict[tuple[str, int], Any]:
    """Return the study of each model and fold; it is specific to settings, space, fold, data and code."""
    import optuna

    rows = [*entries.values()]
    keys = checkpoints.keys_of([(e, 0, f) for e in range(len(rows)) for f in range(len(folds))], rows, given, folds, {})
    found = {}
    for (e, _, f), key in keys.items():
        name = rows[e].name
        mark = digest([], key, {parameter: str(values) for parameter, values in spaces[name].items()})
        name_of_study = f"{name}, {folds[f].name}, {mark[:12]}"
        found[name, f] = optuna.create_study(study_name=name_of_study, storage=book, load_if_exists=True)
    return found


def _row(
    entry: Entry, found: list[Found], studies: list[Any], n_trials: int, folds: list[Fold], given: Data,
    seeds: list[int], run: Run,
) -> dict[str, Any]:  # fmt: skip
    """Return the scores of tuned and default models on the test parts, and the search results."""
    tuned = [replace(entry, model=set_to(entry.model, f.chosen)) for f in found]
    tasks = {(which, s, f): Task(e, s, fold) for f, fold in enumerate(folds) for s in seeds
             for which, e in (("set", entry), ("tuned", tuned[f]))}  # fmt: skip
    done = dict(certain(run(outcome_of, tasks)))
    question = given[entry.front_end].questions[0]
    asked = [question.of(fold.test) for fold in folds]
    each = {
        which: np.array([
            losses(asked, [done[which, s, f].predicted[question.name] for f in range(len(folds))])
            for s in seeds
        ])
        for which in ("tuned", "set")
    }  # fmt: skip
    design = given[entry.front_end].design(folds)
    return {
        "model": entry.name,
        "front_end": entry.front_end,
        **{which: score(question, each[which], design) for which in each},
        "gain": gain(question, each["tuned"], each["set"], design),
        "per_fold": {
            fold.name: f._asdict() for fold, f in zip(folds, found, strict=True)
        },
        "importance": _importance(studies, n_trials),
        "config": config(entry.model),
    }  # fmt: skip


def _importance(studies: list[Any], n_trials: int) -> dict[str, float]:
    """Return the importance of each parameter (PED-ANOVA, Watanabe et al. 2023), averaged over the searches."""
    import optuna

    found: dict[str, list[float]] = {}
    for study in studies:
        own = candidates(study)
        whole = [own[i] for i in range(n_trials) if own[i].state == optuna.trial.TrialState.COMPLETE]
        if len({t.value for t in whole}) < 4:
            continue
        asked = optuna.create_study()  # only these trials, in their order
        asked.add_trials(whole)
        judge = optuna.importance.PedAnovaImportanceEvaluator()
        for name, share in optuna.importance.get_param_importances(asked, evaluator=judge).items():
            found.setdefault(name, []).append(float(share))
    return {name: float(np.mean(shares)) for name, shares in found.items()}
