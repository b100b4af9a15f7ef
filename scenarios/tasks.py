"""The tasks a command can name.

A task is a module with

``load(corpus, data)``
    the material, with a ``name``;
``represent(material, front_end)``
    its labelled `Sequences` behind that front end, and the weights of the channels;
``folds(material, split)``
    the ways to part it (`scenarios.folds.Fold`);
``recipe(model, front_end)``
    how a model is set up for it (`scenarios.digits.recipes.Recipe`);
``CORPORA``, ``SPLITS``, ``FRONT_ENDS``
    the names these take.
"""

from __future__ import annotations

import importlib
from typing import Any

from reservoir import checks

TASKS = {"digits": "scenarios.digits.task"}


def task_module(name: str) -> Any:
    """Return the module of the task called `name`."""
    return importlib.import_module(TASKS[checks.option("task", name, TASKS)])
