"""Writing a recording: share of the speed of a bare np.save of the same states.

133 MB of float32 states, 1000 units wide, in sequences of 30 to 100 steps, from a substrate that costs
nothing: it hands out rows of an array. What `record` does besides (structure, provenance, checks, inputs,
times, moving the file into place) counts.
"""

from __future__ import annotations

import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np

from benchmarks.measure import Row, in_turns, ratio
from millpond.recording import record
from millpond.reservoir import Reservoir, Sequences

_N_UNITS = 1000
_N_ROWS = 33250


class Prepared(Reservoir):
    """A substrate whose states lie ready: its one channel says at which row to begin."""

    states: ClassVar[np.ndarray]  # of the class, not of the model, whose arrays go into the fingerprint

    def __init__(self, dtype: str = "float32") -> None:
        self.dtype = dtype

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Set the number of units."""
        self.n_units_, self.unit_positions_ = _N_UNITS, None

    def initial_state(self) -> None:
        """Return no state."""
        return None

    def advance(self, U: np.ndarray, state: None) -> tuple[np.ndarray, None]:
        """Return the input."""
        first = int(U[0, 0])
        return self.states[first : first + len(U)], None


def rows() -> list[Row]:
    """Measure states of both precisions against np.save, in CPU time and in time on the wall."""
    rng = np.random.default_rng(0)
    single = rng.uniform(-1, 1, (_N_ROWS, _N_UNITS)).astype(np.float32)
    edges = [0]
    while edges[-1] < _N_ROWS:
        edges.append(min(edges[-1] + int(rng.integers(30, 101)), _N_ROWS))
    sequences = Sequences([np.arange(a, b, dtype=float)[:, None] for a, b in pairwise(edges)])
    found = []
    with tempfile.TemporaryDirectory() as folder:
        bare, path = Path(folder, "bare.npy"), Path(folder, "recording.h5")
        for dtype in ("float32", "float64"):
            Prepared.states = single.astype(dtype)
            model = Prepared(dtype).fit(sequences)

            def clear() -> None:
                bare.unlink(missing_ok=True)
                path.unlink(missing_ok=True)

            def save() -> None:
                np.save(bare, single)

            def write(model: Prepared = model) -> None:
                record(model, sequences, path, progress=False).close()

            for clock, kind in ((time.process_time, "CPU time"), (time.perf_counter, "time on the wall")):
                seconds = in_turns(save, write, rounds=9, clock=clock, before=clear)
                what = f"{dtype} states to float32, {kind}"
                speed = single.nbytes / 1e6 / float(np.median(seconds[1]))
                found.append(Row(f"{what}: speed", speed, "MB/s"))
                found.append(Row(f"{what}: of np.save", ratio(seconds), "", 0.25))
            clear()
            with record(model, sequences, path, progress=False) as recording:
                assert (np.concatenate(list(recording.states)) == single).all()
    del Prepared.states
    return found
