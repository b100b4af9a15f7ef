"""No damaged sound or .ts file ends a command in a traceback, a hang or a crash."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.mangled import OF_SOUND, OF_TS, command, mutated
from tests.sounds import write_corpus

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A corpus of words, a comparison of it, and two .ts files."""
    found = tmp_path_factory.mktemp("mangled")
    write_corpus(found / "corpus")
    code, error = command(
        "compare", "digits", "--corpus", str(found / "corpus"), "--units", "10", "--seeds", "1", "--workers", "1",
        "--out", str(found / "run"),
    )  # fmt: skip
    assert code == 0, error
    rng = np.random.default_rng(0)
    (found / "ts").mkdir()
    for part in ("TRAIN", "TEST"):
        lines = "".join(
            ",".join(f"{v:.2f}" for v in (2 * (i % 2) - 1) * np.arange(8) + rng.normal(size=8)) + f":{i % 2}\n"
            for i in range(16)
        )
        head = "@problemName W\n@univariate true\n@equalLength true\n@seriesLength 8\n@classLabel true 0 1\n@data\n"
        (found / "ts" / f"W_{part}.ts").write_text(head + lines)
    return found


def sent(folder, first, last, *flags):
    """Return what `tests.mangled` printed of these mutations; one process, so that a crash is one."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.mangled", str(folder), str(first), str(last), *flags], cwd=ROOT, text=True,
        capture_output=True, env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"},
    )  # fmt: skip
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 0, f"after {found[-1:]}: {run.returncode} {run.stderr[-2000:]}"
    return found


def check(found):
    for k, kind, code, error in found:
        said = [line for line in error.splitlines() if line.startswith("millpond: ")]
        assert code in (0, 2), f"mutation {k}, {kind}: exit code {code}, {error}"
        assert "Traceback" not in error and "internal error" not in error, f"mutation {k}, {kind}: {error}"
        assert code == 0 or len(said) == 1, f"mutation {k}, {kind}: {error}"


def test_some_damaged_files_end_in_a_result_or_one_sentence(folder):
    found = sent(folder, 0, 16)
    check(found)
    assert {code for _, _, code, _ in found} == {0, 2}


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.parametrize("first", range(0, 200, 25))
def test_all_damaged_files_end_in_a_result_or_one_sentence(folder, first):
    check(sent(folder, first, first + 25, "--commands"))


def test_mutations_are_the_same_every_time():
    content = (b"RIFF" + bytes(range(200)) + b"1,2,3:up\n") * 2
    for changes in (OF_SOUND, OF_TS):
        first, second = ([mutated(content, k, changes) for k in range(40)] for _ in range(2))
        assert first == second and len(set(first)) > 30
