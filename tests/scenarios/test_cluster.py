"""Work on a Dask cluster comes to what one process makes of it, whoever is lost on the way."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from millpond.execution import dask_cluster
from millpond.execution.processes import worker_pool
from millpond.reservoir import InputError
from tests import slurm
from tests.toys import Asked, answer

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def run():
    with worker_pool({"factor": 3}, 2, "local") as run:
        yield run


def test_work_on_a_cluster_is_that_of_one_process(run):
    items = {k: Asked(k) for k in range(20)}
    with worker_pool({"factor": 3}, 1) as alone:
        wanted = dict(alone(answer, items))
    assert dict(run(answer, items)) == wanted == {k: 3 * k for k in range(20)}


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="sockets are listed by Linux alone")
def test_nobody_on_another_machine_reaches_the_workers(run):
    """Neither scheduler, workers nor dashboards listen on an address of the network."""
    pids = {os.getpid(), *dict(run(Asked.process, {k: Asked(k) for k in range(8)})).values()}
    pids |= {int(pid) for pid in subprocess.run(["ps", "-o", "pid=", "--ppid", str(os.getpid())], capture_output=True,
                                                text=True).stdout.split()}  # fmt: skip
    sockets = set()
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            with suppress(OSError):
                sockets.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
    tables = [Path(f"/proc/net/{name}").read_text() for name in ("tcp", "tcp6")]
    lines = [line.split() for table in tables for line in table.splitlines()[1:]]
    listening = [words[1].partition(":")[0] for words in lines if words[3] == "0A" and words[9] in sockets]
    assert len(listening) >= 3 and set(listening) <= {"0100007F", "0" * 24 + "01000000"}


def test_an_error_of_what_was_given_comes_back_beside_what_worked(run):
    found = dict(run(answer, {"bad": Asked(-1), "good": Asked(2)}))
    assert isinstance(found["bad"], InputError) and found["good"] == 6


def test_other_errors_are_raised(run):
    with pytest.raises(TypeError):
        dict(run(answer, {"bad": Asked(None)}))
    assert dict(run(answer, {"good": Asked(2)})) == {"good": 6}  # and the workers are still there


def test_what_a_lost_worker_was_at_is_done_by_another(run, tmp_path):
    deaths = tmp_path / "deaths"
    deaths.write_text("1")
    items = {k: Asked(k, deaths if k == 3 else None) for k in range(6)}
    assert dict(run(answer, items)) == {k: 3 * k for k in range(6)}
    assert deaths.read_text() == "0"


def test_data_that_all_lost_workers_held_are_sent_again(run):
    """Both are killed at once: what they held is nowhere, and new ones come."""
    pids: set[int] = set()
    for _ in range(100):  # one of those lost before may still be on its way back
        pids = set(dict(run(Asked.process, {k: Asked(k) for k in range(8)})).values())
        if len(pids) == 2:
            break
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert dict(run(answer, {k: Asked(k) for k in range(6)})) == {k: 3 * k for k in range(6)}


def test_a_work_that_kills_every_worker_is_told(run, tmp_path, monkeypatch):
    monkeypatch.setattr(dask_cluster, "_PATIENCE", 20)  # none comes back where it died while it began
    (tmp_path / "deaths").write_text("99")
    with pytest.raises(InputError, match="keep dying, probably out of memory"):
        dict(run(answer, {0: Asked(0, tmp_path / "deaths")}))


def test_a_worker_with_other_code_refuses():
    assert isinstance(dask_cluster._work(answer, Asked(1), {"factor": 3}, "another"), InputError)


@pytest.mark.parametrize("address", ["nonsense", "tcp://host", "tcp://host:port", "gibberish://host:1"])
def test_an_address_that_is_none_is_refused_at_once(address):
    with pytest.raises(InputError, match="local, slurm or an address"), worker_pool(None, None, address):
        pass


def test_no_scheduler_behind_the_address(monkeypatch):
    monkeypatch.setattr(dask_cluster, "_ANSWER", 0.5)
    with pytest.raises(InputError, match="no scheduler answers"), worker_pool(None, None, "tcp://127.0.0.1:9"):
        pass


def test_slurm_without_a_queue(monkeypatch, tmp_path):
    pytest.importorskip("dask_jobqueue")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="the command sbatch was not found"), worker_pool(None, 1, "slurm"):
        pass


@pytest.fixture
def queue(monkeypatch, tmp_path):
    """A stand-in for Slurm: sbatch does `does` with a job, squeue says `waits`; tests.slurm has a real one."""
    pytest.importorskip("dask_jobqueue")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    (tmp_path / "bin").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def made(does, waits="None", tests="true"):
        for name, says in (
            ("sbatch", f'test "$1" = --test-only && {{ {tests}; exit; }}\n{does}\necho Submitted batch job $!'),
            ("scancel", 'test "$1" = --name || kill $1'),
            ("squeue", f"echo {waits}"),
        ):
            (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{says}\n")
            (tmp_path / "bin" / name).chmod(0o755)

    return made


def test_jobs_of_a_queue(queue, tmp_path):
    # of a copy, as Slurm keeps one: the script is gone when sbatch returns
    queue(f'cp "$1" {tmp_path}/job; bash {tmp_path}/job >{tmp_path}/log 2>&1 &')
    with worker_pool({"factor": 3}, 1, "slurm") as run:
        assert dict(run(answer, {k: Asked(k) for k in range(3)})) == {k: 3 * k for k in range(3)}
    assert list((tmp_path / "here").iterdir()) == []


def test_a_job_that_the_queue_refuses(queue, tmp_path):
    queue("true", tests="echo no such account >&2; false")
    with pytest.raises(InputError, match="the queue rejects the job .no such account."), worker_pool(None, 1, "slurm"):
        pass
    assert list((tmp_path / "here").iterdir()) == []


def test_jobs_that_end_before_they_work(queue, tmp_path, monkeypatch):
    """Their last words are told, and stay."""
    monkeypatch.setattr(dask_cluster, "_ANSWER", 2)
    job = tmp_path / "job"
    folder = f"$(grep -o '[^ ]*millpond-slurm-[^/]*' {job} | head -1)"
    queue(f'cp "$1" {job}; echo no python >{folder}/a.err; true &', waits="")
    with pytest.raises(InputError, match="all jobs of the queue have ended .no python."), worker_pool(None, 1, "slurm"):
        pass
    assert [path.read_text() for path in (tmp_path / "here").glob("millpond-slurm-*/a.err")] == ["no python\n"]


@pytest.mark.slow
def test_workers_in_other_namespaces_one_killed():
    """Needs root and `ip`: python -m tests.namespaces."""
    if os.geteuid() or subprocess.run(["ip", "netns", "add", "mpcan"], capture_output=True, check=False).returncode:
        pytest.skip("no right to make network namespaces")
    subprocess.run(["ip", "netns", "del", "mpcan"], check=True)
    subprocess.run([sys.executable, "-m", "tests.namespaces"], cwd=Path(__file__).parents[2], check=True, timeout=600)


@pytest.mark.slow
def test_jobs_of_a_real_queue_some_cancelled():
    """Needs root and Debian's slurm-wlm: python -m tests.slurm."""
    if not slurm.there():
        pytest.skip("no Slurm here, or no right to begin one")
    subprocess.run([sys.executable, "-m", "tests.slurm"], cwd=Path(__file__).parents[2], check=True, timeout=900)
