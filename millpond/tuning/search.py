"""The search within one fold: generations of candidates, scored on held-out groups of the training part.

Optuna proposes candidates (multivariate tree-structured Parzen estimator, Bergstra et al. 2011) and stores them. A
generation depends only on earlier generations, the default settings and its own seed. Therefore the result depends
neither on the number of workers nor on interruptions. A search yields the trials it needs and waits for them, so that
the generations of all searches run in parallel.
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
"""Number of candidates per generation."""
MOST_INNER = 3
"""Maximum number of validation groups. After the first group, later candidates below the median are pruned."""
FINALISTS = 4
"""Number of candidates that are evaluated again with new seeds, because the best of many is partly luck."""
HAND_SET = -1
"""The attribute of trials with the number of the candidate."""

At = tuple[int, int]
"""A candidate and the inner fold on which it is scored."""

Searching = Generator[dict[At, Task] | None, tuple[At, Outcome | checks.InputError], Any]
"""A running search: it yields trials, receives their results one by one, and continues when all have arrived."""


class Found(NamedTuple):
    """The result of a search in one fold.

    Attributes
    ----------
    chosen : dict
        Parameters that differ from the default settings; empty if no candidate was better.
    before, after : float
        Mean loss of the default and of the chosen settings over the validation groups, in the second evaluation.
    n_pruned, n_failed : int
    error : str or None
        Error message of the first failed candidate.
    """

    chosen: dict[str, Any]
    before: float
    after: float
    n_pruned: int
    n_failed: int
    error: str | None


def inner_folds(fold: Fold) -> list[Fold]:
    """Return the inner folds of the training part, each with one held-out group."""
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
    """Return the best of `n_trials` candidates and the default settings; the test part of the fold is not used.

    The inner folds have different seeds 0, 1, ..., so that the search selects settings and not weights. The best
    `FINALISTS` and the default settings are evaluated again with the following seeds. Of the candidates that are then
    better than the default, the best over both evaluations is chosen. `study` stores every loss; stored losses are not
    computed again. `advance` receives the number of new finished candidates.

    Raises
    ------
    InputError
        The default settings fail, or all candidates fail.
    """
    from optuna.trial import TrialState, create_trial

    inner, ranges = inner_folds(fold), distributions(space, entry.model)
    asked, every = [material.questions[0].of(f.test) for f in inner], [*range(len(inner))]

    def scored(models: dict[int, Any], which: list[int], first_seed: int = 0) -> Searching:
        """Return the loss of each candidate on each inner fold; infinite if the model fails."""
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
            if i == HAND_SET and isinstance(told, str):  # not stored, because the user will correct it
                raise checks.InputError(f"{entry.name} fails with its default settings: {told}")
            study.set_user_attr(_name((i, k), tasks[i, k].seed), told)
        done = study.user_attrs
        found: dict[int, dict[int, float]] = {i: {} for i in models}
        for (
            (i, k),
            task,
        ) in tasks.items():  # in the order of the folds, so that the mean does not depend on the order of completion
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
    """Return the results of all searches. Their next trials run together to keep all workers busy."""
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
    """Return the result of a candidate; warnings are shown only when the chosen settings are evaluated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return outcome_of(task, data)


def _name(at: At, seed: int) -> str:
    """Return the attribute of a study for a loss or an error."""
    return "candidate {} on {} with seed {}".format(*at, seed)


def candidates(study: Any) -> dict[int, Any]:
    """Return the finished candidates by number."""
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
