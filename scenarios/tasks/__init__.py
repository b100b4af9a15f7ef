"""The tasks by name.

A task is a module or an object with

``load(corpus, data)``
    returns the raw data, with a ``name``;
``represent(raw, front_end)``
    returns the `millpond.evaluation.task_data.Material` of a front end: sequences and questions;
``folds(raw, split)``
    returns the divisions into training and test part (`millpond.evaluation.folds.Fold`);
``recipe(model, front_end)``
    returns the set-up of a model (`millpond.evaluation.recipe.Recipe`);
``controls(recipe, n_channels)``
    returns the controls of a reservoir by name;
``of_sound(raw)``, ``keep_word(raw, fold, folder)``
    only for sound: describe the resampling of the waves, and write the displayed word to `folder`;
``CORPORA``, ``SPLITS``, ``FRONT_ENDS``
    the allowed names, with the default first.
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
        "digits-mean": "millpond.scenarios.speech.time_free",
        "ts": "millpond.scenarios.tasks.ts",
        "reber": "millpond.scenarios.tasks.reber",
        "gait": "millpond.scenarios.tasks.gait",
    }
    | {name: "millpond.scenarios.tasks.strings" for name in _SPOKEN}
    | {name: "millpond.scenarios.tasks.series" for name in _SERIES}
)


def task_of(name: str) -> Any:
    """Return the task `name`; a module with several tasks lists them in ``TASKS``."""
    module = importlib.import_module(TASKS[checks.option("task", name, TASKS)])
    return module.TASKS[name] if hasattr(module, "TASKS") else module
