"""The tasks by name. `millpond.evaluation.task.Task` describes what a task is."""

from __future__ import annotations

import importlib
from importlib.metadata import entry_points

from millpond.evaluation.task import Task, as_task, loaded
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
        "shd": "millpond.scenarios.tasks.shd",
    }
    | {name: "millpond.scenarios.tasks.strings" for name in _SPOKEN}
    | {name: "millpond.scenarios.tasks.series" for name in _SERIES}
)


def names() -> list[str]:
    """Return the names of all tasks, including those of other packages."""
    return [*TASKS, *(name for name in _others() if name not in TASKS)]


def task_of(name: str) -> Task:
    """Return the task `name`, which is a known name or "module:Name".

    Other packages register tasks with an entry point in the group ``millpond.tasks``.
    """
    if ":" in name:
        return as_task(name, loaded("task", name, name))
    if checks.option("task", name, names()) in TASKS:
        module = importlib.import_module(TASKS[name])
        return as_task(name, module.TASKS[name] if hasattr(module, "TASKS") else module)
    return as_task(name, loaded("task", name, _others()[name]))


def _others() -> dict[str, str]:
    return {entry.name: entry.value for entry in entry_points(group="millpond.tasks")}
