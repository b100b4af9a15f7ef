"""Number of processors and threads that a process uses."""

from __future__ import annotations

import hashlib
import os
import platform
from functools import cache
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from millpond.reservoir.cache import private


def n_processors() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def one_thread() -> Any:
    """Limit linear algebra to one thread. JAX is included if it has not started yet, and stores compiled programs."""
    flags, one = os.environ.get("XLA_FLAGS", ""), "--xla_cpu_multi_thread_eigen=false"
    if one not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {one}".strip()
    os.environ["NPROC"] = "1"
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # if JAX finds a GPU, workers share it
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(_jax_cache()))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
    return threadpool_limits(1)


@cache
def _jax_cache() -> Path:
    """Return a private folder for programs that JAX compiled for this kind of processor."""
    try:
        about = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        about = platform.processor()
    flags = next((line for line in about.splitlines() if line.startswith("flags")), about[:200])
    return private(f"jax-{hashlib.sha256(flags.encode()).hexdigest()[:12]}")
