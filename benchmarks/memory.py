"""Recording and training out of core: the most memory it takes.

20000 sequences of 42 steps through 1000 units: 3.4 GB of states, recorded to a temporary file, and a
readout trained on every row of it, in a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.measure import Row
from millpond.esn import EchoStateNetwork
from millpond.readout import RidgeClassifier
from millpond.recording import record
from millpond.reservoir import Sequences

_N_SEQUENCES = 20000
_N_STEPS = 42
_N_CHANNELS = 13
_N_UNITS = 1000


def rows() -> list[Row]:
    """Run `work` in a fresh process and report what it measured of itself."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.memory", str(Path(folder, "recording.h5"))]
        root = Path(__file__).parents[1]
        done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, check=True, text=True)
    found = json.loads(done.stdout)
    what = f"{found['gigabytes']:.1f} GB of states: peak of resident memory"
    return [
        Row(what, found["peak"], "MB", 600, at_most=True),
        Row("before the first state, with all inputs", found["start"], "MB"),
        Row("after the recording", found["recorded"], "MB"),
        Row("recording: CPU time", found["record_seconds"], "s"),
        Row("training: CPU time", found["fit_seconds"], "s"),
    ]


def work(path: Path) -> dict[str, float]:
    """Record to `path` and train on it; return seconds and the peaks of memory (MB)."""
    rng = np.random.default_rng(0)
    signals = list(rng.normal(size=(_N_SEQUENCES, _N_STEPS, _N_CHANNELS)))
    sequences = Sequences(signals, labels=np.arange(_N_SEQUENCES) % 10)
    model = EchoStateNetwork(n_units=_N_UNITS, random_state=0).fit(sequences)
    start, clock = _peak(), time.process_time()
    recording = record(model, sequences, path, progress=False)
    recorded, middle = _peak(), time.process_time()
    RidgeClassifier(penalty=1.0).fit(recording)
    return {
        "gigabytes": _N_SEQUENCES * _N_STEPS * _N_UNITS * 4 / 1e9,
        "start": start, "recorded": recorded, "peak": _peak(),
        "record_seconds": middle - clock, "fit_seconds": time.process_time() - middle,
    }  # fmt: skip


def _peak() -> float:
    """Return the most memory this process has held so far (MB)."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(v for v in status.read_text().splitlines() if v.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    import resource

    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / 1e6 if sys.platform == "darwin" else size * 1024 / 1e6


if __name__ == "__main__":
    with threadpool_limits(1):
        print(json.dumps(work(Path(sys.argv[1]))))
