"""Spikes that join a file: whenever that is cut off, the file is put back, and the same call ends as if undisturbed."""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest

from millpond.recording import Recording, extents, joining, layout, making, record, spikes, verify
from millpond.reservoir import InputError
from tests.reservoir.test_shards import contents
from tests.toys import Counter


class CutError(Exception):
    pass


@pytest.fixture
def wanted(ragged, tmp_path):
    record(Counter(), ragged, tmp_path / "plain.h5").close()
    return contents(tmp_path / "plain.h5")


def cut(*_):
    raise CutError


def die(*_):
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


def half_written(file, counts, create=layout.create_spikes):
    """Add the group, and die when half of what HDF5 had to write is written."""
    create(file, counts)
    file.flush()
    part, undo = Path(file.filename), joining.undo_path(file.filename)
    with h5py.File(undo) as before:
        runs = joining._but_rows(before)
    was, now = undo.read_bytes(), bytearray(part.read_bytes())
    changed = [i for run in runs for i in run if was[i] != now[i]]
    assert len(changed) > 10
    for i in changed[::2]:
        now[i] = was[i]
    part.write_bytes(now)
    die()


CUTS = {
    "before": (joining, "_keep_undo", die),
    "with the undo file there": (joining.room, "ask", die),
    "with structures half written": (layout, "create_spikes", half_written),
    "while spikes are copied": (
        extents,
        "copy",
        lambda a, b, moves, copy=extents.copy: copy(a, b, moves) if b.suffix == ".new" else die(),
    ),
    "before it has its name": (joining, "join", lambda *given, join=joining.join: (join(*given), die())),
    "before all is cleared": (making, "_clear", die),
}


@pytest.mark.parametrize("when", CUTS)
def test_killed_on_the_way_it_goes_on(ragged, tmp_path, wanted, when):
    where, name, instead = CUTS[when]
    path, part = tmp_path / "a.h5", tmp_path / "a.h5.part"

    def call():
        kept = getattr(where, name)  # room is asked for the structure of the file, too
        setattr(where, name, (lambda p, *n: die() if p == part else kept(p, *n)) if name == "ask" else instead)
        record(Counter(), ragged, path).close()

    killed(call)
    if when == "with structures half written":
        with pytest.raises(InputError, match="was interrupted while spikes were added; repeat the call"):
            Recording.open(path)
    else:
        with Recording.open(path) as rec:  # what is read of it then is not made up
            assert rec.recorded.all() and (rec.spikes is None) == (not rec.complete)
        assert verify(path).whole
    if when != "before all is cleared":
        killed(call)
    with record(Counter(), ragged, path) as rec:
        assert rec.complete
    assert contents(path) == wanted and verify(path).whole
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.h5", "plain.h5"]


def test_who_is_at_it_is_left_alone(ragged, tmp_path):
    """An undo file is there while another process has the spikes join."""
    path, part = tmp_path / "a.h5", tmp_path / "a.h5.part"
    ready, go = os.pipe(), os.pipe()

    def slow(*given, create=layout.create_spikes):
        os.write(ready[1], b"x")
        os.read(go[0], 1)
        return create(*given)

    def call():
        layout.create_spikes = slow
        record(Counter(), ragged, path).close()
        die()

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(killed, call)
        os.read(ready[0], 1)
        assert joining.undo_path(part).exists()
        with pytest.raises(InputError, match="is being written by another process"):
            record(Counter(), ragged, path)
        os.write(go[1], b"x" * 9)
        first.result()
    assert verify(path).whole and not joining.undo_path(part).exists()


def test_an_undo_file_of_what_was_taken_away_is_not_put_into_the_next(ragged, tmp_path, wanted):
    path = tmp_path / "a.h5"

    def call():
        layout.create_spikes = die
        record(Counter(), ragged, path)

    killed(call)
    (tmp_path / "a.h5.part").unlink()
    assert joining.undo_path(tmp_path / "a.h5.part").exists()
    record(Counter(), ragged, path).close()
    assert contents(path) == wanted


def test_sequences_whose_spikes_are_lost_are_recorded_anew(ragged, tmp_path, monkeypatch, wanted):
    path, part = tmp_path / "a.h5", tmp_path / "a.h5.part"
    monkeypatch.setattr("millpond.recording.filling._BATCH_BYTES", 200)
    with monkeypatch.context() as patch, pytest.raises(CutError):
        patch.setattr(joining, "join", cut)
        record(Counter(), ragged, path).close()
    there = spikes.pieces(part)
    assert len(there) > 3
    there[2].path.unlink()
    said = f"spikes of {len(there[2].run)} sequences, the first {there[2].run.start}, are missing"
    with pytest.raises(InputError, match=said):
        with h5py.File(part, "r+") as file:
            joining.join(file, part)
    for piece, size in ((there[0], 0), (there[3], 3)):  # after a power cut
        os.truncate(piece.path, size)
    (spikes.folder_of(part) / "left.new").write_bytes(b"of a worker that was killed")
    record(Counter(), ragged, path).close()
    assert contents(path) == wanted and not spikes.folder_of(part).exists()


def test_what_two_workers_did_counts_once(ragged, tmp_path, wanted):
    part = tmp_path / "x.h5.part"
    two = [(np.array([0.2, 0.1]), np.array([1, 2]))] * 3
    for run in (range(0, 3), range(0, 2), range(3, 4), range(2, 3)):
        spikes.keep(part, run, two[: len(run)])
    assert [piece.run.stop for piece in spikes.pieces(part)] in ([3, 4], [2, 3, 4])


@pytest.mark.parametrize("taken, left", [
    ([], [range(0, 9)]), ([range(0, 9)], []), ([range(4, 6), range(1, 2)], [range(0, 1), range(2, 4), range(6, 9)]),
])  # fmt: skip
def test_what_is_left_of_a_file(taken, left):
    assert extents.complement(taken, 9) == left


def test_rows_lie_where_they_are_said_to(ragged, tmp_path):
    with record(Counter(), ragged, tmp_path / "a.h5") as rec:
        for name in ("states", "frames/intensity", "spikes/time"):
            var = rec._file[name]
            extent, raw = extents.of(var), (tmp_path / "a.h5").read_bytes()
            last = raw[extent.at(len(var) - 1) : extent.at(len(var))]
            assert last == var[-1].tobytes() and len(last) == extent.width
