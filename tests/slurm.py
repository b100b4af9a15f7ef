"""Work as jobs of a real Slurm, jobs cancelled in the middle: python -m tests.slurm.

It needs root and Debian's slurm-wlm and munge. The queue is one of its own, on the loopback of this machine, and ends
with the call; scores, states and spikes must be those without it, and no job, process or file may stay behind.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

from tests.kills import ROOT, words
from tests.namespaces import scores, states
from tests.sounds import write_corpus

NEEDED = ("munged", "slurmctld", "slurmd", "sbatch")
_JOBS = ("--scheduler", "slurm", "--workers", "2")
_CONF = """
ClusterName=millpond
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={at}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
KillWait=3
StateSaveLocation={at}/state
SlurmdSpoolDir={at}/spool
SlurmctldPidFile={at}/slurmctld.pid
SlurmdPidFile={at}/slurmd.pid
SlurmctldLogFile={at}/slurmctld.log
SlurmdLogFile={at}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=12000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def there():
    """Return whether there is a Slurm to begin, and the right to do so."""
    return os.geteuid() == 0 and all(shutil.which(name, path=_path()) for name in NEEDED)


def _path():
    return f"{os.environ['PATH']}:/usr/sbin"


def _free(n):
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(n)]
        return [s.getsockname()[1] for s in sockets]


def _said(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True, env=os.environ | {"PATH": _path()}).stdout


@contextlib.contextmanager
def queue(at):
    """Begin a queue of one node with its files in `at`, and let commands of this process find it."""
    for name in ("state", "spool"):
        (at / name).mkdir()
    at.chmod(0o755)  # munge wants nobody else to write there
    key, host = at / "munge.key", socket.gethostname().partition(".")[0]
    key.write_bytes(secrets.token_bytes(1024))
    key.chmod(0o400)
    conf = at / "slurm.conf"
    conf.write_text(_CONF.format(host=host, ports=_free(2), at=at, cpus=os.cpu_count()))
    daemons = [
        ["munged", "--foreground", "--force", f"--key-file={key}", f"--socket={at}/munge.socket",
         f"--pid-file={at}/munge.pid", f"--seed-file={at}/munge.seed", f"--log-file={at}/munge.log"],
        ["slurmctld", "-D", "-f", conf],
        ["slurmd", "-D", "-f", conf],
    ]  # fmt: skip
    os.environ["SLURM_CONF"] = str(conf)
    with contextlib.ExitStack() as ended:
        ended.callback(os.environ.pop, "SLURM_CONF")
        for command in daemons:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       env=os.environ | {"PATH": _path()}, start_new_session=True)  # fmt: skip
            ended.callback(process.wait)
            ended.callback(process.terminate)
            _until(lambda: (at / "munge.socket").exists(), 10)
        _until(lambda: _answers("srun", "--immediate=5", "true"), 60)
        yield


def _answers(*words):
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def _until(true, seconds):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)


def jobs():
    """Return the numbers of the jobs in the queue."""
    return _said("squeue", "--noheader", "--format", "%A").split()


def cancelled(n):
    """Cancel `n` jobs that run, once there are two."""
    _until(lambda: len(_said("squeue", "--noheader", "--states", "R", "--format", "%A").split()) == 2, 60)
    _said("scancel", *jobs()[:n])


def begun(how, corpus, out):
    """Begin a recording, end the command by a signal once both of its jobs are there, and look that they end too."""
    command = [*words("record", corpus, out), *_JOBS]
    process = subprocess.Popen(command, cwd=out, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)  # fmt: skip
    _until(lambda: list(out.glob("*.part")) and len(jobs()) == 2, 60)
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    assert how == signal.SIGKILL or (process.returncode == 130 and "millpond: stopped" in said.splitlines()), said
    _until(lambda: not jobs(), 60)
    _until(lambda: not list(out.glob("millpond-slurm-*")), 90)  # scancel tries again for a while itself


def main():
    """Compare and record without Dask, then as jobs: undisturbed, one cancelled, all cancelled, the command killed."""
    with tempfile.TemporaryDirectory() as made, contextlib.ExitStack() as after:
        folder = Path(made)
        for name in ("queue", *"abcde"):
            (folder / name).mkdir()
        corpus = write_corpus(folder / "corpus")
        before = set(ROOT.iterdir())
        after.enter_context(queue(folder / "queue"))
        for what, run in (("scores", scores), ("states and spikes", states)):
            wanted = run(corpus, folder / "a")
            for name, how, amid in (
                ("b", "undisturbed", None),
                ("c", "one cancelled in the middle", partial(cancelled, 1)),
                ("d", "both cancelled in the middle", partial(cancelled, 2)),
            ):
                assert run(corpus, folder / name, *_JOBS, amid=amid) == wanted
                print(f"two jobs, {how}: the same {what} as without a queue", flush=True)
                _until(lambda: not jobs(), 30)
        for how in (signal.SIGKILL, signal.SIGINT):
            begun(how, corpus, folder / "e")
            print(f"{how.name}: no job and no file is left of the command", flush=True)
        assert states(corpus, folder / "e", *_JOBS) == wanted
        print("the same command goes on from there, to the same states and spikes", flush=True)
        assert set(ROOT.iterdir()) == before, "files are left where the command ran"


if __name__ == "__main__":
    main()
