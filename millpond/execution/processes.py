"""Worker pools of processes or a cluster. Results do not depend on the pool."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, nullcontext
from queue import SimpleQueue
from typing import Any

from millpond.execution.processors import n_processors, one_thread
from millpond.reservoir import checks
from millpond.reservoir.printable import tell
from millpond.reservoir.workers import Run, Work, serial, tried

_MOST_LOSSES = 3
_UNGUARDED = 78  # exit code of a worker that tried to start workers while importing the calling script
_FIRST, _WORTH = 1.0, 5.0
"""Time that this process works alone first, and minimum remaining time to start workers, which takes seconds."""


def worker_pool(
    held: Any, n_workers: int | None = None, scheduler: str | None = None, n_items: int | None = None,
    takes_part: bool = False,
) -> AbstractContextManager[Run]:  # fmt: skip
    """Return a context that yields a `Run` with workers that receive `held`. The workers stop with the context.

    The task of a killed worker is repeated by another.

    Parameters
    ----------
    held : object
        Data that is sent to each worker once.
    n_workers : int, optional
        Number of processes, at most `n_items`. The default is the number of processors. One of them is this process.
    scheduler : str, optional
        Use Dask instead of local processes: see `millpond.execution.dask_cluster`.
    takes_part : bool
        Whether this process is one of the workers and works while others start. A task that crashes a worker then
        crashes this process. It works alone for a second first, and to the end if little is left.

    Raises
    ------
    InputError
        Workers are killed repeatedly, the calling script has no main guard, or the scheduler cannot be used.
    """
    leave_if_importing()
    if scheduler is not None:
        from millpond.execution.dask_cluster import cluster

        return cluster(held, scheduler, n_workers)
    n = n_workers or n_processors()
    n = min(n, n_items or n)
    return _serial(held) if n == 1 else _processes(held, n, takes_part)


@contextmanager
def _serial(held: Any) -> Iterator[Run]:
    with one_thread(), serial(held) as run:
        yield run


@contextmanager
def _processes(held: Any, n_workers: int, takes_part: bool) -> Iterator[Run]:
    def begun() -> ProcessPoolExecutor:
        spawn, n = multiprocessing.get_context("spawn"), n_workers - takes_part
        sent = spawn.Queue()  # via a queue: `initargs` would block until the worker has imported everything
        sent.cancel_join_thread()
        for _ in range(n):
            sent.put(held)
        return ProcessPoolExecutor(n, spawn, _enter, (sent,))

    pool: ProcessPoolExecutor | None = None if takes_part else begun()

    def run(work: Work, items: dict[Any, Any]) -> Iterator[tuple[Any, Any]]:
        nonlocal pool
        left, n_losses = dict(items), 0
        if takes_part and pool is None:
            yield from _small(work, left, held, n_workers)
            if not left:
                return
        pool = pool or begun()
        while n_losses < _MOST_LOSSES:
            n_left = len(left)
            try:
                # only a few at a time: this process can take the remaining items
                todo, asked, ended = deque(left), dict[Future, Any](), SimpleQueue[Future]()
                while left:
                    while todo and len(asked) < 2 * n_workers:
                        name = todo.popleft()
                        with _blocked(signal.SIGINT):  # set in a worker from its start
                            future = pool.submit(_work, work, left[name])
                        asked[future] = name
                        future.add_done_callback(ended.put)
                    if takes_part and todo and ended.empty():
                        name = todo.pop()
                        found = tried(work, left[name], held)
                    else:
                        future = ended.get()
                        name, found = asked.pop(future), future.result()
                    del left[name]
                    yield name, found
                return
            except BrokenProcessPool:
                _check_begun([*(pool._processes or {}).values()])
                n_losses = 1 if len(left) < n_left else n_losses + 1
                pool.shutdown(wait=False, cancel_futures=True)
                pool = begun()
        raise checks.InputError(
            f"worker processes were killed {_MOST_LOSSES} times in a row, probably out of memory; "
            "repeat the call with fewer workers, which resumes"
        )

    whole = False
    try:
        with one_thread() if takes_part else nullcontext():
            yield run
        whole = not takes_part  # otherwise a worker may still be starting
    finally:
        if pool is not None:
            workers = [*(pool._processes or {}).values()]
            pool.shutdown(wait=whole, cancel_futures=True)
            if not whole:
                for worker in workers:
                    worker.kill()  # otherwise the call would wait for the running task
                    worker.join()


def _small(work: Work, left: dict[Any, Any], held: Any, n_workers: int) -> Iterator[tuple[Any, Any]]:
    """Process items from the end of `left` here, for a short time, or all if workers would not be faster."""
    begin, n_done, alone = time.monotonic(), 0, False
    while left:
        spent = time.monotonic() - begin
        if spent >= _FIRST and not alone:
            if spent / n_done * len(left) > _WORTH:
                return
            alone = True
        name = next(reversed(left))
        yield name, tried(work, left.pop(name), held)
        n_done += 1
    if n_done:
        tell(f"small job: used one process, because starting {n_workers} takes longer")


def leave_if_importing() -> None:
    """Exit if this process is a worker that is still importing the calling script."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        os._exit(_UNGUARDED)


def _check_begun(workers: list[Any]) -> None:
    """Raise InputError if a worker failed while importing the calling script."""
    for worker in workers:  # the pool ends them all; an exit code that its thread has just read is not visible at once
        worker.join(5)
    codes = [worker.exitcode for worker in workers if worker.exitcode is not None and worker.exitcode > 0]
    if codes:
        raise checks.InputError(
            f"a worker process ended with exit code {codes[0]} while it imported the calling script; "
            "put the calls of that script under 'if __name__ == \"__main__\":', or use one worker"
        )


@contextmanager
def _blocked(which: signal.Signals) -> Iterator[None]:
    """Block a signal until the context ends."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {which})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_context: list[Any] = []  # data that a worker process keeps between jobs


def _enter(sent: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the coordinator stops its workers and reports one sentence
    threading.Thread(target=_follow, daemon=True).start()
    # one thread per worker: all processors are used, and sums have a fixed order
    _context[:] = [sent.get(), one_thread()]


def _follow() -> None:
    """Stop this worker when its parent has ended, even after a crash; otherwise it would wait for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _work(work: Work, item: Any) -> Any:
    return tried(work, item, _context[0])
