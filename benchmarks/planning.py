"""What `millpond plan` foretells, over what a run takes that is ten times as large as those it is made from.

720 synthetic words (`pip install 'millpond[speech]'`). "10 x sequences": foretold from at most 72 of them.
"10 x units": from models of at most a tenth of the units. Runs are made in a process of their own, by what
`millpond record`, `train` and `compare` call; a comparison is one fold and seed. CPU time; short runs are repeated.
Asked is to be off by at most 30 %: the row shows by how much, and which way.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.measure import Row
from millpond.evaluation import learning_curve
from millpond.evaluation.evaluate import evaluate
from millpond.evaluation.models import adjusted
from millpond.evaluation.resources import peak_memory_mb, reset_peak_memory
from millpond.planning.plan import foretold, studied
from millpond.recorded import record_task
from millpond.scenarios.tasks import task_of
from millpond.train import train

_TASK, _CORPUS, _SPLIT = "digits", "synthetic", "speaker"
_CASES = (  # model, units, times more than what is measured: units and sequences
    ("esn", 1000, 1, 10),
    ("lsm", 500, 1, 10),
    ("water", None, 1, 10),
    ("esn", 10_000, 10, 1),  # from at most 1000, below which it is built in another way than above
    ("esn", 20_000, 10, 1),
    ("lsm", 5000, 10, 1),
)
_LONG = 8.0  # seconds from which once is enough


def rows() -> list[Row]:
    """Foretell and run each case."""
    return [row for case in _CASES for row in _case(*case)]


def _case(model: str, units: int | None, more_units: int, more_sequences: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.planning", name, model, str(units or 0)]
        run = subprocess.run(command, cwd=Path(__file__).parents[1], stdout=subprocess.PIPE, check=True, text=True)
    real = json.loads(run.stdout)
    subject = studied(
        _TASK, model, _CORPUS, None, _SPLIT, units=None if units is None else units // more_units,
        most_sequences=real["sequences"] // more_sequences,
    )  # fmt: skip
    told = foretold(subject, units, real["sequences"], 1, 1)
    stages = {stage["name"]: stage for stage in told["stages"]}
    tasks = stages["comparison"]["tasks"]
    likely = {name: stage["cpu_seconds"]["likely"] for name, stage in stages.items()}
    bounds = [stages["recording"]["cpu_seconds"][name] + likely["data"] for name in ("low", "high")]
    kind = f"{model}, 10 x " + (f"units ({units:,})" if more_units > 1 else f"sequences ({real['sequences']})")
    recorded = likely["data"] + likely["recording"]
    return [
        _row(f"{kind}: recording", recorded, real["record"], "s", f"; bounds {bounds[0]:.2g} to {bounds[1]:.2g}"),
        _row(f"{kind}: training from it", likely["training"], real["train"], "s"),
        _row(f"{kind}: a run of a comparison", likely["comparison"] / tasks, real["run"], "s"),
        _row(f"{kind}: file", stages["recording"]["disk_bytes"] / 1e6, real["file"] / 1e6, "MB"),
        _row(f"{kind}: memory of recording", stages["recording"]["memory_bytes"] / 1e6, real["record_peak"], "MB"),
        _row(f"{kind}: memory of a comparison", stages["comparison"]["memory_bytes"] / 1e6, real["run_peak"], "MB"),
    ]


def _row(what: str, told: float, real: float, unit: str, more: str = "") -> Row:
    off = 100 * (told / real - 1)
    return Row(
        f"{what}: told {told:.3g} {unit}, was {real:.3g} {unit}{more}: {off:+.0f} %, off by", abs(off), "%", 30, True
    )


def work(folder: Path, model: str, units: int | None) -> dict[str, Any]:
    """Record, train and run one fold; return CPU seconds, bytes and the peaks of memory (MB)."""
    path = folder / "recording.h5"

    def recorded() -> None:
        record_task(_TASK, model, _CORPUS, None, _SPLIT, path, units=units, overwrite=True, progress=False)

    found: dict[str, Any] = {}
    _timed(recorded)  # compiles
    found["record_peak"] = peak_memory_mb() * 2**20 / 1e6
    found["record"], found["file"] = _median(recorded), path.stat().st_size
    found["train"] = _median(lambda: train(path))
    module = task_of(_TASK)
    recipe, raw = module.recipe(model), module.load(_CORPUS, None)
    material, fold = module.represent(raw, recipe.front_end), module.folds(raw, _SPLIT)[0]
    nested = learning_curve.parts(fold, material.questions[0], 0)
    found["sequences"] = len(material.sequences)
    del raw
    resized = adjusted(recipe.model, units, 0)
    reset_peak_memory()
    found["run"] = _median(lambda: evaluate(adjusted(resized), recipe.pool, material, fold, nested))
    found["run_peak"] = peak_memory_mb() * 2**20 / 1e6
    return found


def _timed(function: Any) -> float:
    start = time.process_time()
    function()
    return time.process_time() - start


def _median(function: Any) -> float:
    first = _timed(function)
    return first if first > _LONG else float(np.median([first, _timed(function), _timed(function)]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("model")
    parser.add_argument("units", type=int)
    given = parser.parse_args()
    with threadpool_limits(1):
        print(json.dumps(work(given.folder, given.model, given.units or None)))
