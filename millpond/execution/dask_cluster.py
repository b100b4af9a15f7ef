"""Work on a Dask cluster: on this machine, behind an address, or as jobs of Slurm."""

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
"""How long a worker is waited for (s) before that is said; a queue takes what it takes."""

_ANSWER = 10
"""How long an address is tried (s)."""

_SILENT = logging.CRITICAL + 1

LOOPBACK = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "worker_dashboard_address": "127.0.0.1:0"}
"""Nobody on another machine reaches the workers of this one: whoever does runs code there."""

Waiting = Callable[[], str]
"""Return why workers are waited for, "" where nobody says; raise where none will come."""

_here = threading.local()  # what keeps linear algebra to one thread, in each thread of a worker


@contextmanager
def cluster(held: Any, scheduler: str, n_workers: int | None) -> Iterator[Run]:
    """Yield a function that runs a work on items, given by names, by the workers of a Dask scheduler.

    `held` goes to each worker once, an item with each work. What a worker was at when it was lost goes to another;
    where all are lost, work waits for new ones.

    Parameters
    ----------
    held : object
    scheduler : str
        "local": processes of this machine, ended with the context. "tcp://HOST:PORT" (or another of Dask's addresses):
        a scheduler that runs already. "slurm": jobs of that queue, as ``jobqueue.slurm`` of Dask's configuration says.
    n_workers : int, optional
        Local processes or Slurm's jobs, as many as there are processors unless given.

    Raises
    ------
    InputError
        Dask is not installed, no such scheduler, no workers, or workers with other code than this.
    """
    distributed = ask(scheduler)
    with _workers(distributed, scheduler, n_workers or n_processors()) as (at, waiting):
        with distributed.Client(at, timeout=_ANSWER, set_as_default=False) as client:
            _wait(client, scheduler, waiting)
            # Not scattered: this way the scheduler can make it again where all that held it are lost.
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
    """Return the module ``distributed`` where `scheduler` can be one: a mistake is told before the work.

    Raises
    ------
    InputError
        Dask is not installed, a queue that is not here, or something that is no address.
    """
    needed = ["distributed", *(["dask_jobqueue"] if scheduler == "slurm" else [])]
    if not all(map(importlib.util.find_spec, needed)):
        raise checks.InputError("a scheduler needs Dask, which is not installed; pip install 'millpond[cluster]'")
    import distributed

    warnings.filterwarnings("ignore", message="Sending large graph", module="distributed")
    warnings.filterwarnings("ignore", category=distributed.versions.VersionMismatchWarning)  # `_work` says it
    for name in ["asyncio", *(n for n in logging.root.manager.loggerDict if n.startswith("distributed"))]:
        logging.getLogger(name).setLevel(_SILENT)  # what matters is said in one sentence
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
    """Yield what a client connects to, with workers that are begun here where they are not there yet."""
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
        try:  # before there is a client, which would go on trying
            socket.create_connection(distributed.comm.get_address_host_port(scheduler), _ANSWER).close()
        except OSError as error:
            raise checks.InputError(
                f"no scheduler answers at {scheduler} ({error}); start one with 'dask scheduler', or use local"
            ) from None
        yield scheduler, str


def _as_completed(distributed: Any, client: Any, futures: list[Any], scheduler: str, waiting: Waiting) -> Iterator[Any]:
    """Yield futures as they end; say so where no worker is left, and give up where none will come."""
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
    """Return when there is a worker."""
    queued = scheduler == "slurm"  # which takes what it takes
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
    """Return what comes of an item, on a worker: one thread for linear algebra, and the same code as the caller's."""
    if mark != versions.mark():
        return checks.InputError(
            "a worker has another version of Millpond, Python or a numerical library, so its results would "
            "differ; install the same versions there"
        )
    if not hasattr(_here, "one"):
        _here.one = one_thread()
    return tried(work, item, held)
