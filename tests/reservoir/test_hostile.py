"""Broken and hostile recordings: one sentence each, never a crash, a hang, or gigabytes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from millpond.esn import EchoStateNetwork
from millpond.recording import Recording, record
from millpond.recording.guard import Guarded
from millpond.reservoir import InputError

ROOT = Path(__file__).parents[2]


def survived(folder, first, last, use="read"):
    """Return how many cases were refused; each is used, as `tests.hostile` has it, in a process with limits."""
    words = [sys.executable, "-m", "tests.hostile", folder, str(first), str(last), use]
    one = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env=os.environ | one)
    assert run.returncode == 0, f"{run.returncode}: {run.stdout[-40:]} {run.stderr[-2000:]}"
    return int(re.search(r"(\d+) refused$", run.stdout.strip()).group(1))


def test_broken_files_are_refused_in_a_sentence(tmp_path):
    assert 50 < survived(tmp_path, 0, 100) < 100


@pytest.mark.parametrize("use", ["merge", "play"])
def test_a_broken_file_is_refused_or_changes_nothing(tmp_path, use):
    assert 12 <= survived(tmp_path, 0, 20, use) < 20


@pytest.mark.slow
@pytest.mark.parametrize("use", ["measure", "merge", "play", "report"])
def test_300_broken_files_are_refused_or_change_nothing(tmp_path, use):
    assert 200 < survived(tmp_path, 0, 300, use) < 300


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 2000, 250))
def test_2000_broken_files_are_refused_in_a_sentence(tmp_path, first):
    assert 125 < survived(tmp_path, first, first + 250) < 250


@pytest.fixture
def whole(ragged, tmp_path):
    record(EchoStateNetwork(n_units=5, random_state=0), ragged, tmp_path / "a.h5").close()
    return tmp_path / "a.h5"


def replaced(file, name, *args, **kwargs):
    del file[name]
    return file.create_dataset(name, *args, **kwargs)


REFUSED = {
    "negative row sizes": (lambda f: f["row_size"].write_direct(np.full(11, -3)), "row_size holds -3 to -3"),
    "1e18 rows": (lambda f: replaced(f, "states", (10**18, 1), "f4"), "is truncated or has wrong sizes"),
    "1e18 rows in chunks": (lambda f: replaced(f, "states", (10**18, 5), "f4", chunks=(8, 5)), "chunked"),
    "terabytes in a filter": (lambda f: replaced(f, "row_size", (2**40,), "i8", compression="gzip"), "compressed"),
    "a row too few": (lambda f: replaced(f, "inputs", data=np.zeros((66, 3))), "inputs has 66 along sample"),
    "three dimensions": (lambda f: replaced(f, "states", data=np.zeros((67, 5, 1))), r"\(sample, unit\) is needed"),
    "text for numbers": (lambda f: replaced(f, "states", data=[["a"] * 5] * 67), "numbers should be"),
    "labels of no class": (lambda f: f["label"].write_direct(np.full(11, 9, "i4")), "labels of no class"),
    "parts of no split": (lambda f: f["split"].write_direct(np.full(11, 7, "i1")), "does not exist"),
    "broken JSON": (lambda f: f["provenance/config"].write_direct(np.array("{", "O")), "contains invalid JSON"),
    "no provenance": (lambda f: f.pop("provenance"), "lacks provenance"),
    "no attribute": (lambda f: f.attrs.pop("complete"), "lacks complete"),
    "an ill attribute": (lambda f: f.attrs.update(dt="soon"), "dt that is not a number"),
    "a lie": (lambda f: f["recorded"].write_direct(np.zeros(11, "i1")), "lacks the states of some sequences"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_and_why(whole, what):
    change, said = REFUSED[what]
    with h5py.File(whole, "r+") as file:
        change(file)
    with pytest.raises(InputError, match=said):
        Recording.open(whole)


def test_nothing_outside_the_file_is_opened(whole, tmp_path):
    links = [h5py.ExternalLink("other.h5", "/states"), h5py.SoftLink("/states"), h5py.SoftLink("/inputs")]
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["states"] = np.zeros((67, 5), "f4")
    virtual = h5py.VirtualLayout((67, 5), "f4")
    virtual[...] = h5py.VirtualSource("other.h5", "states", (67, 5))
    made = [lambda f, link=link: f.__setitem__("states", link) for link in links]
    made += [lambda f: f.create_virtual_dataset("states", virtual)]
    made += [lambda f: f.create_dataset("states", (67, 5), "f4", external=[(tmp_path / "other.h5", 0, 67 * 20)])]
    for make in made:
        with h5py.File(whole, "r+") as file:
            del file["states"]
            make(file)
        with pytest.raises(InputError, match="an external link|virtual or external"):
            Recording.open(whole)


def test_scales_are_for_others_and_may_be_missing(whole):
    with h5py.File(whole, "r+") as file:
        for name in ("sequence", "unit", "channel", "sample"):
            del file[name]
    with Recording.open(whole) as rec:
        assert rec.states[0].shape == (5, 5)


def test_a_hole_that_claims_a_terabyte_is_not_held_in_memory(whole):
    with h5py.File(whole, "r+") as file:
        for name in ("row_size", "recorded", "sequence_name"):
            kind = file[name].dtype
            replaced(file, name, (2**36,), kind)
    with whole.open("r+b") as raw:
        raw.truncate(2**42)
    with pytest.raises(InputError, match="never written|row_size holds|is inconsistent|truncated"):
        Recording.open(whole)


def test_a_heap_that_libhdf5_would_never_leave_is_seen_before(whole):
    """The free rest of a heap of strings says that it has no length: the library looks for its end for ever."""
    data = bytearray(whole.read_bytes())
    at = data.find(b"GCOL\x01")
    assert at > 0
    with Guarded(whole) as file:
        assert file.read() == data
        file.seek(0)
        assert file.readinto(bytearray(len(data))) == len(data)  # a whole heap may be read
    place = at + 16
    while int.from_bytes(data[place : place + 2], "little"):
        place += 16 + -(-int.from_bytes(data[place + 8 : place + 16], "little") // 8) * 8
    data[place + 8 : place + 16] = bytes(8)
    whole.write_bytes(data)
    with pytest.raises(InputError, match=f"strings at byte {at} are damaged"):
        Recording.open(whole)
