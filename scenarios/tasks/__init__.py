"""The tasks a command can name.

A task is a module or an object with

``load(corpus, data)``
    the raw material, with a ``name``;
``represent(raw, front_end)``
    the `millpond.evaluation.task_data.Material` behind that front end: sequences, and what is asked of them;
``folds(raw, split)``
    the ways to part the sequences (`millpond.evaluation.folds.Fold`);
``recipe(model, front_end)``
    how a model is set up for it (`millpond.evaluation.recipe.Recipe`);
``controls(recipe, n_channels)``
    the controls of a reservoir, by the names they are printed under;
``of_sound(raw)``, ``keep_word(raw, fold, folder)``
    where raw is sound, if at all: how its waves are brought to one rate, and the one that is shown, left in `folder`;
``CORPORA``, ``SPLITS``, ``FRONT_ENDS``
    the names these take, the usual one first.
"""

from __future__ import annotations

import importlib
from typing import Any

from millpond.reservoir import checks

_SPOKEN = ("spoken-xor", "same-different", "n-back", "order", "online")
_SERIES = (
    "recall", "xor", "parity", "narma10", "volterra", "channel", "mackey-glass", "lorenz", "roessler", "henon",
    "sine-square", "forecast",
)  # fmt: skip
TASKS = (
    {
        "digits": "millpond.scenarios.speech.task",
        "ts": "millpond.scenarios.tasks.ts",
        "reber": "millpond.scenarios.tasks.reber",
        "gait": "millpond.scenarios.tasks.gait",
    }
    | {name: "millpond.scenarios.tasks.strings" for name in _SPOKEN}
    | {name: "millpond.scenarios.tasks.series" for name in _SERIES}
)


def task_of(name: str) -> Any:
    """Return the task called `name`; where a module has several, they are in its ``TASKS``."""
    module = importlib.import_module(TASKS[checks.option("task", name, TASKS)])
    return module.TASKS[name] if hasattr(module, "TASKS") else module
