"""Checks that a task follows the interface `Task`, for tests of third-party packages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from sklearn.base import clone

from millpond.evaluation.folds import Fold
from millpond.evaluation.recipe import Recipe
from millpond.evaluation.task import Task
from millpond.evaluation.task_data import Material
from millpond.reservoir import InputError, Reservoir
from millpond.reservoir.testing import require

_UNKNOWN = "no such name"
_MODEL = "esn"
_SHORT = 2  # sequences on which controls are tried
_STEPS = 50  # time steps of each


@dataclass(frozen=True)
class _Subject:
    """A task and the data on which it is checked."""

    task: Task
    corpus: str
    data: str | None
    raw: Any

    @cached_property
    def materials(self) -> dict[str, Material]:
        """The sequences and questions of each front end."""
        return {name: self.task.represent(self.raw, name) for name in self.task.FRONT_ENDS}


def check_task(task: Task, corpus: str | None = None, data: str | None = None) -> list[str]:
    """Check that a task follows the interface, with its own data.

    Parameters
    ----------
    task : Task
    corpus : str, optional
        The data set. The default is the first one of the task.
    data : str, optional
        Path of the data, for a task that reads them from files.

    Returns
    -------
    list of str
        The names of the passed checks.

    Raises
    ------
    AssertionError
        A check failed. The message names the check, what was found and the remedy.
    InputError
        The data cannot be loaded.
    """
    if not isinstance(task, Task):
        raise AssertionError(f"{task!r:.60} is not a task; give it the names of millpond.evaluation.task.Task")
    _run("names", partial(_check_names, task))
    chosen = corpus or task.CORPORA[0]
    try:
        raw = task.load(chosen, data)
    except InputError:
        raise
    except Exception as error:
        raise AssertionError(f"check 'load' raised {type(error).__name__}: {error}") from error
    subject = _Subject(task, chosen, data, raw)
    for name, check in CHECKS.items():
        _run(name, partial(check, subject))
    return ["names", *CHECKS]


def _run(name: str, check: Callable[[], None]) -> None:
    try:
        check()
    except (AssertionError, InputError) as error:
        raise AssertionError(f"check '{name}': {error}") from None
    except Exception as error:
        raise AssertionError(f"check '{name}' raised {type(error).__name__}: {error}") from error


def _check_names(task: Task) -> None:
    listed = {"CORPORA": task.CORPORA, "SPLITS": task.SPLITS, "FRONT_ENDS": task.FRONT_ENDS}
    for name, words in listed.items():
        require(
            isinstance(words, tuple) and bool(words) and all(isinstance(word, str) for word in words),
            f"{name} is {words!r:.60}, but it must be a tuple of at least one str, with the default first",
        )


def _check_load(s: _Subject) -> None:
    name = getattr(s.raw, "name", None)
    require(isinstance(name, str), f"the loaded data have the name {name!r}; give them an attribute `name` of type str")
    front_end = s.task.FRONT_ENDS[0]
    first, second = s.materials[front_end], s.task.represent(s.task.load(s.corpus, s.data), front_end)
    require(
        len(first.sequences) == len(second.sequences)
        and all(map(np.array_equal, first.sequences.signals, second.sequences.signals)),
        "load returns other data the second time; draw them with a fixed seed",
    )


def _check_represent(s: _Subject) -> None:
    counts = set()
    for front_end, material in s.materials.items():
        require(
            isinstance(material, Material),
            f"represent returns a {type(material).__name__} for '{front_end}'; return a Material",
        )
        n = len(material.sequences)
        counts.add(n)
        require(
            material.recordings is None or len(material.recordings) == n,
            f"Material.recordings for '{front_end}' has not one entry for each of {n} sequences; give one for each",
        )
        targets = material.sequences.targets
        require(
            targets is None or all(map(_same_length, targets, material.sequences.signals)),
            f"a target for '{front_end}' has another number of time steps than its sequence; make both the same",
        )
    require(len(counts) == 1, "front ends have different numbers of sequences; return the same sequences for each")


def _same_length(a: np.ndarray, b: np.ndarray) -> bool:
    return len(a) == len(b)


def _check_questions(s: _Subject) -> None:
    for front_end, material in s.materials.items():
        require(bool(material.questions), f"Material.questions is empty for '{front_end}'; give at least one Question")
        if material.loop is None:
            for question in material.questions:
                question.check(material.sequences.lengths)
            continue
        answered, names = set(material.loop.asked(_targets(material)[0])), {q.name for q in material.questions}
        require(
            answered == names,
            f"Loop.asked answers {sorted(answered)}, but the questions are {sorted(names)}; make both the same",
        )


def _targets(material: Material) -> list[np.ndarray]:
    require(material.sequences.targets is not None, "Material.loop is set, but the sequences have no targets; add them")
    return list(material.sequences.targets or [])


def _check_folds(s: _Subject) -> None:
    n = len(next(iter(s.materials.values())).sequences)
    for split in s.task.SPLITS:
        folds = s.task.folds(s.raw, split)
        require(
            isinstance(folds, list) and bool(folds) and all(isinstance(fold, Fold) for fold in folds),
            f"folds returns no list of Fold for '{split}'; return a list with at least one Fold",
        )
        for fold in folds:
            _check_fold(fold, n, f"fold '{fold.name}' of '{split}'")
        seen = np.unique(np.concatenate([part for fold in folds for part in (fold.train, fold.test)]))
        require(
            len(seen) == n,
            f"{n - len(seen)} of {n} sequences are in no fold of '{split}'; use each sequence or leave it out of "
            "represent",
        )


def _check_fold(fold: Fold, n: int, where: str) -> None:
    for name, part in {"train": fold.train, "test": fold.test}.items():
        indices = np.asarray(part)
        require(
            indices.ndim == 1 and bool(len(indices)) and indices.dtype.kind in "iu",
            f"the part {name} of {where} is no array of at least one index; give indices of sequences",
        )
        require(
            indices.min() >= 0 and indices.max() < n and len(np.unique(indices)) == len(indices),
            f"the part {name} of {where} repeats an index or has one outside 0 to {n - 1}; give each index once",
        )
    require(
        not len(np.intersect1d(fold.train, fold.test)),
        f"{where} has a sequence in both parts; the training and the test part must be disjoint",
    )
    require(
        len(fold.validation) == len(fold.train) and len(np.unique(fold.validation)) > 1,
        f"the validation groups of {where} are not one per training sequence with at least two groups; the penalty is "
        "cross-validated over these groups",
    )


def _check_unknown_names(s: _Subject) -> None:
    calls: dict[str, Callable[[], object]] = {
        "split": lambda: s.task.folds(s.raw, _UNKNOWN),
        "front end": lambda: s.task.represent(s.raw, s.task.recipe(_MODEL, _UNKNOWN).front_end),
        "model": lambda: s.task.recipe(_UNKNOWN),
    }
    for what, call in calls.items():
        try:
            call()
        except InputError:
            continue
        raise AssertionError(f"an unknown {what} raises no InputError; check the name with checks.option")


def _check_recipe(s: _Subject) -> None:
    recipe = s.task.recipe(_MODEL)
    require(isinstance(recipe, Recipe), f"recipe returns a {type(recipe).__name__}; return a Recipe")
    require(
        recipe.front_end in s.task.FRONT_ENDS,
        f"the recipe of '{_MODEL}' has the front end {recipe.front_end!r}; choose one of FRONT_ENDS",
    )
    require(
        isinstance(recipe.model, Reservoir) and not hasattr(recipe.model, "n_units_"),
        f"the recipe of '{_MODEL}' has no unfitted Reservoir as model; return millpond.evaluation.models.built(model)",
    )
    material = s.materials[recipe.front_end]
    whole = material.loop is None and any(question.rows is None for question in material.questions)
    require(
        recipe.pool is not None or not whole,
        f"a question is about whole sequences, but the recipe of '{_MODEL}' has no pool; add one, such as Pool('mean')",
    )


def _check_controls(s: _Subject) -> None:
    recipe = s.task.recipe(_MODEL)
    sequences = s.materials[recipe.front_end].sequences
    controls = s.task.controls(recipe, sequences.n_channels)
    short = [x[:_STEPS] for x in sequences.signals[:_SHORT]]
    for name, control in controls.items():
        require(isinstance(control, Reservoir), f"the control '{name}' is a {type(control).__name__}; use a Reservoir")
        clone(control).fit(short).transform(short)


CHECKS: dict[str, Callable[[_Subject], None]] = {
    "load": _check_load,
    "represent": _check_represent,
    "questions": _check_questions,
    "folds": _check_folds,
    "unknown names": _check_unknown_names,
    "recipe": _check_recipe,
    "controls": _check_controls,
}
"""The checks of loaded data by name, in the order in which they run."""
