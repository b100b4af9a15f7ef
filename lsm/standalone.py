"""Running many sequences at once as a compiled Brian2 program, built once for each configuration.

Replicas of the liquid stand side by side in one program; sequences of like length share a run, which ends
with the longest of them. A program is kept in the cache folder, which only the user can write, under a key of all that
is in it. Whoever builds holds a lock. Before a program is run its files are compared with their hashes; one that is
damaged is built again.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from millpond.lsm import building, plain
from millpond.lsm.coding import Volley
from millpond.lsm.liquid import Liquid
from millpond.reservoir import cache
from millpond.reservoir.checks import InputError

_NEURONS = 16000  # in a program: more wait for memory
_REPLICAS = 64
_SPIKES = 2**18  # of input that a program takes in one run, at least

Run = tuple[np.ndarray, np.ndarray, np.ndarray | None]
"""Steps and units of the spikes of a sequence, and the potentials (n_rows, n_neurons) if they were asked for."""


def compiler() -> bool:
    """Return whether this machine can build a program."""
    return os.name == "posix" and bool(shutil.which("make") and shutil.which(os.environ.get("CXX", "g++")))


def run(
    liquid: Liquid, dt: float, n_sub: int, volleys: list[Volley], keys: list[int], membrane: bool, n_jobs: int
) -> list[Run]:
    """Return the runs from rest under the input spikes `volleys` and noise `keys`, `n_jobs` programs at a time."""
    n_replicas = max(1, min(_REPLICAS, _NEURONS // liquid.n_neurons))
    order = sorted(range(len(volleys)), key=lambda i: len(volleys[i].starts))
    batches = [order[k : k + n_replicas] for k in range(0, len(order), n_replicas)]
    most = max(sum(len(volleys[i].lines) for i in batch) for batch in batches)
    most += n_replicas * liquid.n_lines  # each line's row is closed by an entry
    capacity = max(_SPIKES, 1 << (most - 1).bit_length())
    longest = max(len(v.starts) - 1 for v in volleys) // n_sub
    n_rows = 1 << (longest - 1).bit_length() if liquid.graded else 0
    program = built(
        liquid, dt=dt, n_sub=n_sub, n_replicas=n_replicas, capacity=capacity, n_rows=n_rows, membrane=membrane
    )

    def one(batch: list[int]) -> list[Run]:
        chosen = [volleys[i] for i in batch]
        given = _input(liquid, dt, n_replicas, capacity, n_rows, chosen, [keys[i] for i in batch])
        return _batch(program, liquid, dt, n_sub, n_replicas, given, chosen)

    found: list[Run | None] = [None] * len(volleys)
    with ThreadPoolExecutor(n_jobs) as pool:
        for batch, runs in zip(batches, pool.map(one, batches), strict=True):
            for i, result in zip(batch, runs, strict=True):
                found[i] = result
    return [r for r in found if r is not None]


def built(liquid: Liquid, **settings: Any) -> Path:
    """Return the folder of the program of `liquid`, built now if it is not there.

    Raises
    ------
    RuntimeError
        The build failed; with the end of what the compiler said.
    """
    what = building.described(liquid, **settings)
    folder = cache.private("lsm") / _key(*what)
    with _alone(folder.with_suffix(".lock")):
        if building.is_whole(folder):
            return folder
        shutil.rmtree(folder, ignore_errors=True)  # of a build that was killed, or damaged
        folder.mkdir(mode=0o700)
        building.save(folder, *what)
        roots = [str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])]
        done = subprocess.run(
            [sys.executable, "-P", "-W", "ignore", "-m", "millpond.lsm.building", str(folder)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(roots)}, cwd=folder, capture_output=True, text=True,
        )  # fmt: skip
        if not (folder / "program.json").exists():
            said = (done.stdout + done.stderr).strip()[-2000:]
            raise RuntimeError(f"the C++ program of the liquid could not be built{_instead(liquid)}:\n{said}")
        for leftover in (folder / "code").rglob("*.o"):
            leftover.unlink()
        building.seal(folder)
    return folder


def _instead(liquid: Liquid) -> str:
    return "; engine='numba' needs none" if liquid.stock else ""


def _key(arrays: dict[str, np.ndarray], facts: str) -> str:
    """Return a name for all that a program depends on: arrays, settings, versions, our sources, the processor."""
    digest = hashlib.sha256(facts.encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name}{array.shape}{array.dtype}".encode() + array.tobytes())
    for source in ("brian.py", "building.py", "models.py", "noise.py", "plain.py", "quantities.py"):
        digest.update((Path(__file__).parent / source).read_bytes())
    digest.update(f"{version('brian2')} {version('numpy')} {sys.version} {platform.machine()} {_processor()}".encode())
    return digest.hexdigest()[:24]


@functools.cache
def _processor() -> str:
    """Return what tells processors apart: a program is compiled for the one it is built on."""
    try:
        return next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags"))
    except (OSError, StopIteration):
        return platform.processor()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait until no other process is in here; the lock ends with the process that holds it."""
    import fcntl

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _input(
    liquid: Liquid, dt: float, n_replicas: int, capacity: int, n_rows: int, volleys: list[Volley], keys: list[int]
) -> dict[str, np.ndarray]:
    """Return what a program is given; replicas without a sequence get no input."""
    table, pointer = _table(volleys, dt, n_replicas, liquid.n_lines, capacity)
    given = {"table.values": table, "input.pointer": pointer, "input.next_spike": table[pointer.astype(int)]}
    if liquid.constants.noise:
        padded = np.array(keys + [0] * (n_replicas - len(keys)), np.int32)
        given["neurons.key"] = np.repeat(padded, liquid.n_neurons)
    if liquid.graded:
        levels = np.zeros((n_rows, n_replicas, liquid.n_neurons))
        for r, volley in enumerate(volleys):
            drive = plain.driving(volley.levels, liquid.W_in)
            levels[: len(drive), r] = drive
        given["levels.values"] = levels.reshape(n_rows, -1)
    return given


def _batch(
    program: Path,
    liquid: Liquid,
    dt: float,
    n_sub: int,
    n_replicas: int,
    given: dict[str, np.ndarray],
    volleys: list[Volley],
) -> list[Run]:
    """Run one batch."""
    n_rows = [(len(v.starts) - 1) // n_sub for v in volleys]
    files = json.loads((program / "program.json").read_text())
    with tempfile.TemporaryDirectory(prefix="millpond-") as name:
        words = []
        for k, (variable, values) in enumerate(given.items()):
            values.tofile(f"{name}/{k}.dat")
            words.append(f"{variable}={name}/{k}.dat")
        # one step more than the longest sequence has: potentials are those at the start of the step after a row
        words.append(f"end.stop_at={(max(n_rows) * n_sub - 0.5) * dt!r}")
        try:
            done = subprocess.run(
                ["./main", "--results_dir", f"{name}/", *words], cwd=program / "code", capture_output=True, text=True
            )
        except OSError as error:
            raise InputError(
                f"the C++ program of the liquid cannot run ({error}); set the environment variable MILLPOND_CACHE "
                f"to a folder from which programs may run{_instead(liquid)}"
            ) from None
        if done.returncode or done.stderr:
            said = done.stderr[-2000:] or f"it ended with code {done.returncode} and no message"
            raise RuntimeError(f"the C++ program of the liquid failed{_instead(liquid)}:\n{said}")
        units = np.fromfile(f"{name}/{files['units']}", np.int32)
        steps = np.rint(np.fromfile(f"{name}/{files['times']}") / dt).astype(np.int32)
        taken = np.fromfile(f"{name}/{files['pointer']}") - given["input.pointer"]
        rows = None
        if "row_units" in files:
            shown = np.fromfile(f"{name}/{files['row_potentials']}")
            rows = shown.reshape(-1, n_replicas, liquid.n_neurons)[1:]
    assert taken.sum() == sum(len(v.lines) for v in volleys), "input spikes were lost on the way to the C++ program"
    owner = (units // liquid.n_neurons).astype(np.int16)
    order = np.argsort(owner, kind="stable")  # steps stay in order within a replica
    ends = np.cumsum(np.bincount(owner, minlength=n_replicas))
    found = []
    for r, n in enumerate(n_rows):
        mine = order[ends[r - 1] if r else 0 : ends[r]]
        mine = mine[: np.searchsorted(steps[mine], n * n_sub)]
        found.append((
            steps[mine],
            units[mine] - np.int32(r * liquid.n_neurons),
            None if rows is None else rows[:n, r].copy(),
        ))  # fmt: skip
    return found


def _table(
    volleys: list[Volley], dt: float, n_replicas: int, n_lines: int, capacity: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the spike times of every line of every replica, one line after the other, and where each line begins."""
    lines = np.concatenate([v.lines + r * n_lines for r, v in enumerate(volleys)])
    times = np.concatenate([v.steps for v in volleys]) * dt
    order = np.argsort(lines, kind="stable")  # times stay in order within a line
    counts = np.bincount(lines, minlength=n_replicas * n_lines)
    begin = np.concatenate([[0], np.cumsum(counts + 1)[:-1]])
    table = np.full(capacity, building.NEVER)
    table[np.arange(len(lines)) + lines[order]] = times[order]  # one closing entry for each line before
    return table, begin.astype(np.float64)
