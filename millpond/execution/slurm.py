"""Slurm jobs that run Dask workers. They are monitored, and cancelled when the command ends in any way."""

from __future__ import annotations

import logging
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from millpond.reservoir import checks

_EVERY = 10
"""Interval between checks of the jobs (s)."""

_USUAL: dict[str, Any] = {"cores": 1, "processes": 1, "memory": "4GB"}
_SECTION = "jobqueue.slurm"

# Runs in a separate process, which survives a kill of the command and waits for the end of its input. It cancels twice,
# because a job may not have reached the queue yet.
_ENDING = 'cat; for pause in 0 5; do sleep $pause; scancel --name "$1"; done; test -z "$2" || rm -rf "$2"'


@contextmanager
def jobs(n: int) -> Iterator[tuple[Any, Callable[[], str]]]:
    """Yield a Dask cluster of `n` jobs and a function that returns why they wait and raises InputError if none is left.

    A job that ends before the command, for example at its time limit, is submitted again. The output of jobs is written
    to a folder ``millpond-slurm-...`` in the working folder, which all machines must share. It is kept after an error.

    Raises
    ------
    InputError
        The queue rejects the job.
    """
    import dask

    on_interrupt = signal.getsignal(signal.SIGINT)
    import dask_jobqueue

    signal.signal(signal.SIGINT, on_interrupt)  # the import changes the handler to exit silently with code 0
    from tornado.ioloop import PeriodicCallback

    logging.getLogger("tornado.application").setLevel(
        logging.CRITICAL + 1
    )  # jobs that the queue rejects are reported below
    told = dask.config.get(_SECTION, {})
    usual = {name: value for name, value in _USUAL.items() if told.get(name) is None}
    name = f"{told['name'] if told['name'] != 'dask-worker' else 'millpond'}-{secrets.token_hex(4)}"
    logs = dask.config.get(f"{_SECTION}.log-directory")
    own = logs is None
    logs = logs or tempfile.mkdtemp(prefix="millpond-slurm-", dir=Path.cwd())
    ending = None
    try:
        cluster: Any = dask_jobqueue.SLURMCluster(
            job_name=name, log_directory=logs, silence_logs=logging.CRITICAL + 1,
            scheduler_options={"dashboard_address": "127.0.0.1:0"} | dask.config.get(f"{_SECTION}.scheduler-options"),
            # Slurm limits memory; Dask would pause a worker for ever at 80 % of it
            worker_extra_args=["--memory-limit", "0", *dask.config.get(f"{_SECTION}.worker-extra-args")],
            job_script_prologue=[*_environment(), *dask.config.get(f"{_SECTION}.job-script-prologue")],
            **usual,
        )  # fmt: skip
        with cluster as started:
            _accepted(started.job_script())
            words = ["sh", "-c", _ENDING, "sh", name, logs if own else ""]
            ending = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
            started.scale(jobs=n)
            again = PeriodicCallback(lambda: started.scale(jobs=n), 1000 * _EVERY)
            started.loop.add_callback(again.start)
            yield started, partial(_waiting, started, name, Path(logs))
    except checks.InputError:
        own = own and not any(Path(logs).iterdir())
        raise
    finally:
        if ending is not None:
            ending.kill()
            ending.communicate()
        if own:
            shutil.rmtree(logs, ignore_errors=True)


def _environment() -> list[str]:
    """Return the lines that give a job the environment of this process, also if the queue does not export it."""
    path = os.environ.get("PYTHONPATH")
    return [f"export PYTHONPATH={shlex.quote(path)}"] if path else []


def _accepted(script: str) -> None:
    """Raise InputError if the queue would reject a job, which Dask ignores."""
    asked = subprocess.run(["sbatch", "--test-only"], input=script, capture_output=True, text=True, check=False)
    if asked.returncode:
        raise checks.InputError(
            f"the queue rejects the job ({_line(asked.stderr)}); set memory, walltime, queue or account of "
            f"{_SECTION} in Dask's configuration, as with DASK_JOBQUEUE__SLURM__MEMORY=2GB"
        )


def _waiting(cluster: Any, name: str, logs: Path) -> str:
    """Return the reason of the queue why jobs wait.

    Raises
    ------
    InputError
        All jobs have ended.
    """
    words = ["squeue", "--noheader", "--name", name, "--format", "%r"]
    asked = subprocess.run(words, capture_output=True, text=True, check=False)
    if asked.returncode or not cluster.workers:  # the queue is busy, or jobs have not reached it yet
        return ""
    if not asked.stdout.strip():
        said = [_line(path.read_text(errors="replace")) for path in sorted(logs.glob("*.err"))]
        raise checks.InputError(
            f"all jobs of the queue have ended ({next(filter(None, said[::-1]), 'no message')}); what was done "
            f"is kept: look into {logs}, set {_SECTION} in Dask's configuration right, and repeat the call"
        )
    return ", ".join(sorted({line.strip() for line in asked.stdout.splitlines()} - {"None"}))


def _line(text: str) -> str:
    """Return the last non-empty line."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
