"""Commands killed at random moments, and what they come to in the end: python -m tests.kills COMMAND [N] [SEED].

COMMAND is record, record-2 (a slow model by two workers), record-dask (by two of Dask's), compare, tune or measure.

The corpus is 72 short sounds; the undisturbed run says how long a run takes, and the kills fall within that time.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

from millpond.recording import verify

ROOT = Path(__file__).parents[1]
SCORES = ("model", "score", "questions", "learning_curve", "per_group", "per_fold", "seed_config")


def words(command, corpus, out):
    """Return a command line: `record` is of LSM spikes and states."""
    spikes = ["record", "digits", "--corpus", corpus, "--model", "lsm", "--units", 3000, "--out", out / "a.h5"]
    given = {
        "record": spikes,
        "record-2": ["record", "digits", "--corpus", corpus, "--model", "tests.toys:Sleepy", "--out", out / "a.h5",
                     "--workers", 2],
        "record-dask": [*spikes, "--scheduler", "local", "--workers", 2],
        "compare": ["compare", "digits", "--corpus", corpus, "--models", "esn", "--units", 400, "--seeds", 2,
                    "--workers", 2, "--out", out],
        "tune": ["tune", "narma10", "--model", "esn", "--units", 60, "--trials", 24, "--folds", 1, "--workers", 2,
                 "--out", out],
        "measure": ["measure", "--model", "esn", "--units", 30, "--seeds", 8, "--workers", 2, "--out", out],
    }[command]  # fmt: skip
    return [sys.executable, "-m", "millpond", *map(str, given)]


def begun(command, corpus, out):
    """Start a command in a session of its own, so that its workers can be waited for."""
    return subprocess.Popen(words(command, corpus, out), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, start_new_session=True)  # fmt: skip


def _something(out):
    """Return whether there is something in `out` to go on from."""
    return any(list(out.glob(pattern)) for pattern in ("*.part", "outcomes/*.npz", "tuning.journal"))


def _until_written(process, out):
    """Return when there is something of this run in `out`, or when it ended."""
    while process.poll() is None and not _something(out):
        time.sleep(0.005)
    return time.monotonic()


def _left_alone(session):
    """Return when nothing is left of a session: workers end with the command, however it ended."""
    for _ in range(300):
        if subprocess.run(["pgrep", "-s", str(session)], capture_output=True, check=False).returncode:
            return
        time.sleep(0.1)
    raise AssertionError(f"workers of {session} are alive after half a minute")


def result(command, out):
    """Return what has to be the same to the bit."""
    if command == "compare":
        rows = json.loads((out / "summary.json").read_text())["rows"]
        return [{k: row.get(k) for k in SCORES} for row in rows]
    if command == "tune":
        return json.loads((out / "tuning.json").read_text())
    if command == "measure":
        return json.loads((out / "measures.json").read_text())
    with h5py.File(out / "a.h5") as file:
        assert file.attrs["complete"]
        names = ("states", "inputs", "spikes/time", "spikes/unit_index", "spikes/row_size")
        return [np.asarray(file[name]).tobytes() for name in names if name in file]


def killed_at_random(command, corpus, folder, n_kills=25, seed=0):
    """Kill `command` `n_kills` times, let it finish each time it came through, and compare with the undisturbed run.

    Returns
    -------
    tuple of int
        Kills, kills that found something done, and runs that were finished after one kill or more.
    """
    calm = folder / "calm"
    for out in (folder / "kernels", calm):  # the first compiles
        out.mkdir()
        start = time.monotonic()
        process = begun(command, corpus, out)
        quiet = _until_written(process, out) - start
        _, said = process.communicate()
        assert process.returncode == 0, said
    seconds, wanted = time.monotonic() - start, result(command, calm)
    rng = random.Random(seed)
    kills = amid = finished = 0
    while kills < n_kills:
        out = folder / f"run{finished}"
        out.mkdir()
        for _ in range(rng.randint(1, 3)):
            process = begun(command, corpus, out)
            written = rng.random() < 0.8  # most kills come while something is written, the others at any time
            if written:
                _until_written(process, out)
            after = rng.uniform(0, seconds - quiet if written else seconds)
            try:
                process.wait(after)
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
                kills += 1
            process.communicate()
            _left_alone(process.pid)
            amid += _something(out)
        for _ in range(50):  # its workers end by themselves, within a second
            process = begun(command, corpus, out)
            _, said = process.communicate()
            if process.returncode == 0:
                break
            time.sleep(0.2)
        assert process.returncode == 0, said
        assert result(command, out) == wanted
        for path in out.glob("*.h5"):
            assert verify(path).whole, path
        assert not list(out.glob("*.part*")) and not list(out.glob("*.shards")) and not (out / "outcomes").exists()
        finished += 1
    return kills, amid, finished


if __name__ == "__main__":
    from tests.sounds import write_corpus

    with tempfile.TemporaryDirectory() as made:
        sounds = write_corpus(Path(made) / "corpus")
        n_kills, amid, finished = killed_at_random(sys.argv[1], sounds, Path(made), *map(int, sys.argv[2:]))
        print(f"{n_kills} kills, {amid} with something done, {finished} runs finished alike")
