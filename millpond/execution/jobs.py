"""What is run: every model on every fold and seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sklearn.base import clone

from millpond.evaluation import learning_curve
from millpond.evaluation.closed_loop import evaluate_loop
from millpond.evaluation.evaluate import Outcome, evaluate, evaluate_baseline
from millpond.evaluation.folds import Fold
from millpond.evaluation.models import adjusted, places
from millpond.evaluation.recipe import Recipe
from millpond.evaluation.task_data import Material
from millpond.execution.processes import crew
from millpond.readout import Pool
from millpond.reservoir import Reservoir
from millpond.reservoir.provenance import config
from millpond.reservoir.workers import certain

Job = tuple[int, int, int]
"""Number of the entry, seed, number of the fold."""

Data = dict[str, Material]
"""For each front end the sequences behind it and the questions about them."""


Nested = dict[tuple[int, int], list[learning_curve.Part]]
"""For the first seed and each fold the parts of the training sequences on which a readout is trained too."""


@dataclass(frozen=True)
class Entry:
    """A row of the table in the making.

    Attributes
    ----------
    name, kind : str
        What it is called and whether it is a "reservoir", "baseline" or "control".
    of : str
        The reservoir it is a control of, or itself.
    model : Reservoir, or a baseline with fit and predict
        Not fitted; a copy with its own seed runs in each job.
    front_end : str
    pool : Pool, optional
        What makes one row of a whole sequence, where a question is about that.
    n_tried, n_tried_on_test : int
        Those of its `Recipe`.
    noisy : bool
        Whether the task has chance of its own in it.
    """

    name: str
    kind: str
    of: str
    model: Any
    front_end: str
    pool: Pool | None
    n_tried: int = 0
    n_tried_on_test: int = 0
    noisy: bool = False

    def seeds(self, seeds: list[int]) -> list[int]:
        """Return the seeds that are worth a run: all, or the first where chance plays no part."""
        return seeds if self.noisy or places(self.model, "random_state") else seeds[:1]


def with_controls(name: str, recipe: Recipe, controls: dict[str, Reservoir]) -> list[Entry]:
    """Return a reservoir and its controls, on the same front end and pooling; a baseline stands alone."""
    kind = "reservoir" if isinstance(recipe.model, Reservoir) else "baseline"
    tried = (recipe.n_tried, recipe.n_tried_on_test)
    return [Entry(name, kind, name, recipe.model, recipe.front_end, recipe.pool, *tried)] + [
        Entry(control, "control", name, model, recipe.front_end, recipe.pool) for control, model in controls.items()
    ]


def jobs_of(entries: list[Entry], folds: list[Fold], seeds: list[int]) -> list[Job]:
    """Return all that is to be run: what has no chance in it with one seed alone, what stands there twice once."""
    return [
        (e, s, f) for e in sorted(set(first_alike(entries)))
        for s in entries[e].seeds(seeds) for f in range(len(folds))
    ]  # fmt: skip


def first_alike(entries: list[Entry]) -> list[int]:
    """Return for each entry the first that runs the same model in the same way: two reservoirs share controls."""
    ways = [(config(e.model), e.front_end, e.pool and e.pool.get_params()) for e in entries]
    return [ways.index(way) for way in ways]


class Task(NamedTuple):
    """A run in the making: one entry, one seed, one fold, and the parts of its learning curve."""

    entry: Entry
    seed: int
    fold: Fold
    nested: list[learning_curve.Part] | None = None


def curves(jobs: list[Job], data: Data, folds: list[Fold]) -> Nested:
    """Return what the learning curves of the first seed are made on."""
    first = min(seed for _, seed, _ in jobs)
    question = next(iter(data.values())).questions[0]  # about the same sequences behind every front end
    return {(first, f): learning_curve.parts(fold, question, first) for f, fold in enumerate(folds)}


def outcomes(
    jobs: list[Job], entries: list[Entry], data: Data, folds: list[Fold], nested: Nested,
    n_workers: int | None = None, scheduler: str | None = None,
) -> Iterator[tuple[Job, Outcome]]:  # fmt: skip
    """Yield each job with its outcome, in the order in which they end; those in `nested` with a learning curve.

    No outcome depends on who does the work (see `millpond.execution.processes`) but the seconds.
    """
    tasks = {job: Task(entries[job[0]], job[1], folds[job[2]], nested.get(job[1:])) for job in jobs}
    with crew(data, n_workers, scheduler, len(jobs)) as run:
        yield from certain(run(outcome_of, tasks))


def outcome_of(task: Task, data: Data) -> Outcome:
    """Return what comes of a task."""
    entry, fold = task.entry, task.fold
    model, material = adjusted(entry.model, seed=task.seed), data[entry.front_end]
    if entry.kind == "baseline":
        return evaluate_baseline(model, material, fold)
    if material.loop is not None:
        return evaluate_loop(model, material, material.loop, fold, task.seed)
    pool = None if entry.pool is None else clone(entry.pool)
    return evaluate(model, pool, material, fold, task.nested, task.seed)
