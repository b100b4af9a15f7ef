"""The search inside one fold: candidates in generations, scored on groups of the training part left out.

Optuna proposes (the tree-structured Parzen estimator of Bergstra et al. 2011, multivariate) and keeps the book. A
generation is proposed from those before it and from what was set by hand alone, with a seed of its own: the result
depends neither on the number of workers nor on where a run was stopped. A search says what it wants to be run and
waits for it, so that all searches have their generations run side by side.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from millpond.evaluation.evaluate import Outcome
from millpond.evaluation.folds import Fold
from millpond.evaluation.scoring import loss
from millpond.evaluation.task_data import Material
from millpond.execution.jobs import Data, Entry, Task, outcome_of
from millpond.reservoir import checks
from millpond.reservoir.workers import Run
from millpond.tuning.spaces import Space, distributions, nearest, set_to, values

GENERATION = 8
"""Candidates proposed at a time."""
MOST_INNER = 3
"""Groups left out in turn, at most; after the first of them the worse half of later candidates is given up."""
FINALISTS = 4
"""Candidates measured again, as what was set by hand is: the best of many owes something to the weights it met."""
HAND_SET = -1
"""Where candidates have numbers."""

At = tuple[int, int]
"""A candidate and the inner fold it is scored on."""

Searching = Generator[dict[At, Task] | None, tuple[At, Outcome | checks.InputError], Any]
"""A search in the making: it yields what is to be run, is sent what comes of each, one by one, and yields nothing until
all of it has come."""


class Found(NamedTuple):
    """What came of a search in one fold.

    Attributes
    ----------
    chosen : dict
        Parameters that differ from the hand-set ones; empty where nothing was better than these.
    before, after : float
        Mean loss of the hand-set and of the chosen setting over the groups left out, when measured again.
    n_pruned, n_failed : int
    error : str or None
        Why the first of those that failed could not be run.
    """

    chosen: dict[str, Any]
    before: float
    after: float
    n_pruned: int
    n_failed: int
    error: str | None


def inner_folds(fold: Fold) -> list[Fold]:
    """Return folds inside the training part: a group left out to be scored on, the others to be trained on."""
    groups = np.unique(fold.validation)
    if len(groups) < 3:
        raise checks.InputError(
            f"the training part of fold '{fold.name}' has {len(groups)} group(s), but tuning needs 3: one "
            "to score on, two for penalties; give more speakers, or another split"
        )
    found = []
    for group in groups[:MOST_INNER]:
        out = fold.validation == group
        found.append(Fold(f"{fold.name}, {group}", fold.train[~out], fold.train[out], fold.validation[~out]))
    return found


def search(
    study: Any, entry: Entry, fold: Fold, material: Material, space: Space, n_trials: int,
    advance: Callable[[int], None] = lambda n_done: None,
) -> Searching:  # fmt: skip
    """Return the best of `n_trials` candidates and the hand-set one; nothing of the fold's test part is used.

    Each inner fold has a seed of its own, 0, 1, ...: a setting is wanted, not a lucky draw of weights. The best
    `FINALISTS` and the hand-set one meet the seeds after these: of what beats the hand-set one there, the best over
    both times is kept. `study` keeps every loss as it comes; those it has already are not run again. `advance` is told
    how many candidates are done since.

    Raises
    ------
    InputError
        The hand-set one cannot be run, or no candidate can.
    """
    from optuna.trial import TrialState, create_trial

    inner, ranges = inner_folds(fold), distributions(space, entry.model)
    asked, every = [material.questions[0].of(f.test) for f in inner], [*range(len(inner))]

    def scored(models: dict[int, Any], which: list[int], first_seed: int = 0) -> Searching:
        """Return for each candidate its loss on each inner fold; infinite where the model could not be run."""
        rows = {i: replace(entry, model=model) for i, model in models.items()}
        tasks = {(i, k): Task(row, first_seed + k, inner[k]) for i, row in rows.items() for k in which}
        done = study.user_attrs
        missing = {at: task for at, task in tasks.items() if _name(at, task.seed) not in done}
        wanted: dict[At, Task] | None = missing
        for _ in missing:
            (i, k), out = yield wanted
            wanted = None
            told: Any = str(out)
            if isinstance(out, Outcome):
                told = float(loss(asked[k], out.predicted[asked[k].name]).mean())
                told = told if np.isfinite(told) else "its loss is not finite"
            if i == HAND_SET and isinstance(told, str):  # and is not kept, as it is to be mended
                raise checks.InputError(f"{entry.name} fails with its default settings: {told}")
            study.set_user_attr(_name((i, k), tasks[i, k].seed), told)
        done = study.user_attrs
        found: dict[int, dict[int, float]] = {i: {} for i in models}
        for (i, k), task in tasks.items():  # in the order of the folds: a mean must not depend on who came first
            value = done[_name((i, k), task.seed)]
            found[i][k] = np.inf if isinstance(value, str) else value
        return found

    hand_set = yield from scored({HAND_SET: entry.model}, every, MOST_INNER)
    known = []
    if (params := nearest(space, entry.model)) is not None:
        met = yield from scored({HAND_SET: entry.model}, every)
        value = float(np.mean([*met[HAND_SET].values()]))
        known = [create_trial(value=value, params=params, distributions=ranges)]
    kept = candidates(study)
    for start in range(0, n_trials, GENERATION):
        past = [kept[i] for i in range(start)]
        proposed = _proposed(known + past, ranges, start)[: n_trials - start]
        missing = {start + i: params for i, params in enumerate(proposed) if start + i not in kept}
        models = {i: set_to(entry.model, values(space, params)) for i, params in missing.items()}
        first = yield from scored(models, every[:1])
        seen = [t.intermediate_values[0] for t in past if t.state != TrialState.FAIL]
        limit = float(np.median(seen)) if len(seen) >= GENERATION else np.inf
        going = {i: models[i] for i in models if np.isfinite(first[i][0]) and first[i][0] <= limit}
        rest = yield from scored(going, every[1:])
        for i, params in missing.items():
            each = first[i] | rest.get(i, {})
            could_run = np.isfinite([*each.values()]).all()
            whole = could_run and len(each) == len(inner)
            state = TrialState.COMPLETE if whole else TrialState.PRUNED if could_run else TrialState.FAIL
            study.add_trial(create_trial(
                state=state, value=float(np.mean([*each.values()])) if whole else None, params=params,
                distributions=ranges, user_attrs={"index": i},
                intermediate_values={k: v for k, v in each.items() if np.isfinite(v)},
            ))  # fmt: skip
        kept = candidates(study)
        advance(len(proposed))
    trials = [kept[i] for i in range(n_trials)]
    failed = [i for i, t in enumerate(trials) if t.state == TrialState.FAIL]
    told = (study.user_attrs.get(_name((i, k), k)) for i in failed for k in every)
    why = next((message for message in told if isinstance(message, str)), None)
    if len(failed) == n_trials:
        raise checks.InputError(f"all {n_trials} candidates of {entry.name} failed: {why}")
    best = {t.user_attrs["index"]: t for t in _best(trials)}
    finalists = {i: values(space, t.params) for i, t in best.items()}
    again = yield from scored({i: set_to(entry.model, c) for i, c in finalists.items()}, every, MOST_INNER)
    after = {i: float(np.mean([*each.values()])) for i, each in (again | hand_set).items()}
    better = [i for i in best if after[i] < after[HAND_SET]]
    kept_one = min(better, key=lambda i: best[i].value + after[i], default=HAND_SET)
    n_pruned = sum(t.state == TrialState.PRUNED for t in trials)
    chosen = finalists.get(kept_one, {})
    return Found(chosen, after[HAND_SET], after[kept_one], n_pruned, len(failed), why)


def together(searches: Mapping[Any, Searching], run: Run) -> dict[Any, Found]:
    """Return what all searches find; what they want next is run together, so that many workers have enough to do."""
    found: dict[Any, Found] = {}
    wanted: dict[tuple[Any, At], Task] = {}

    def told(name: Any, message: Any) -> None:
        try:
            wanted.update({(name, at): task for at, task in (searches[name].send(message) or {}).items()})
        except StopIteration as end:
            found[name] = end.value

    for name in searches:
        told(name, None)
    while wanted:
        asked, wanted = wanted, {}
        for (name, at), out in run(_quiet_outcome_of, asked):
            told(name, (at, out))
    return found


def _quiet_outcome_of(task: Task, data: Data) -> Outcome:
    """Return what comes of a candidate; what the model warns of is told when the one that is kept is measured."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return outcome_of(task, data)


def _name(at: At, seed: int) -> str:
    """Return under which name the study keeps a loss, or the error in its place."""
    return "candidate {} on {} with seed {}".format(*at, seed)


def candidates(study: Any) -> dict[int, Any]:
    """Return the candidates that are done, by their number."""
    return {t.user_attrs["index"]: t for t in study.get_trials(deepcopy=False) if "index" in t.user_attrs}


def _proposed(past: list[Any], ranges: dict[str, Any], start: int) -> list[dict[str, Any]]:
    import optuna

    drawn = int(np.random.SeedSequence([2011, start]).generate_state(1)[0])
    sampler = optuna.samplers.TPESampler(seed=drawn, multivariate=True, constant_liar=True, n_startup_trials=GENERATION)
    memory = optuna.create_study(sampler=sampler)
    memory.add_trials(past)
    return [memory.ask(ranges).params for _ in range(GENERATION)]


def _best(trials: list[Any]) -> list[Any]:
    from optuna.trial import TrialState

    whole = [t for t in trials if t.state == TrialState.COMPLETE]
    return sorted(whole, key=lambda t: (t.value, t.user_attrs["index"]))[:FINALISTS]
