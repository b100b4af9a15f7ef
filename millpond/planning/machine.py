"""Measurements of this machine: sparse matrix products, writing, copying and memory."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

_ENTRY = 12  # bytes of a non-zero entry: value and column index
_MOST_ENTRIES = 2 * 10**7  # 240 MB, larger than all caches: beyond this the time per entry is constant
_BLOCK = 2**26


def products(models: list[tuple[int, float]], seconds: float = 0.02) -> list[float]:
    """Return the CPU time of sparse matrix-vector products for pairs of a number of rows and bytes.

    The products are run in turns, because their ratios matter.
    """
    work = [_product(n_units, n_bytes) for n_units, n_bytes in models]
    taken = _in_turns([run for with_entries, without, _ in work for run in (with_entries, without)], seconds)
    return [
        max(full - empty, 1e-9) * more
        for (_, _, more), full, empty in zip(work, taken[::2], taken[1::2], strict=True)
    ]  # fmt: skip


def _product(n_units: int, n_bytes: float) -> tuple[Callable[[], object], Callable[[], object], float]:
    """Return a product, a product of an empty matrix, and the factor to the requested size."""
    wanted = max(n_units, n_bytes / _ENTRY)
    n_units = min(n_units, _MOST_ENTRIES)
    rows = max(1, min(n_units, int(_MOST_ENTRIES * n_units / wanted)))
    each = min(max(1, round(wanted / n_units)), _MOST_ENTRIES // rows)
    rng = np.random.default_rng(0)
    columns = rng.integers(0, n_units, rows * each, dtype=np.int32)
    matrix = csr_array((np.ones(rows * each), columns, np.arange(0, rows * each + 1, each)), shape=(rows, n_units))
    vector, empty = np.ones(n_units), csr_array((1, n_units))
    return lambda: matrix @ vector, lambda: empty @ vector, wanted / (rows * each)


def _in_turns(work: list[Callable[[], object]], seconds: float) -> list[float]:
    """Return the median CPU time of each, over rounds in which each is repeated until it takes about `seconds`."""
    times = [max(1, int(seconds / max(_spent(run, 2) / 2, 1e-6))) for run in work]
    return np.median([[_spent(run, n) / n for run, n in zip(work, times, strict=True)] for _ in range(7)], 0).tolist()


def _spent(work: Callable[[], object], n: int) -> float:
    start = time.process_time()
    for _ in range(n):
        work()
    return time.process_time() - start


def disk_speeds(folder: Path) -> dict[str, float]:
    """Return the rates of writing to and copying on the disk of `folder` (bytes/s)."""
    block = np.random.default_rng(0).bytes(_BLOCK)  # incompressible data
    found: dict[str, list[float]] = {"write": [], "copy": []}
    with tempfile.TemporaryDirectory(dir=folder) as name:
        first, second = Path(name, "first"), Path(name, "second")
        for _ in range(3):
            start = time.perf_counter()
            first.write_bytes(block)
            _to_disk(first)
            found["write"].append(_BLOCK / (time.perf_counter() - start))
            start = time.perf_counter()
            shutil.copyfile(first, second)
            _to_disk(second)
            found["copy"].append(_BLOCK / (time.perf_counter() - start))
    return {name: float(np.median(speeds)) for name, speeds in found.items()}


def _to_disk(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def memory() -> int:
    """Return the bytes of memory of this machine."""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 2**34  # Windows: a typical value
