"""Execution on a Dask cluster: on this machine, at an address, or as Slurm jobs."""

from __future__ import annotations

import importlib.util
import logging
import pickle
import shutil
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn

from millpond.execution import versions
from millpond.execution.processors import n_processors, one_thread
from millpond.reservoir import checks
from millpond.reservoir.printable import tell
from millpond.reservoir.workers import Run, Work, tried

_PATIENCE = 60
"""Time to wait for a worker before a message (s); a queue may take any time."""

_ANSWER = 10
"""Time to try an address (s)."""

_SILENT = logging.CRITICAL + 1

LOOPBACK = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "worker_dashboard_address": "127.0.0.1:0"}
"""Local workers accept connections only from this machine, because a connection can run code."""

Waiting = Callable[[], str]
"""Return why no worker has started, or an empty string; raise InputError if none will start."""

_here = threading.local()  # limits linear algebra to one thread in each thread of a worker


@contextmanager
def cluster(held: Any, scheduler: str, n_workers: int | None) -> Iterator[Run]:
    """Yield a `Run` that uses the workers of a Dask scheduler.

    `held` is sent to each worker once and an item with each task. The task of a lost worker is given to another worker.
    If all are lost, the tasks wait for new workers.

    Parameters
    ----------
    held : object
    scheduler : str
        "local": processes on this machine, stopped with the context. "tcp://HOST:PORT" (or another Dask address): a
        running scheduler. "slurm": Slurm jobs with the settings ``jobqueue.slurm`` of Dask's configuration.
    n_workers : int, optional
        Number of local processes or Slurm jobs. The default is the number of processors.

    Raises
    ------
    InputError
        Dask is not installed, the scheduler or its workers cannot be reached, or the workers have other code.
    """
    distributed = ask(scheduler)
    with _workers(distributed, scheduler, n_workers or n_processors()) as (at, waiting):
        with distributed.Client(at, timeout=_ANSWER, set_as_default=False) as client:
            _wait(client, scheduler, waiting)
            # Not scattered, so that the scheduler can create it again if all workers with it are lost.
            sent = client.submit(pickle.loads, pickle.dumps(held, pickle.HIGHEST_PROTOCOL), pure=False)
            mark = versions.mark()

            def run(work: Work, items: dict[Any, Any]) -> Iterator[tuple[Any, Any]]:
                asked = {client.submit(_work, work, item, sent, mark, pure=False): name for name, item in items.items()}
                try:
                    for future in _as_completed(distributed, client, [*asked], scheduler, waiting):
                        yield asked[future], future.result()
                        future.release()
                except distributed.KilledWorker:
                    _lost(scheduler)
                except ModuleNotFoundError as error:
                    raise checks.InputError(
                        f"a worker of {scheduler} lacks the module {error.name}; install the same packages there, and "
                        "start workers in the folder of your own modules"
                    ) from error
                except distributed.CancelledError:
                    raise checks.InputError(
                        f"the scheduler at {scheduler} has ended; start it again and repeat the call, which resumes"
                    ) from None
                finally:
                    client.cancel([*asked])

            yield run


def ask(scheduler: str) -> Any:
    """Return the module ``distributed``; check `scheduler` before the computation.

    Raises
    ------
    InputError
        Dask is not installed, Slurm is not available, or `scheduler` is not an address.
    """
    needed = ["distributed", *(["dask_jobqueue"] if scheduler == "slurm" else [])]
    if not all(map(importlib.util.find_spec, needed)):
        raise checks.InputError("a scheduler needs Dask, which is not installed; pip install 'millpond[cluster]'")
    import distributed

    warnings.filterwarnings("ignore", message="Sending large graph", module="distributed")
    warnings.filterwarnings("ignore", category=distributed.versions.VersionMismatchWarning)  # `_work` reports it
    for name in ["asyncio", *(n for n in logging.root.manager.loggerDict if n.startswith("distributed"))]:
        logging.getLogger(name).setLevel(_SILENT)  # the error message is one sentence
    if scheduler == "slurm" and shutil.which("sbatch") is None:
        raise checks.InputError(
            "scheduler is 'slurm', but the command sbatch was not found; run it on a machine of the cluster"
        )
    try:
        if scheduler not in ("local", "slurm"):
            distributed.comm.get_address_host_port(scheduler, strict=True)
    except (ValueError, NotImplementedError):
        raise checks.InputError(
            f"scheduler is '{scheduler}', but local, slurm or an address like tcp://HOST:8786 is needed; give one"
        ) from None
    return distributed


@contextmanager
def _workers(distributed: Any, scheduler: str, n: int) -> Iterator[tuple[Any, Waiting]]:
    """Yield the address or cluster for a client; start workers if necessary."""
    if scheduler == "local":
        own = {"n_workers": n, "threads_per_worker": 1, "memory_limit": 0} | LOOPBACK
        try:
            started = distributed.LocalCluster(**own, silence_logs=_SILENT)
        except RuntimeError:
            raise checks.InputError(
                "the workers of scheduler 'local' did not start, probably because they import the calling script; "
                "put the calls of that script under 'if __name__ == \"__main__\":', or leave the scheduler out"
            ) from None
        with started:
            yield started, partial(_lost, scheduler)
    elif scheduler == "slurm":
        from millpond.execution.slurm import jobs

        with jobs(n) as begun:
            yield begun
    else:
        try:  # before creating a client, which would retry for ever
            socket.create_connection(distributed.comm.get_address_host_port(scheduler), _ANSWER).close()
        except OSError as error:
            raise checks.InputError(
                f"no scheduler answers at {scheduler} ({error}); start one with 'dask scheduler', or use local"
            ) from None
        yield scheduler, str


def _as_completed(distributed: Any, client: Any, futures: list[Any], scheduler: str, waiting: Waiting) -> Iterator[Any]:
    """Yield futures as they end; report when no worker is left and raise InputError if none will start."""
    ended = distributed.as_completed(futures, loop=client.loop)
    look, said = time.monotonic() + _PATIENCE, False
    while ended.count():
        if ended.has_ready():
            yield from ended.next_batch()
            look = time.monotonic() + _PATIENCE
            continue
        time.sleep(0.01)
        if time.monotonic() > look:
            there = client.scheduler_info()["workers"]
            look = time.monotonic() + (_PATIENCE if there else _ANSWER)
            if not there:
                waiting()
                if not said:
                    tell(f"all workers of {scheduler} have ended; waiting for a new one")
            said = not there


def _lost(scheduler: str) -> NoReturn:
    raise checks.InputError(
        f"workers of {scheduler} keep dying, probably out of memory; "
        "give them more memory and repeat the call, which resumes"
    )


def _wait(client: Any, scheduler: str, waiting: Waiting) -> None:
    """Wait until there is a worker."""
    queued = scheduler == "slurm"  # which may take any time
    said = None
    while not client.scheduler_info()["workers"]:
        if queued and (why := waiting()) != said:
            tell("waiting for the queue to start a worker" + (f" ({why})" if why else ""))
            said = why
        try:
            client.wait_for_workers(1, timeout=_ANSWER if queued else _PATIENCE)
        except (OSError, TimeoutError) as error:
            if not queued:
                raise checks.InputError(
                    f"no worker of {scheduler} started within {_PATIENCE} s; start some with 'dask worker {scheduler}'"
                ) from error


def _work(work: Work, item: Any, held: Any, mark: str) -> Any:
    """Evaluate one item on a worker with one thread for linear algebra, after comparing its code with the caller's."""
    if mark != versions.mark():
        return checks.InputError(
            "a worker has another version of Millpond, Python or a numerical library, so its results would "
            "differ; install the same versions there"
        )
    if not hasattr(_here, "one"):
        _here.one = one_thread()
    return tried(work, item, held)
