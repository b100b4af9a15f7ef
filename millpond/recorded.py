"""Recording the inputs and states of a task, in a comparison or separately."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from millpond.evaluation.evaluate import parted, scaler_of
from millpond.evaluation.folds import Fold
from millpond.evaluation.models import adjusted, named, with_settings
from millpond.evaluation.task import SpokenTask, Task
from millpond.evaluation.task_data import Material
from millpond.execution.processes import worker_pool
from millpond.recording import record
from millpond.reservoir import Reservoir, checks
from millpond.scenarios.tasks import task_of


def record_task(
    task: str, model: str, corpus: str, data: str | None, split: str, out: Path, *,
    units: int | None = None, seed: int = 0, front_end: str | None = None, overwrite: bool = False,
    n_workers: int | None = None, scheduler: str | None = None, progress: bool | None = None,
) -> None:  # fmt: skip
    """Record one model on `task` with the first fold of the split. An interrupted call resumes when repeated.

    The work is done in this process unless workers are requested. The file does not depend on this.
    """
    module = task_of(task)
    base, settings = named(model)
    recipe = module.recipe(base, front_end)
    if not isinstance(recipe.model, Reservoir):
        raise checks.InputError(
            f"model is '{model}', which is trained end to end and has no states to record; name a reservoir"
        )
    raw = module.load(corpus, data)
    material, fold = module.represent(raw, recipe.front_end), module.folds(raw, split)[0]
    facts = facts_of(task, raw, data, split, recipe.front_end)
    shared = (n_workers or 1) > 1 or scheduler is not None
    record(
        with_settings(adjusted(recipe.model, units, seed), settings), parted(material, fold, recipe.model), out,
        overwrite=overwrite, progress=progress,
        preparation=preparation(module, raw, material, fold, recipe, facts),
        workers=partial(worker_pool, n_workers=n_workers, scheduler=scheduler, takes_part=True) if shared else None,
    ).close()  # fmt: skip


def facts_of(task: str, raw: Any, data: str | None, split: str, front_end: str) -> dict[str, Any]:
    """Return the requested settings; folders are reduced to their name, because files may be shared."""
    folder = None if data is None else Path(data).resolve().name
    return {"task": task, "corpus": raw.name, "data": folder, "split": split, "front_end": front_end}


def preparation(
    module: Task, raw: Any, material: Material, fold: Fold, read: Any, facts: dict[str, Any]
) -> dict[str, Any]:
    """Return how the inputs of a recording were made and how its states are read, so that both can be repeated.

    `read` is a recipe or an entry of a comparison, with ``model`` and ``pool``.
    """
    return {
        **facts,
        "fold": fold.name,
        **(module.of_sound(raw) if isinstance(module, SpokenTask) else {}),
        "scaler": scaler_of(material.sequences, fold, material.weights, read.model).learnt,
        "pool": None if read.pool is None else read.pool.get_params(),
        "validation": [str(group) for group in fold.validation],
        "noise": material.noise,
    }
