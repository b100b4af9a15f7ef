import sys

import h5py
import numpy as np
import pytest

from millpond.esn import EchoStateNetwork
from millpond.recording import checksums, record, verify
from millpond.reservoir import InputError
from tests.hostile import asked
from tests.toys import Counter


@pytest.fixture
def rich(tmp_path):
    return asked(tmp_path)


def test_what_was_written_is_whole(rich):
    found = verify(rich)
    assert found.whole and found.described and not found.differing
    assert set(found.variables) == {"states", "inputs", "time", "targets", "spikes", "frames"}
    assert str(found) == f"{rich}: all 12 sequences whole (states, inputs, time, targets, spikes, frames)"


@pytest.mark.parametrize(
    "place", ["states", "inputs", "time", "targets", "spikes/time", "spikes/unit_index", "frames/intensity"]
)
def test_a_bit_that_turned_is_found_in_its_sequence(rich, place):
    name = next(n for n, paths in checksums.COLUMNS.items() if place in paths)
    with h5py.File(rich, "r") as file:
        var, sizes = file[place], (file[place].parent if "/" in place else file)["row_size"][:]
        k = int(np.flatnonzero(sizes)[len(np.flatnonzero(sizes)) // 2])
        row = var.nbytes // len(var)
        at = var.id.get_offset() + row * int(sizes[:k].sum()) + row // 2
    data = bytearray(rich.read_bytes())
    data[at] ^= 1
    rich.write_bytes(data)
    found = verify(rich)
    assert not found.whole and found.described
    assert found.differing == {name: [k]}
    assert f"{name} of 1 of 12 sequences differ: {k} (n{k})" in str(found)


@pytest.mark.parametrize("change", [
    lambda f: f["label"].write_direct(f["label"][:][::-1].copy()),
    lambda f: f["group"].__setitem__(0, "g3"),
    lambda f: f["questions/1/given"].__setitem__(0, 1 - f["questions/1/given"][0]),
    lambda f: f.attrs.modify("history", "never"),
    lambda f: f["provenance/preparation"].__setitem__((), "{}"),
    lambda f: f["label"].attrs.modify("classes", '[0, 1, "two"]'),
])  # fmt: skip
def test_what_describes_them_is_verified_too(rich, change):
    with h5py.File(rich, "r+") as file:
        change(file)
    found = verify(rich)
    assert not found.described and not found.differing
    assert "what describes its sequences differs" in str(found)


def test_lost_checksums_and_lost_axes_are_no_whole_file(rich):
    with h5py.File(rich, "r+") as file:
        del file["unit"]
    assert not verify(rich).whole
    with h5py.File(rich, "r+") as file:
        del file["frames"]
    assert not verify(rich).described


def test_long_sequences_have_the_checksum_of_their_bytes(rng, tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["millpond.recording.filling"], "_BATCH_BYTES", 8 * 20 * 10)
    x = [rng.normal(size=(n, 2)) for n in (3, 57, 4, 10)]
    record(EchoStateNetwork(n_units=20, random_state=0), x, tmp_path / "a.h5").close()
    monkeypatch.setattr(sys.modules["millpond.recording.verification"], "_ROWS_BYTES", 100)
    assert verify(tmp_path / "a.h5").whole
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["checksum/states"][1] == checksums.crc([file["states"][3:60]])


def test_a_stopped_recording_is_verified_as_far_as_it_goes(ragged, tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["millpond.recording.filling"], "_BATCH_BYTES", 200)
    observe, calls = Counter.observe, []

    def full(self, X):
        calls.append(1)
        if len(calls) == 4:
            raise OSError(28, "No space left on device")
        return observe(self, X)

    monkeypatch.setattr(Counter, "observe", full)
    with pytest.raises(InputError, match="No space left"):
        record(Counter(), ragged, tmp_path / "a.h5")
    found = verify(tmp_path / "a.h5")
    assert 0 < found.n_recorded < 11 and found.whole
    assert f"{found.n_recorded} of 11 sequences recorded (it was stopped), all whole" in str(found)
    record(Counter(), ragged, tmp_path / "a.h5").close()
    assert verify(tmp_path / "a.h5").whole
    record(Counter(), ragged, tmp_path / "b.h5").close()
    with h5py.File(tmp_path / "a.h5") as a, h5py.File(tmp_path / "b.h5") as b:
        for name in checksums.COLUMNS:
            if name in a["checksum"]:
                assert a["checksum"][name][:].tolist() == b["checksum"][name][:].tolist()


def test_a_file_begun_without_checksums_goes_on_without(ragged, tmp_path, monkeypatch):
    monkeypatch.setattr(checksums, "create", lambda *_: None)
    monkeypatch.setattr(checksums, "describe", lambda *_: None)
    record(Counter(), ragged, tmp_path / "a.h5").close()
    found = verify(tmp_path / "a.h5")
    assert found.whole and not found.variables


def test_no_recording_is_said(tmp_path):
    (tmp_path / "a.h5").write_text("no")
    with pytest.raises(InputError, match="is not a readable HDF5 file"):
        verify(tmp_path / "a.h5")


def test_the_bytes_of_any_kind_are_counted():
    assert checksums.crc([np.arange(3), np.empty((0, 2))]) == checksums.crc([np.arange(3)])
    assert checksums.crc([np.arange(3)]) != checksums.crc([np.arange(3.0)])
