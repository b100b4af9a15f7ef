"""The interface of a task, and loading of objects that are given as ``module:Name``."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from millpond.evaluation.folds import Fold
from millpond.evaluation.recipe import Recipe
from millpond.evaluation.task_data import Material
from millpond.reservoir import Reservoir, checks


@runtime_checkable
class Task(Protocol):
    """What is computed from which data. A module with these names, or an object, is a task.

    ``raw`` is the result of `load`: any object with the attribute ``name`` (str). Allowed names are listed with the
    default first.
    """

    @property
    def CORPORA(self) -> tuple[str, ...]:
        """The allowed names of data sets."""

    @property
    def SPLITS(self) -> tuple[str, ...]:
        """The allowed divisions into training and test part."""

    @property
    def FRONT_ENDS(self) -> tuple[str, ...]:
        """The allowed representations of the data."""

    def load(self, corpus: str, data: str | None = None) -> Any:
        """Return the raw data. `data` is the path that the user gave, if any."""

    def represent(self, raw: Any, front_end: str) -> Material:
        """Return the sequences of a front end, and the questions about them."""

    def folds(self, raw: Any, split: str) -> list[Fold]:
        """Return the divisions into training and test part."""

    def recipe(self, model: str, front_end: str | None = None) -> Recipe:
        """Return the set-up of the model with the name `model`."""

    def controls(self, recipe: Recipe, n_channels: int) -> dict[str, Reservoir]:
        """Return the unfitted controls of a reservoir by name."""


@runtime_checkable
class SpokenTask(Task, Protocol):
    """A task on single words, whose recordings can be displayed with their sound."""

    def of_sound(self, raw: Any) -> dict[str, Any]:
        """Return the settings of the resampling of the waves, which a recording stores."""

    def keep_word(self, raw: Any, fold: Fold, folder: Path) -> None:
        """Write the sound of the displayed word to `folder`."""


def loaded(what: str, name: str, where: str) -> Any:
    """Return the object "module:Name" `where`; `what` and `name` describe it in the error.

    A name that the user typed is also searched in the working folder.
    """
    if name == where and str(Path.cwd()) not in sys.path:  # an installed command does not search the working folder
        sys.path.insert(0, str(Path.cwd()))
    module, _, attribute = where.partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise checks.InputError(
            f"{what} '{name}' cannot be loaded ({error}); check the module's name and path"
        ) from None


def as_task(name: str, found: Any) -> Task:
    """Return `found`, or an instance of the class `found`, if it is a task."""
    if isinstance(found, type):
        try:
            found = found()
        except TypeError as error:
            raise checks.InputError(
                f"task '{name}' cannot be built ({error}); give every parameter a default"
            ) from None
    if isinstance(found, Task):
        return found
    members = ("CORPORA", "SPLITS", "FRONT_ENDS", "load", "represent", "folds", "recipe", "controls")
    missing = [member for member in members if not hasattr(found, member)]
    raise checks.InputError(f"task '{name}' lacks {', '.join(missing)}; add them (docs/own-substrate.md)")
