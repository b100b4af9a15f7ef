"""Processes that share work, the one that asks among them or not."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from millpond.execution.processes import worker_pool
from millpond.lsm import LiquidStateMachine
from millpond.recording import record
from millpond.reservoir import InputError
from millpond.reservoir.workers import certain
from tests.reservoir.test_shards import contents
from tests.toys import Asked, answer


@pytest.mark.parametrize("takes_part", [False, True])
def test_all_is_done_once_whoever_does_it(takes_part):
    items = {k: Asked(k) for k in range(40)}
    with worker_pool({"factor": 3}, 2, takes_part=takes_part) as run:
        for _ in range(2):
            found = [*run(answer, items)]
            assert len(found) == 40 and dict(found) == {k: 3 * k for k in items}
        assert dict(run(answer, {})) == {}
    assert not multiprocessing.active_children()


def test_who_asks_begins_at_once_and_others_join():
    """They take seconds to begin; their items come from the front, those of this process from the end."""
    with worker_pool(None, 2, takes_part=True) as run:
        found = [*run(Asked.process, {k: Asked(k) for k in range(200)})]
    who = dict(found)
    assert found[0] == (199, os.getpid()) and who[0] != os.getpid() and len(set(who.values())) == 2


def test_who_does_not_take_part_works_at_nothing():
    with worker_pool(None, 2) as run:
        assert os.getpid() not in dict(run(Asked.process, {k: Asked(k) for k in range(4)})).values()


def test_an_error_on_the_way_leaves_nobody_behind():
    items = {k: Asked(k - 1) for k in range(40)}  # the first is refused
    with pytest.raises(InputError, match="is negative"), worker_pool({"factor": 3}, 2, takes_part=True) as run:
        dict(certain(run(answer, items)))
    with pytest.raises(TypeError), worker_pool({"factor": 3}, 2, takes_part=True) as run:
        dict(run(answer, {k: Asked(None) for k in range(3)}))
    assert not multiprocessing.active_children()


LOSS = """
import os, signal, threading, time
import multiprocessing
from millpond.execution.processes import worker_pool

def work(item, held):
    time.sleep(0.05)
    return len(item)

def kill():
    time.sleep(2.5)
    for child in multiprocessing.active_children():
        os.kill(child.pid, signal.SIGKILL)

if __name__ == "__main__":
    threading.Thread(target=kill, daemon=True).start()
    with worker_pool(None, 2, takes_part=True) as run:
        print(sum(n for _, n in run(work, {k: b"x" * 200_000 for k in range(150)})))
"""


def test_a_worker_lost_beside_who_takes_part_hangs_nothing(tmp_path):
    (tmp_path / "loss.py").write_text(LOSS)
    root = str(Path(__file__).parents[2])
    run = subprocess.run([sys.executable, tmp_path / "loss.py"], env=os.environ | {"PYTHONPATH": root}, timeout=100,
                         capture_output=True, text=True, check=True)  # fmt: skip
    assert (run.stdout, run.stderr) == ("30000000\n", "")


def test_a_small_job_is_done_by_one_process_which_says_so(capsys):
    with worker_pool(None, 2, takes_part=True) as run:
        found = dict(run(Asked.process, {k: Asked(k) for k in range(30)}))
    assert set(found.values()) == {os.getpid()} and len(found) == 30
    assert "small job: used one process" in capsys.readouterr().err


def test_spikes_and_states_are_those_of_one_process(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(sys.modules["millpond.execution.processes"], "_FIRST", 0.05)
    monkeypatch.setattr(sys.modules["millpond.execution.processes"], "_WORTH", 0.0)
    words = [rng.normal(size=(n, 3)) for n in rng.integers(1, 60, 90)]
    model = LiquidStateMachine(n_units=60, engine="numba", random_state=0).fit(words)
    record(model, words, tmp_path / "a.h5").close()
    record(model, words, tmp_path / "b.h5", workers=lambda held: worker_pool(held, 2, takes_part=True)).close()
    assert contents(tmp_path / "a.h5") == contents(tmp_path / "b.h5")
    assert np.frombuffer(contents(tmp_path / "a.h5")["spikes/row_size"], "i8").sum() > 100


UNGUARDED = """
from pathlib import Path
from millpond.comparison import compare
print("begun")
compare("recall", ["esn"], "generated", None, "streams", Path("out"), units=10, n_seeds=1, n_workers=2, progress=False)
"""
OF_A_CREW = """
from millpond.execution.processes import worker_pool
from tests.toys import Asked, answer
with worker_pool({"factor": 3}, 2) as run:
    dict(run(answer, {k: Asked(k) for k in range(4)}))
"""


OF_DASK = OF_A_CREW.replace("}, 2)", "}, 2, 'local')")
FAILING = OF_A_CREW.replace("with", "1 / (__name__ == '__main__')\nwith", 1)


@pytest.mark.parametrize("script", [UNGUARDED, OF_A_CREW, FAILING])
def test_a_script_without_a_main_guard_is_told_so(tmp_path, script):
    (tmp_path / "script.py").write_text(script)
    run = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=200,
                         env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])})  # fmt: skip
    last = run.stderr.strip().splitlines()[-1]
    assert run.returncode == 1 and "InputError: a worker process ended with exit code" in last
    assert """under 'if __name__ == "__main__":'""" in last and "memory" not in run.stderr


def test_a_script_without_a_main_guard_that_begins_dask_is_told_so(tmp_path):
    pytest.importorskip("distributed")
    (tmp_path / "script.py").write_text(OF_DASK)
    run = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=200,
                         env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])})  # fmt: skip
    last = run.stderr.strip().splitlines()[-1]
    assert run.returncode == 1 and "InputError: the workers of scheduler 'local' did not start" in last
