"""A comparison on workers in network namespaces of their own, one killed in the middle: python -m tests.namespaces.

It needs Linux, root and `ip`. The workers reach the scheduler, and nothing else, over a bridge; the scores must be
those of one process.
"""

import contextlib
import json
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
    command = [sys.executable, "-m", "scenarios", "compare", "digits", "--corpus", corpus, "--units", 400, "--seeds", 4]
    process = subprocess.Popen([*map(str, command), "--out", out, *more], cwd=ROOT, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)  # fmt: skip
    while amid and process.poll() is None:
        if list(out.glob("outcomes/*.npz")):
            amid, _ = None, amid()
        time.sleep(0.01)
    _, said = process.communicate()
    assert process.returncode == 0, said
    assert amid is None, "it ended before a worker could be killed"
    return result("compare", out)


def main():
    """Compare one process, a local cluster of two, and three namespaces of which one is killed."""
    with tempfile.TemporaryDirectory() as made, cluster(3) as (address, workers):
        folder = Path(made)
        corpus = write_corpus(folder / "corpus")
        for name in "abc":
            (folder / name).mkdir()
        wanted = scores(corpus, folder / "a", "--workers", "1")
        print(f"one process: {json.dumps(wanted[0]['score'])}")
        assert scores(corpus, folder / "b", "--scheduler", "local", "--workers", "2") == wanted
        print("two local workers: the same")
        killed = lambda: os.killpg(workers[0].pid, signal.SIGKILL)  # noqa: E731
        assert scores(corpus, folder / "c", "--scheduler", address, amid=killed) == wanted
        print("three namespaces, a worker killed in the middle: the same")


if __name__ == "__main__":
    main()
