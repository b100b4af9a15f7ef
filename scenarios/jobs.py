"""Runs in worker processes: every model on every fold and seed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from sklearn.base import clone
from threadpoolctl import threadpool_limits

from readout import Pool
from reservoir import Reservoir, checks
from reservoir.provenance import config
from scenarios import curve
from scenarios.evaluate import Outcome, evaluate, evaluate_baseline
from scenarios.folds import Fold
from scenarios.loop import evaluate_loop
from scenarios.models import adjusted, places
from scenarios.recipe import Recipe
from scenarios.tasks.material import Material

Job = tuple[int, int, int]
"""Number of the entry, seed, number of the fold."""

Data = dict[str, Material]
"""For each front end the sequences behind it and the questions about them."""


Nested = dict[tuple[int, int], list[curve.Part]]
"""For the first seed and each fold the parts of the training sequences on which a readout is trained too."""

_MOST_LOSSES = 3


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
    n_tried : int
        Settings that were tried before this one was kept; 0 where nobody tuned.
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
    noisy: bool = False

    def seeds(self, seeds: list[int]) -> list[int]:
        """Return the seeds that are worth a run: all, or the first where chance plays no part."""
        return seeds if self.noisy or places(self.model, "random_state") else seeds[:1]


def with_controls(name: str, recipe: Recipe, controls: dict[str, Reservoir]) -> list[Entry]:
    """Return a reservoir and its controls, on the same front end and pooling; a baseline stands alone."""
    kind = "reservoir" if isinstance(recipe.model, Reservoir) else "baseline"
    return [Entry(name, kind, name, recipe.model, recipe.front_end, recipe.pool, recipe.n_tried)] + [
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
    nested: list[curve.Part] | None = None


Run = Callable[[dict[Any, Task]], Iterator[tuple[Any, Outcome | checks.InputError]]]


def curves(jobs: list[Job], data: Data, folds: list[Fold]) -> Nested:
    """Return what the learning curves of the first seed are made on."""
    first = min(seed for _, seed, _ in jobs)
    question = next(iter(data.values())).questions[0]  # about the same sequences behind every front end
    return {(first, f): curve.parts(fold, question, first) for f, fold in enumerate(folds)}


def outcomes(
    jobs: list[Job], entries: list[Entry], data: Data, folds: list[Fold], nested: Nested, n_workers: int | None = None
) -> Iterator[tuple[Job, Outcome]]:
    """Yield each job with its outcome, in the order in which they end; those in `nested` with a learning curve.

    `n_workers` processes, as many as there are processors unless given; no outcome depends on it but the
    seconds.
    """
    tasks = {job: Task(entries[job[0]], job[1], folds[job[2]], nested.get(job[1:])) for job in jobs}
    with crew(data, min(n_workers or n_processors(), len(jobs))) as run:
        yield from certain(run(tasks))


def certain(ended: Iterable[tuple[Any, Outcome | checks.InputError]]) -> Iterator[tuple[Any, Outcome]]:
    """Yield what ended in an outcome, and raise the first error."""
    for name, outcome in ended:
        if isinstance(outcome, checks.InputError):
            raise outcome
        yield name, outcome


@contextmanager
def crew(data: Data, n_workers: int) -> Iterator[Run]:
    """Yield a function that runs tasks, given by names of the caller's, in `n_workers` processes that hold `data`.

    It yields each name with its outcome, or with the error of what was given, in the order in which they end. What a
    worker was at when it was killed is run again by another. The processes end with the context, done or not.

    Raises
    ------
    InputError
        Workers are killed again and again.
    """
    if n_workers == 1:
        with _one_thread():
            yield lambda tasks: ((name, _tried(task, data)) for name, task in tasks.items())
        return
    before = multiprocessing.active_children()
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(n_workers, spawn, _enter, (data,))

    def run(tasks: dict[Any, Task]) -> Iterator[tuple[Any, Outcome | checks.InputError]]:
        nonlocal pool
        left = dict(tasks)
        for _ in range(_MOST_LOSSES):
            try:
                waiting: dict[Future, Any] = {pool.submit(_work, task): name for name, task in left.items()}
                while waiting:
                    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                        name, outcome = waiting.pop(future), future.result()
                        del left[name]
                        yield name, outcome
                return
            except BrokenProcessPool:
                pool.shutdown(wait=False, cancel_futures=True)
                pool = ProcessPoolExecutor(n_workers, spawn, _enter, (data,))
        raise checks.InputError(
            f"worker processes were killed {_MOST_LOSSES} times, which the system does where memory runs out; "
            "what was done is kept: repeat the call, with fewer workers"
        )

    try:
        yield run
        pool.shutdown()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in set(multiprocessing.active_children()) - set(before):
            worker.kill()  # or a stopped call would wait for what it began
        raise


def _tried(task: Task, data: Data) -> Outcome | checks.InputError:
    try:
        return _run(task, data)
    except checks.InputError as error:
        return error


def _run(task: Task, data: Data) -> Outcome:
    entry, fold = task.entry, task.fold
    model, material = adjusted(entry.model, seed=task.seed), data[entry.front_end]
    if entry.kind == "baseline":
        return evaluate_baseline(model, material, fold)
    if material.loop is not None:
        return evaluate_loop(model, material, material.loop, fold, task.seed)
    pool = None if entry.pool is None else clone(entry.pool)
    return evaluate(model, pool, material, fold, task.nested, task.seed)


_context: list[Any] = []  # what a worker process keeps between its jobs


def _enter(data: Data) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that asked ends its workers, in one sentence
    threading.Thread(target=_follow, args=(os.getppid(),), daemon=True).start()
    # one thread a worker: together they fill the processors, and each takes its sums in one order
    _context[:] = [data, _one_thread()]


def _one_thread() -> Any:
    """Keep linear algebra to one thread, JAX included where it has not begun yet: it reads this when it does."""
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_multi_thread_eigen=false".strip()
    os.environ["NPROC"] = "1"
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # where JAX finds a GPU, workers share it
    return threadpool_limits(1)


def _follow(parent: int) -> None:
    """End this worker when its parent is gone, however that died: a worker waits for work for ever."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _work(task: Task) -> Outcome | checks.InputError:
    return _tried(task, _context[0])


def n_processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
