"""Number of processors and threads that a process uses."""

from __future__ import annotations

import os
from typing import Any

from threadpoolctl import threadpool_limits


def n_processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def one_thread() -> Any:
    """Limit linear algebra to one thread. JAX is included if it has not started yet."""
    flags, one = os.environ.get("XLA_FLAGS", ""), "--xla_cpu_multi_thread_eigen=false"
    if one not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {one}".strip()
    os.environ["NPROC"] = "1"
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # if JAX finds a GPU, workers share it
    return threadpool_limits(1)
