"""The jobs of a comparison: every model on every fold and seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sklearn.base import clone

from millpond.evaluation import learning_curve
from millpond.evaluation.closed_loop import evaluate_loop
from millpond.evaluation.evaluate import Kept, Outcome, evaluate, evaluate_baseline, parted
from millpond.evaluation.folds import Fold
from millpond.evaluation.models import adjusted, places
from millpond.evaluation.recipe import Recipe
from millpond.evaluation.task_data import Material
from millpond.execution.processes import worker_pool
from millpond.readout import Pool
from millpond.recording import record
from millpond.reservoir import Reservoir
from millpond.reservoir.provenance import config
from millpond.reservoir.workers import certain

Job = tuple[int, int, int]
"""Index of the entry, seed, index of the fold."""

Data = dict[str, Material]
"""The sequences and questions of each front end."""


Nested = dict[tuple[int, int], list[learning_curve.Part]]
"""The parts of the training sequences for the learning curve, for the first seed and each fold."""


@dataclass(frozen=True)
class Entry:
    """A row of the result table.

    Attributes
    ----------
    name, kind : str
        Name, and "reservoir", "baseline" or "control".
    of : str
        The reservoir of a control; otherwise the name itself.
    model : Reservoir, or a baseline with fit and predict
        An unfitted model; each job runs a copy with its own seed.
    front_end : str
    pool : Pool, optional
        Pooling for questions about whole sequences.
    n_tried, n_tried_on_test : int
        The values of its `Recipe`.
    noisy : bool
        Whether the task itself is random.
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
        """Return the seeds to run: all, or only the first if nothing is random."""
        return seeds if self.noisy or places(self.model, "random_state") else seeds[:1]


def with_controls(name: str, recipe: Recipe, controls: dict[str, Reservoir]) -> list[Entry]:
    """Return a reservoir and its controls with the same front end and pooling, or a baseline."""
    kind = "reservoir" if isinstance(recipe.model, Reservoir) else "baseline"
    tried = (recipe.n_tried, recipe.n_tried_on_test)
    return [Entry(name, kind, name, recipe.model, recipe.front_end, recipe.pool, *tried)] + [
        Entry(control, "control", name, model, recipe.front_end, recipe.pool) for control, model in controls.items()
    ]


def jobs_of(entries: list[Entry], folds: list[Fold], seeds: list[int]) -> list[Job]:
    """Return all jobs: deterministic entries run with one seed, and identical entries run once."""
    return [
        (e, s, f) for e in sorted(set(first_alike(entries)))
        for s in entries[e].seeds(seeds) for f in range(len(folds))
    ]  # fmt: skip


def first_alike(entries: list[Entry]) -> list[int]:
    """Return the first identical entry of each entry, because reservoirs can share controls."""
    ways = [(config(e.model), e.front_end, e.pool and e.pool.get_params()) for e in entries]
    return [ways.index(way) for way in ways]


class Task(NamedTuple):
    """A job: one entry, one seed, one fold, the parts of its learning curve, and where its states are recorded."""

    entry: Entry
    seed: int
    fold: Fold
    nested: list[learning_curve.Part] | None = None
    kept: Kept | None = None


def curves(jobs: list[Job], data: Data, folds: list[Fold]) -> Nested:
    """Return the parts for the learning curves of the first seed."""
    first = min(seed for _, seed, _ in jobs)
    question = next(iter(data.values())).questions[0]  # the same sequences for every front end
    return {(first, f): learning_curve.parts(fold, question, first) for f, fold in enumerate(folds)}


def outcomes(
    jobs: list[Job], entries: list[Entry], data: Data, folds: list[Fold], nested: Nested,
    n_workers: int | None = None, scheduler: str | None = None, kept: dict[Job, Kept] | None = None,
) -> Iterator[tuple[Job, Outcome]]:  # fmt: skip
    """Yield each job with its outcome in the order of completion; jobs in `nested` include a learning curve.

    Except for the times, outcomes do not depend on the workers (see `millpond.execution.processes`). The states of the
    jobs in `kept` are recorded. Workers of a scheduler may have other disks, so this process runs these jobs then.
    """
    kept = kept or {}
    tasks = {job: Task(entries[job[0]], job[1], folds[job[2]], nested.get(job[1:]), kept.get(job)) for job in jobs}
    if scheduler is not None:
        for job in [job for job in jobs if job in kept]:
            yield job, outcome_of(tasks.pop(job), data)
    with worker_pool(data, n_workers, scheduler, len(tasks)) as run:
        yield from certain(run(outcome_of, tasks))


def outcome_of(task: Task, data: Data) -> Outcome:
    """Evaluate one (entry, seed, fold)."""
    entry, fold = task.entry, task.fold
    model, material = adjusted(entry.model, seed=task.seed), data[entry.front_end]
    if entry.kind == "baseline":
        return evaluate_baseline(model, material, fold)
    if material.loop is not None:
        if task.kept is not None:  # recorded with the true targets as input; the evaluation uses its own output
            sequences, told = parted(material, fold, model), task.kept.preparation
            record(clone(model), sequences, task.kept.path, overwrite=True, preparation=told, progress=False).close()
        return evaluate_loop(model, material, material.loop, fold, task.seed)
    pool = None if entry.pool is None else clone(entry.pool)
    return evaluate(model, pool, material, fold, task.nested, task.seed, task.kept)
