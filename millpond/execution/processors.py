"""How much of the machine a process takes."""

from __future__ import annotations

import os
from typing import Any

from threadpoolctl import threadpool_limits


def n_processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def one_thread() -> Any:
    """Keep linear algebra to one thread, JAX included where it has not begun yet: it reads this when it does."""
    flags, one = os.environ.get("XLA_FLAGS", ""), "--xla_cpu_multi_thread_eigen=false"
    if one not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {one}".strip()
    os.environ["NPROC"] = "1"
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # where JAX finds a GPU, workers share it
    return threadpool_limits(1)
