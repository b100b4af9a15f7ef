"""Spikes of a partial recording: a kill at any moment loses nothing that was marked, and the same call resumes."""

import os
import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest

from millpond.recording import Recording, layout, making, record, spikes, verify
from millpond.reservoir import InputError
from tests.reservoir.test_shards import contents
from tests.toys import Counter


@pytest.fixture
def wanted(ragged, tmp_path):
    record(Counter(), ragged, tmp_path / "plain.h5").close()
    return contents(tmp_path / "plain.h5")


def die(*_, **__):
    os._exit(9)


def killed(call):
    """Run `call` in a process of its own, which dies on the way."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of processes with threads
        child = os.fork()
    if not child:
        try:
            call()
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def after(call):
    return lambda *given, **named: (call(*given, **named), die())


def half_copied(source, target):
    Path(target).write_bytes(Path(source).read_bytes()[:5000])
    die()


CUTS = {
    "before": (making, "_copy_with_spikes", die),
    "while the file is copied": (shutil, "copyfile", half_copied),
    "when the file is copied": (shutil, "copyfile", after(shutil.copyfile)),
    "when the group is created": (layout, "create_spikes", after(layout.create_spikes)),
    "when the spikes are added": (spikes, "add", after(spikes.add)),
    "before it has its name": (making, "_complete", after(making._complete)),
    "before all is cleared": (making, "_clear", lambda _, but=None: but or die()),
}


@pytest.mark.parametrize("when", CUTS)
def test_a_call_killed_while_spikes_are_added_resumes(ragged, tmp_path, wanted, when):
    path = tmp_path / "a.h5"

    def call():
        setattr(*CUTS[when])
        record(Counter(), ragged, path).close()

    killed(call)
    with Recording.open(path) as rec:
        assert rec.recorded.all() and (rec.spikes is None) == (not rec.complete) == (when != "before all is cleared")
    assert verify(path).whole
    if when != "before all is cleared":
        killed(call)
    with record(Counter(), ragged, path) as rec:
        assert rec.complete
    assert contents(path) == wanted and verify(path).whole
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.h5", "plain.h5"]


def test_a_second_process_is_refused_while_spikes_are_added(ragged, tmp_path):
    path = tmp_path / "a.h5"
    ready, go = os.pipe(), os.pipe()

    def slow(*given, add=spikes.add):
        os.write(ready[1], b"x")
        os.read(go[0], 1)
        return add(*given)

    def call():
        spikes.add = slow
        record(Counter(), ragged, path).close()
        die()

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(killed, call)
        os.read(ready[0], 1)
        with pytest.raises(InputError, match="is being written by another process"):
            record(Counter(), ragged, path)
        os.write(go[1], b"x" * 9)
        first.result()
    assert verify(path).whole


def test_the_log_of_a_deleted_file_does_not_get_into_the_next(ragged, tmp_path, wanted):
    path = tmp_path / "a.h5"

    def call():
        spikes.add = die
        record(Counter(), ragged, path)

    killed(call)
    (tmp_path / "a.h5.part").unlink()
    assert spikes.log_path(tmp_path / "a.h5.part").exists()
    record(Counter(), ragged, path).close()
    assert contents(path) == wanted


def interrupted(ragged, path, monkeypatch):
    """Record all sequences in small batches, but do not add the spikes; return the log and its records."""
    monkeypatch.setattr("millpond.recording.filling._BATCH_BYTES", 200)

    def call():
        spikes.add = die
        record(Counter(), ragged, path)

    killed(call)
    log = spikes.log_path(Path(f"{path}.part"))
    with log.open("rb") as file:
        return log, list(spikes._records(file))


@pytest.mark.parametrize("harm", [
    lambda log, records: log.unlink(),
    lambda log, records: os.truncate(log, records[3].end - 3),
    lambda log, records: os.truncate(log, records[2].begin + 9),
    lambda log, records: log.write_bytes(log.read_bytes()[: records[2].begin] + bytes(1000)),
    lambda log, records: log.write_bytes(log.read_bytes() + b"\xff" * 50),
], ids=["no log", "in the spikes", "in the head", "zeros", "more"])  # fmt: skip
def test_sequences_whose_spikes_are_lost_are_recorded_again(ragged, tmp_path, monkeypatch, wanted, harm):
    """As a power failure may leave the log."""
    log, records = interrupted(ragged, tmp_path / "a.h5", monkeypatch)
    assert len(records) > 4
    harm(log, records)
    record(Counter(), ragged, tmp_path / "a.h5").close()
    assert contents(tmp_path / "a.h5") == wanted and verify(tmp_path / "a.h5").whole and not log.exists()


def test_spikes_without_a_mark_are_not_added(ragged, tmp_path, monkeypatch, wanted):
    interrupted(ragged, tmp_path / "a.h5", monkeypatch)
    for k in (0, 5, 10):
        with h5py.File(tmp_path / "a.h5.part", "r+") as file:
            file["recorded"][k] = 0
    record(Counter(), ragged, tmp_path / "a.h5").close()
    assert contents(tmp_path / "a.h5") == wanted


@pytest.mark.parametrize("block", [0, 3, 10**6])
def test_chunks_and_batches_give_the_same_spikes(tmp_path, rng, monkeypatch, block):
    """Sequences without spikes, one that arrives in chunks, and units that are not sorted by time."""
    monkeypatch.setattr(spikes, "_BLOCK", block)
    each = [(rng.uniform(k, k + 1, n), rng.integers(0, 9, n)) for k, n in enumerate((0, 7, 4, 0, 9, 0))]
    owners = (2, 3, 3, 4, 4, 6)
    with (tmp_path / "log.spikes").open("w+b") as log:
        writer = spikes.Writer(log, range(2, 8))
        for i, found in zip(owners, each, strict=True):
            writer.add(i, *found)
        sums = writer.end()
    monkeypatch.setattr(spikes, "_BLOCK", max(block, 1))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        layout.axis(file, "sequence", np.arange(8))
        file["row_size"] = np.ones(8, "i8")
        spikes.add(file, tmp_path / "log")
        assert file["spikes/row_size"][:].tolist() == [0, 0, 0, 11, 9, 0, 0, 0]
        times, units = (file[f"spikes/{name}"][:] for name in spikes.COLUMNS)
    order = [np.argsort(t) for t, _ in each]
    assert times.tolist() == np.concatenate([t[o] for (t, _), o in zip(each, order, strict=True)]).tolist()
    assert units.tolist() == np.concatenate([u[o] for (_, u), o in zip(each, order, strict=True)]).tolist()
    own = [spikes.crc([times[a:b], units[a:b]]) for a, b in ((0, 0), (0, 11), (11, 20), (20, 20), (20, 20), (20, 20))]
    assert sums.tolist() == own


def test_files_of_version_0_1_are_refused_or_replaced(ragged, tmp_path, wanted):
    """It kept spikes in a folder and an undo file."""
    path = tmp_path / "a.h5"
    (tmp_path / "a.h5.part.spikes").mkdir()
    (tmp_path / "a.h5.part.spikes" / "0-2").write_bytes(b"x")
    (tmp_path / "a.h5.part.undo").write_bytes(b"x")
    (tmp_path / "a.h5.part").write_bytes(b"half joined")
    with pytest.raises(InputError, match=r"a.h5.part is not an interrupted recording; delete it or choose another"):
        record(Counter(), ragged, path)
    record(Counter(), ragged, path, overwrite=True).close()
    assert contents(path) == wanted
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.h5", "plain.h5"]
