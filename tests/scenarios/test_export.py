"""Recordings in the formats of others, read back by plain h5py and by pynwb."""

import json

import h5py
import numpy as np
import pytest

from millpond.esn import EchoStateNetwork
from millpond.export import export
from millpond.export.clock import GAP
from millpond.lsm import LiquidStateMachine
from millpond.recording import Recording, record
from millpond.reservoir import InputError, Sequences

RNG = np.random.default_rng(0)
WORDS = Sequences(
    [RNG.normal(size=(n, 2)) for n in (12, 7, 20)], period=0.01, labels=["yes", "no", "yes"], groups=["a", "b", "a"],
    split=["train", "train", "test"], names=["one", "two", "three"],
)  # fmt: skip
STARTS = np.array([0, 0.12 + GAP, 0.19 + 2 * GAP])


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded")
    liquid = LiquidStateMachine(shape=(4, 3, 3), engine="numba", dt=5e-4, random_state=0)
    record(liquid, WORDS, folder / "lsm.h5").close()
    record(EchoStateNetwork(n_units=9, random_state=0), WORDS, folder / "esn.h5").close()
    return folder


def test_sonata_has_all_spikes_on_one_clock(recorded, tmp_path):
    path = export(recorded / "lsm.h5", "sonata", tmp_path / "lsm.h5")
    with Recording.open(recorded / "lsm.h5") as rec, h5py.File(path) as file:
        assert file.attrs["magic"] == 0x0A7A and file.attrs["version"].tolist() == [0, 1]
        spikes = file["spikes/lsm"]
        assert spikes.attrs["sorting"] == h5py.check_enum_dtype(spikes.attrs.get_id("sorting").dtype)["by_time"]
        times, units = spikes["timestamps"][:], spikes["node_ids"][:]
        assert spikes["timestamps"].attrs["units"] == "milliseconds"
        assert len(times) == rec.spikes.lengths.sum() > 100 and (np.diff(times) >= 0).all()
        trials = file["trials"]
        assert trials["start_time"][:] == pytest.approx(STARTS)
        assert trials["stop_time"][:] == pytest.approx(STARTS + WORDS.lengths * 0.01)
        assert trials["label"].asstr()[:].tolist() == ["yes", "no", "yes"]
        for start, stop, (own_times, own_units) in zip(
            trials["start_time"], trials["stop_time"], rec.spikes, strict=True
        ):
            mine = (times >= 1000 * start) & (times <= 1000 * stop)
            assert times[mine] / 1000 - start == pytest.approx(own_times)
            assert np.array_equal(units[mine], own_units)


@pytest.mark.parametrize("period", [1.0, 0.001])
def test_rows_and_spikes_share_a_clock_where_the_liquid_has_its_own_pace(tmp_path, period):
    liquid = LiquidStateMachine(shape=(4, 3, 3), engine="numba", dt=5e-4, row_period=0.02, random_state=0)
    record(liquid, Sequences([RNG.normal(size=(n, 2)) for n in (12, 7)], period=period), tmp_path / "a.h5").close()
    with h5py.File(export(tmp_path / "a.h5", "sonata", tmp_path / "b.h5")) as file:
        assert file["trials/stop_time"][:] == pytest.approx([0.24, 0.24 + GAP + 0.14])
        times = file["spikes/lsm/timestamps"][:]
        assert (np.diff(times) >= 0).all() and len(times)
        assert ((times < 240) | ((times >= 240 + 1000 * GAP) & (times < 380 + 1000 * GAP))).all()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.h5", "b.h5"]


def test_nwb_has_spikes_trials_states_and_inputs_and_is_valid(recorded, tmp_path):
    pynwb = pytest.importorskip("pynwb", reason="pip install -e '.[export]' brings pynwb")
    path = export(recorded / "lsm.h5", "nwb", tmp_path / "lsm.nwb")
    with Recording.open(recorded / "lsm.h5") as rec, pynwb.NWBHDF5IO(path, "r") as source:
        file = source.read()
        assert not pynwb.validate(io=source)
        found = file.trials.to_dataframe()
        assert found["start_time"].to_numpy() == pytest.approx(STARTS)
        for column, values in (
            ("label", rec.labels),
            ("group", rec.groups),
            ("split", rec.split),
            ("sequence", rec.names),
        ):
            assert found[column].tolist() == values.tolist()
        assert len(file.units) == rec.n_units
        for k in range(rec.n_units):
            wanted = [start + times[units == k] for start, (times, units) in zip(STARTS, rec.spikes, strict=True)]
            assert file.units["spike_times"][k] == pytest.approx(np.concatenate(wanted))
        for name, kept in (("states", rec.states), ("inputs", rec.inputs)):
            assert np.array_equal(file.acquisition[name].data[:], np.concatenate(list(kept)))
            assert file.acquisition[name].timestamps[12] == pytest.approx(STARTS[1])
        assert json.loads(file.notes)["config"]["class"].endswith("LiquidStateMachine")
        assert file.identifier == rec.attrs["fingerprint"]


def test_a_recording_without_spikes_goes_to_nwb_alone(recorded, tmp_path):
    with pytest.raises(InputError, match=r"has no spikes.*--to nwb"):
        export(recorded / "esn.h5", "sonata", tmp_path / "esn.sonata.h5")
    assert not list(tmp_path.iterdir())
    pynwb = pytest.importorskip("pynwb", reason="pip install -e '.[export]' brings pynwb")
    path = export(recorded / "esn.h5", "nwb")
    assert path == recorded / "esn.nwb"
    with pynwb.NWBHDF5IO(path, "r") as source:
        file = source.read()
        assert file.units is None and file.acquisition["states"].data.shape == (39, 9)
        assert not pynwb.validate(io=source)


def test_what_is_there_is_not_written_over(recorded, tmp_path):
    (tmp_path / "there.h5").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        export(recorded / "lsm.h5", "sonata", tmp_path / "there.h5")
    with pytest.raises(InputError, match="did you mean 'sonata'"):
        export(recorded / "lsm.h5", "sonatta")
    with pytest.raises(InputError, match="no folder"):
        export(recorded / "lsm.h5", "sonata", tmp_path / "none" / "x.h5")
