"""A comparison that is stopped goes on, to the same bits; and it is alone in its folder."""

import contextlib
import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from millpond import checkpoints
from millpond import comparison as comparing
from millpond.evaluation import evaluate
from millpond.evaluation.evaluate import Outcome
from millpond.evaluation.folds import Fold
from millpond.evaluation.task_data import Loop, labelled
from millpond.execution import jobs
from millpond.locking import locked
from millpond.readout import Pool
from millpond.recording import verify
from millpond.report import report
from millpond.reservoir import InputError, Question
from tests import kills
from tests.toys import Fatal

ROOT = Path(__file__).parents[2]
OUTCOME = Outcome(
    {"digit": np.array(["ä", "bb"]), "value": np.array([[0.1 + 0.2, np.pi]])}, {"digit": 1 / 3}, 5, 25, 7,
    {"states": 0.1, "train": 1e-300}, 12.5, {"per_step": {"adds": 3}}, {0.125: np.arange(3), 1 / 3: np.zeros(0)},
)  # fmt: skip


def same(a, b):
    arrays = [(x.predicted, x.fewer) for x in (a, b)]
    for one, other in zip(*arrays, strict=True):
        assert list(one) == list(other)
        for key in one:
            assert one[key].dtype == other[key].dtype
            np.testing.assert_array_equal(one[key], other[key])
    assert replace(a, predicted={}, fewer={}) == replace(b, predicted={}, fewer={})


def test_an_outcome_comes_back_to_the_bit(tmp_path):
    checkpoints.keep(tmp_path, "k", OUTCOME)
    same(checkpoints.found(tmp_path, {(0, 0, 0): "k", (0, 1, 0): "other"})[0, 0, 0], OUTCOME)
    assert [p.name for p in tmp_path.iterdir()] == ["k.npz"]


def test_300_changed_outcomes_are_computed_again_or_are_the_same(tmp_path):
    checkpoints.keep(tmp_path, "k", OUTCOME)
    path, rng = tmp_path / "k.npz", np.random.default_rng(0)
    data, n_read = path.read_bytes(), 0
    for k in range(300):
        changed = bytearray(data)
        at = int(rng.integers(len(data)))
        if k % 3 == 0:
            changed[at] ^= 1 << int(rng.integers(8))
        elif k % 3 == 1:
            changed[at : at + 16] = rng.bytes(16)
        else:
            del changed[at:]
        path.write_bytes(changed)
        for found in checkpoints.found(tmp_path, {(0, 0, 0): "k"}).values():
            same(found, OUTCOME)
            n_read += 1
    assert n_read < 150


def test_a_broken_outcome_is_none(tmp_path):
    checkpoints.keep(tmp_path, "k", OUTCOME)
    data = (tmp_path / "k.npz").read_bytes()
    for broken in (data[:-9], data[:40] + b"\0" * 30 + data[70:], b"", b"no"):
        (tmp_path / "k.npz").write_bytes(broken)
        assert checkpoints.found(tmp_path, {(0, 0, 0): "k"}) == {}


def test_a_full_disk_is_said(tmp_path):
    (tmp_path / "outcomes").write_text("in the way")
    with pytest.raises(InputError, match="free some space and repeat the call"):
        checkpoints.keep(tmp_path / "outcomes", "k", OUTCOME)


def _asked(run):
    return {}


def test_the_key_changes_with_everything_an_outcome_depends_on(ragged):
    from millpond.baseline import RawInput
    from millpond.esn import EchoStateNetwork

    fold = Fold("first", np.arange(8), np.arange(8, 11), np.arange(8) % 3)
    material = labelled(ragged)
    entry = jobs.Entry("esn", "reservoir", "esn", EchoStateNetwork(n_units=5), "raw", Pool())

    def key(entry=entry, material=material, fold=fold, seed=0, share=0.5):
        nested = {(0, 0): [(share, np.arange(4))]}
        return checkpoints.keys_of([(0, seed, 0)], [entry], {"raw": material}, [fold], nested)[0, seed, 0]

    questions, given = material.questions, material.questions[0].answers
    others = [
        key(),
        key(replace(entry, model=EchoStateNetwork(n_units=6))), key(replace(entry, model=RawInput())),
        key(replace(entry, pool=Pool("last"))), key(replace(entry, pool=None)), key(replace(entry, kind="baseline")),
        key(seed=1), key(share=0.25),
        key(fold=replace(fold, test=np.arange(8, 10))), key(fold=replace(fold, validation=np.arange(8) % 2)),
        key(material=replace(material, noise=0.1)), key(material=replace(material, weights=np.ones(3))),
        key(material=labelled(ragged.with_signals([2 * x for x in ragged.signals]))),
        key(material=labelled(replace(ragged, period=0.02))),
        key(material=replace(material, loop=Loop(1, _asked, 0.0))),
        key(material=replace(material, questions=(Question("x", questions[0].answers),))),
        key(material=replace(material, questions=(Question("label", given[1:] + given[:1]),))),
        key(material=replace(material, questions=(*questions, Question("y", questions[0].answers)))),
    ]  # fmt: skip
    assert len(set(others)) == len(others)
    assert key(replace(entry, name="b", of="b", n_tried=3)) == key()  # what it is called changes no bit


def test_a_stopped_comparison_goes_on(corpus, tmp_path, monkeypatch, capsys):
    """Stopped after four runs, it finds these, runs the rest alone, and ends as if nothing had been."""

    def compared(out):
        found = comparing.compare("digits", ["esn"], str(corpus), None, "speaker", out, units=20, n_seeds=2,
                                  n_folds=2, n_workers=1)  # fmt: skip
        return [{k: row.get(k) for k in kills.SCORES} for row in found["rows"]]

    run, ran, told = jobs.outcome_of, [], []

    def counted(task, data):
        if len(ran) == 4 and not told:
            raise KeyboardInterrupt
        ran.append((task.entry.name, task.seed, task.fold.name))
        return run(task, data)

    monkeypatch.setattr(jobs, "outcome_of", counted)
    with pytest.raises(KeyboardInterrupt):
        compared(tmp_path / "a")
    assert len(list((tmp_path / "a" / "outcomes").glob("*.npz"))) == 4
    assert not (tmp_path / "a" / "summary.json").exists()
    first = list(ran)
    told.append("go on")
    capsys.readouterr()
    stopped = compared(tmp_path / "a")
    assert f"resuming: 4 of {len(ran)} runs are in" in capsys.readouterr().err
    assert len(set(ran)) == len(ran) and first == ran[:4]  # none was run twice
    assert not (tmp_path / "a" / "outcomes").exists()
    assert stopped == compared(tmp_path / "b")


def test_recordings_of_a_stopped_comparison_go_on(corpus, tmp_path, monkeypatch):
    """Stopped after the first recording, the call that resumes keeps it, and ends with both."""

    def compared():
        comparing.compare("digits", ["esn", "lsm"], str(corpus), None, "speaker", tmp_path, units=20, n_seeds=1,
                          n_folds=2, n_workers=1)  # fmt: skip

    record, made = evaluate.record, []

    def stopped(model, sequences, path, **more):
        if made:
            raise KeyboardInterrupt
        made.append(path)
        return record(model, sequences, path, **more)

    with monkeypatch.context() as patched:
        patched.setattr(evaluate, "record", stopped)
        with pytest.raises(KeyboardInterrupt):
            compared()
    first = made[0].read_bytes()
    assert not list(tmp_path.glob("*.h5")) and not (tmp_path / "summary.json").exists()
    compared()
    assert (tmp_path / "esn.h5").read_bytes() == first and (tmp_path / "lsm.h5").exists()
    assert not (tmp_path / "outcomes").exists()


def test_a_folder_has_one_writer(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", "import sys; from pathlib import Path; from millpond.locking import locked\n"
         "with locked(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()", tmp_path],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(InputError, match="another millpond is writing into"), locked(tmp_path):
        pass
    holder.kill()
    holder.communicate()
    with locked(tmp_path):  # a lock dies with its process
        pass
    assert list(tmp_path.iterdir()) == []


def test_report_waits_for_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr("millpond.report.reading.summary", lambda folder: {})
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(InputError, match="another millpond is writing into"):
        report(tmp_path)
    os.close(handle)


def _workers(pid):
    """Return the worker processes of a process that has come to have some."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if "spawn_main" in line]


@contextlib.contextmanager
def begun(corpus, out):
    """Yield a comparison with two workers of which an outcome is there already."""
    process = kills.begun("compare", corpus, out)
    start = time.monotonic()
    while not list(out.glob("outcomes/*.npz")):
        assert time.monotonic() - start < 120 and process.poll() is None
        time.sleep(0.02)
    yield process
    process.kill()


@pytest.mark.parametrize("n_deaths", [1, pytest.param(9, marks=pytest.mark.slow)])
def test_a_lost_worker_costs_its_job_alone(ragged, tmp_path, n_deaths):
    """A job whose worker is killed is run again; where that does not help, one sentence says so."""
    (tmp_path / "deaths").write_text(str(n_deaths))
    model, fold = Fatal(file=str(tmp_path / "deaths")), Fold("first", np.arange(8), np.arange(8, 11), np.arange(8) % 3)
    entries, data = [jobs.Entry("fatal", "reservoir", "fatal", model, "raw", Pool())], {"raw": labelled(ragged)}
    asked = [(0, 0, 0), (0, 1, 0)]
    found = jobs.outcomes(asked, entries, data, [fold], {}, 2)
    if n_deaths == 1:
        assert sorted(job for job, _ in found) == asked
    else:
        with pytest.raises(InputError, match="were killed 3 times.*repeat the call, with fewer workers"):
            list(found)


@pytest.mark.slow
def test_a_comparison_that_loses_a_worker_ends_well(corpus, tmp_path):
    with begun(corpus, tmp_path) as process:
        os.kill(_workers(process.pid)[0], signal.SIGKILL)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert json.loads((tmp_path / "summary.json").read_text())["rows"]


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_command_says_so_and_leaves_nobody_behind(corpus, tmp_path, how):
    with begun(corpus, tmp_path) as process:
        workers = _workers(process.pid)
        os.killpg(process.pid, how) if how == signal.SIGINT else process.send_signal(how)
        start = time.monotonic()
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said.strip()) == (130, "millpond: stopped")
    assert time.monotonic() - start < 5
    time.sleep(1.5)
    assert workers and not any(Path(f"/proc/{pid}").exists() for pid in workers)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["record", "compare", "measure"])
def test_killed_25_times_it_ends_as_if_nothing_had_been(command, corpus, tmp_path):
    n_kills, amid, _ = kills.killed_at_random(command, corpus, tmp_path, 25)
    assert n_kills == 25 and amid > 10


@pytest.mark.slow
@pytest.mark.parametrize("command", ["record", "compare", "measure"])
def test_without_room_one_sentence_and_then_on(command, corpus, tmp_path):
    """Files may grow to a limit that rises from call to call; the last call has none."""
    calm, out = tmp_path / "calm", tmp_path / "out"
    calm.mkdir(), out.mkdir()
    assert kills.begun(command, corpus, calm).communicate() and kills.result(command, calm)
    told = 0
    for limit in (2**10, 2**16, 2**21, 2**23, 2**24):
        process = subprocess.Popen(
            kills.words(command, corpus, out), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda limit=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        )  # fmt: skip
        _, said = process.communicate(timeout=120)
        if process.returncode == 0:
            break
        lines = [line for line in said.strip().splitlines() if "resuming: " not in line]
        assert process.returncode == 2 and len(lines) == 1 and "free some space" in lines[0], said
        assert not any((out / name).exists() for name in ("a.h5", "summary.json", "measures.json"))
        told += 1
    assert told > 1
    assert kills.begun(command, corpus, out).communicate()
    assert kills.result(command, out) == kills.result(command, calm)
    assert all(verify(path).whole for path in out.glob("*.h5"))


@pytest.mark.slow
def test_two_comparisons_of_one_folder(corpus, tmp_path):
    with begun(corpus, tmp_path) as process:
        second = kills.begun("compare", corpus, tmp_path)
        _, said = second.communicate(timeout=60)
        assert (second.returncode, process.poll()) == (2, None)
        assert said.strip().startswith("millpond: another millpond is writing into")
        _, said = process.communicate(timeout=120)
    assert process.returncode == 0 and kills.result("compare", tmp_path), said
