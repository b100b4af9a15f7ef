"""Sharing work out: what a task costs besides itself, and what a second worker is worth to a recording.

Time on the wall, which needs two idle processors; workers are begun within it.
"""

from __future__ import annotations

import importlib.util
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Row, in_turns, ratio
from millpond.execution.processes import worker_pool
from millpond.lsm import LiquidStateMachine
from millpond.physical import WaveTank
from millpond.recording import record
from millpond.reservoir import Reservoir

_N_TASKS = 500


def nothing(item: Any, held: Any) -> Any:
    """Do nothing: what is left is the way there and back."""
    return item


def rows() -> list[Row]:
    """Measure empty tasks by processes and by Dask, and recordings by one worker and by two."""
    found = [Row("a task by two processes, besides itself", _overhead(None), "ms", 20, at_most=True)]
    if importlib.util.find_spec("distributed"):
        found.append(Row("a task by two of Dask's, besides itself", _overhead("local"), "ms", 20, at_most=True))
    else:
        found.append(Row("a task by two of Dask's", None, "", note="Dask is not installed: the extra cluster"))
    rng = np.random.default_rng(0)
    walks = [np.cumsum(rng.normal(size=(35, 13)), axis=0) / 4 for _ in range(4000)]
    bands = [rng.normal(size=(n, 16)) for n in rng.integers(15, 46, 30000)]
    for name, model, signals in (
        ("LSM, 500 neurons, 4000 words", LiquidStateMachine(n_units=500, engine="numba", random_state=0), walks),
        ("water, 30 000 words", WaveTank(random_state=0), bands),
    ):
        found += _two(name, model, signals)
    return found


def _overhead(scheduler: str | None) -> float:
    items = {k: np.zeros(100) for k in range(_N_TASKS)}
    with worker_pool(None, 2, scheduler) as run:
        dict(run(nothing, items))  # workers come and import
        seconds = in_turns(lambda: dict(run(nothing, items)), rounds=3, clock=time.perf_counter)
    return float(np.median(seconds)) / _N_TASKS * 1e3


def _two(name: str, model: Reservoir, signals: list[np.ndarray]) -> list[Row]:
    model.fit(signals)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.h5")

        def by(n: int) -> None:
            shared = partial(worker_pool, n_workers=n, takes_part=True) if n > 1 else None
            record(model, signals, path, progress=False, crew=shared).close()

        seconds = in_turns(lambda: by(1), lambda: by(2), rounds=3, clock=time.perf_counter, before=lambda: _gone(path))
    return [
        Row(f"{name}: recorded by one", float(np.median(seconds[0])), "s"),
        Row(f"{name}: by two, times faster", ratio(seconds), "x", 1.7),
    ]


def _gone(path: Path) -> None:
    path.unlink(missing_ok=True)
