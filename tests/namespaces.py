"""Work in network namespaces, a worker killed in the middle: python -m tests.namespaces.

It needs Linux, root and `ip`. The workers reach the scheduler and each other over a bridge, and nothing else;
scores, states and spikes must be those without a cluster.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.kills import ROOT, result
from tests.sounds import write_corpus

_HOST = "10.213.7"


def _ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)


@contextlib.contextmanager
def namespaces(n):
    """Yield the names of `n` network namespaces joined by a bridge that has the address ``_HOST.1`` here."""
    tag = f"mp{os.getpid() % 10000}"
    names = [f"{tag}n{k}" for k in range(n)]
    try:
        _ip("link", "add", f"{tag}b", "type", "bridge")
        _ip("addr", "add", f"{_HOST}.1/24", "dev", f"{tag}b")
        _ip("link", "set", f"{tag}b", "up")
        for k, name in enumerate(names):
            _ip("netns", "add", name)
            _ip("link", "add", f"{tag}h{k}", "type", "veth", "peer", "name", f"{tag}p{k}", "netns", name)
            _ip("link", "set", f"{tag}h{k}", "master", f"{tag}b", "up")
            _ip("-n", name, "addr", "add", f"{_HOST}.{k + 2}/24", "dev", f"{tag}p{k}")
            _ip("-n", name, "link", "set", f"{tag}p{k}", "up")
            _ip("-n", name, "link", "set", "lo", "up")
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", f"{tag}b"], capture_output=True, check=False)


def _begun(*arguments, within=(), log=subprocess.DEVNULL):
    return subprocess.Popen([*within, sys.executable, "-m", "dask", *map(str, arguments)], cwd=ROOT, stdout=log,
                            stderr=log, start_new_session=True)  # fmt: skip


@contextlib.contextmanager
def cluster(n):
    """Yield the address of a scheduler, and its workers, each in a namespace of its own."""
    with namespaces(n) as names, contextlib.ExitStack() as ended:

        def keep(process):
            ended.callback(lambda: process.poll() is None and os.killpg(process.pid, signal.SIGKILL))
            return process

        address = f"tcp://{_HOST}.1:18786"
        keep(_begun("scheduler", "--host", address, "--no-dashboard"))
        yield address, [
            keep(_begun("worker", address, "--nthreads", 1, "--no-dashboard", "--no-nanny", "--memory-limit", 0,
                        within=("ip", "netns", "exec", name)))
            for name in names
        ]  # fmt: skip


def scores(corpus, out, *more, amid=None):
    """Return the scores of a comparison; `amid` is called when the first of its runs is done."""
    compare = ["compare", "digits", "--corpus", corpus, "--units", 400, "--seeds", 4, "--out", out]
    _finish([*compare, *more], lambda: list(out.glob("outcomes/*.npz")), amid)
    return result("compare", out)


def states(corpus, out, *more, amid=None):
    """Return the bytes of a recording; `amid` is called when the first of its sequences are there."""
    record = ["record", "digits", "--corpus", corpus, "--model", "lsm", "--units", 3000, "--out", out / "a.h5"]
    _finish([*record, *more], lambda: [p for p in out.glob("*.part.spikes") if p.stat().st_size], amid)
    return result("record", out)


def _finish(words, begun, amid):
    """Run a command of ours to its end; call `amid` once, when it has `begun`."""
    process = subprocess.Popen([sys.executable, "-m", "millpond", *map(str, words)], cwd=ROOT, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)  # fmt: skip
    while amid and process.poll() is None:
        if begun():
            amid, _ = None, amid()
        time.sleep(0.01)
    _, said = process.communicate()
    assert process.returncode == 0, said
    assert amid is None, "it ended before a worker could be killed"


def main():
    """Compare and record without Dask, on a local cluster of two, and in namespaces of which one is killed."""
    with tempfile.TemporaryDirectory() as made, cluster(4) as (address, workers):
        folder = Path(made)
        corpus = write_corpus(folder / "corpus")
        for name in "abc":
            (folder / name).mkdir()
        for what, run, killed in (("scores", scores, 0), ("states and spikes", states, 1)):
            wanted = run(corpus, folder / "a")
            assert run(corpus, folder / "b", "--scheduler", "local", "--workers", "2") == wanted
            print(f"two local workers: the same {what} as without Dask", flush=True)
            kill = lambda k=killed: os.killpg(workers[k].pid, signal.SIGKILL)  # noqa: E731
            assert run(corpus, folder / "c", "--scheduler", address, amid=kill) == wanted
            print(f"{4 - killed} namespaces, a worker killed in the middle: the same {what}", flush=True)


if __name__ == "__main__":
    main()
