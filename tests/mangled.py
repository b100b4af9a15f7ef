"""Damaged sound files and .ts files, and a process that sends each through the commands that read them.

``python -m tests.mangled FOLDER FIRST LAST [--commands]`` makes the mutations FIRST to LAST - 1 in FOLDER, one after
the other, and prints a line of JSON for each: which command, its exit code, what it wrote to standard error. The same
number gives the same mutation.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import signal
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

SECONDS = 1500  # of processor time
BYTES = 12 << 30  # of address space: a size in a header must not be believed
Change = Callable[[bytearray, np.random.Generator], bytearray]


def flipped(content: bytearray, rng: np.random.Generator) -> bytearray:
    """Flip one to eight bits, half of the time in the first hundred bytes."""
    for _ in range(rng.integers(1, 9)):
        end = min(len(content), 100) if rng.integers(2) else len(content)
        content[rng.integers(end)] ^= 1 << rng.integers(8)
    return content


def cut(content: bytearray, rng: np.random.Generator) -> bytearray:
    """Keep the beginning."""
    return content[: rng.integers(len(content))]


def inserted(content: bytearray, rng: np.random.Generator) -> bytearray:
    """Put random bytes somewhere."""
    at = int(rng.integers(len(content)))
    return content[:at] + rng.bytes(int(rng.integers(1, 200))) + content[at:]


def removed(content: bytearray, rng: np.random.Generator) -> bytearray:
    """Leave out some bytes."""
    at = int(rng.integers(len(content)))
    return content[:at] + content[at + int(rng.integers(1, 200)) :]


def doubled(content: bytearray, rng: np.random.Generator) -> bytearray:
    """Repeat a part."""
    first, last = sorted(rng.integers(len(content), size=2).tolist())
    return content[:last] + content[first:]


def number(content: bytearray, rng: np.random.Generator) -> bytearray:
    """Write an extreme number over four bytes of the header."""
    at = int(rng.integers(4, 44))
    value = rng.choice(np.array([0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFF0], np.uint32))
    content[at : at + 4] = struct.pack("<I", value)
    return content


def token(content: bytearray, rng: np.random.Generator) -> bytearray:
    """Replace a value of a table by something else."""
    parts = bytes(content).split(b",")
    parts[rng.integers(len(parts))] = rng.choice(
        [b"", b"?", b"nan", b"inf", b"1e999", b"x", b"-", b"1:2", b"(0,1)", b"\0", b"\xff", b"1_0", b"\n", b"9" * 400]
    )
    return bytearray(b",".join(parts))


def line(content: bytearray, rng: np.random.Generator) -> bytearray:
    """Leave out, repeat or change one of the lines."""
    lines = bytes(content).split(b"\n")
    at = int(rng.integers(len(lines)))
    lines[at : at + 1] = [[], [lines[at]] * 2, [lines[at].upper()], [lines[at][::-1]]][rng.integers(4)]
    return bytearray(b"\n".join(lines))


OF_SOUND: tuple[Change, ...] = (flipped, flipped, cut, inserted, removed, doubled, number, number)
OF_TS: tuple[Change, ...] = (flipped, cut, inserted, removed, doubled, token, token, line, line)


def mutated(content: bytes, k: int, changes: tuple[Change, ...]) -> bytes:
    """Return mutation `k` of a file."""
    rng = np.random.default_rng([20261130, k])
    return bytes(changes[k % len(changes)](bytearray(content), rng))


def command(*arguments: str) -> tuple[int, str]:
    """Run millpond in this process; return its exit code and what it wrote to standard error."""
    from millpond.cli import main

    errors, own, code = io.StringIO(), sys.argv, 0
    handler = signal.getsignal(signal.SIGTERM)
    sys.argv = ["millpond", *arguments]
    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            sys.argv = own
            signal.signal(signal.SIGTERM, handler)
    return code, errors.getvalue()


def sounds(folder: Path, k: int, commands: bool) -> list[tuple[str, int, str]]:
    """Send mutation `k` of a word through the commands: `play`, and where wanted `compare` of a folder with it."""
    path = folder / "corpus" / "up_ann_0.wav"
    whole = path.read_bytes()
    path.write_bytes(mutated(whole, k, OF_SOUND))
    run = str(folder / "run")
    found = [("play", *command("play", str(path), "--run", run, "--no-open", "--out", str(folder / "a.html")))]
    if commands:
        found.append(("compare", *command(
            "compare", "digits", "--corpus", str(folder / "corpus"), "--units", "10", "--seeds", "1", "--workers", "1",
            "--out", str(folder / "out"),
        )))  # fmt: skip
        found.append(("record", *command(
            "record", "digits", "--model", "esn", "--units", "10", "--corpus", str(folder / "corpus"),
            "--out", str(folder / f"{k}.h5"),
        )))  # fmt: skip
    path.write_bytes(whole)
    return found


def series(folder: Path, k: int) -> list[tuple[str, int, str]]:
    """Send mutation `k` of one of the two .ts files through `compare`."""
    path = folder / "ts" / ("W_TRAIN.ts" if k % 2 else "W_TEST.ts")
    whole = path.read_bytes()
    path.write_bytes(mutated(whole, k, OF_TS))
    found = [("compare ts", *command(
        "compare", "ts", "--data", str(folder / "ts"), "--units", "5", "--seeds", "1", "--workers", "1",
        "--out", str(folder / "out-ts"),
    ))]  # fmt: skip
    path.write_bytes(whole)
    return found


def main() -> None:
    """Do what the module says."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    folder, first, last = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    commands = "--commands" in sys.argv
    for k in range(first, last):
        for kind, code, error in sounds(folder, k, commands) + series(folder, k):
            print(json.dumps([k, kind, code, error]), flush=True)


if __name__ == "__main__":
    main()
