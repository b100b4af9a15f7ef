"""Spike trains: validation, conversions, and what models do with them."""

import numpy as np
import pytest

from millpond import EchoStateNetwork, SpikeTrains
from millpond.recording import record
from millpond.reservoir import InputError, Sequences, spike_formats


@pytest.fixture
def trains(rng):
    return SpikeTrains(rng.uniform(0, 0.3, 200), rng.integers(0, 7, 200), 7, 0.3)


def same(a, b, tolerance=0.0):
    return (a.n_units == b.n_units and np.array_equal(a.units, b.units)
            and np.abs(a.times - b.times).max(initial=0) <= tolerance)  # fmt: skip


def test_spikes_are_sorted_and_read_only():
    trains = SpikeTrains([0.2, 0.1, 0.1], [0, 2, 1], 3, 0.3)
    assert trains.times.tolist() == [0.1, 0.1, 0.2] and trains.units.tolist() == [1, 2, 0]
    with pytest.raises(ValueError, match="read-only"):
        trains.times[0] = 0


@pytest.mark.parametrize(
    ("times", "units", "says"),
    [
        ([12000.0], [0], r"times\[0\] is 12000 s, but .* less than duration \(0.3 s\); give times in s \(microseconds"),
        ([0.3], [0], "less than duration"),
        ([-0.1], [0], "at least 0"),
        ([np.nan], [0], "times holds a value that is not finite"),
        ([0.1], [-1], r"units\[0\] is -1, but it must be a whole number from 0 to 6"),
        ([0.1], [7], r"units\[0\] is 7, but it must be a whole number from 0 to 6"),
        ([0.1], [0.5], "units.* whole number"),
        ([0.1, 0.2], [0], "2 times but 1 units"),
    ],
)
def test_invalid_spikes_raise_one_sentence(times, units, says):
    with pytest.raises(InputError, match=says):
        SpikeTrains(times, units, 7, 0.3)


def test_counts_and_back(trains, rng):
    counts = trains.counts(0.01)
    assert counts.shape == (30, 7) and counts.sum() == 200
    assert np.array_equal(SpikeTrains.from_counts(counts, 0.01).counts(0.01), counts)
    with pytest.raises(InputError, match=r"counts\[0, 1\] is -1"):
        SpikeTrains.from_counts([[0, -1]], 0.01)


def test_tonic_events_and_back(trains):
    events = spike_formats.to_tonic(trains)
    assert events.dtype.names == ("x", "t", "p")
    assert same(spike_formats.from_tonic(events, (7, 1, 1), 0.3), trains, 0.51e-6)
    camera = np.array([(1, 2, 5, 1), (0, 0, 9, 0)], [(n, int) for n in "xytp"])
    assert spike_formats.from_tonic(camera, (3, 4, 2)).units.tolist() == [1 * 12 + 2 * 3 + 1, 0]
    with pytest.raises(InputError, match="no field t"):
        spike_formats.from_tonic(camera[["x", "p"]], (3, 1, 1))
    with pytest.raises(InputError, match="y of event 0 is 2"):
        spike_formats.from_tonic(camera, (3, 2, 2))


class Quantity:
    """The part of a neo quantity that is used."""

    def __init__(self, ms):
        self.magnitude = np.asarray(ms, float)

    def rescale(self, unit):
        assert unit == "s"
        return Quantity(self.magnitude / 1e3)


class NeoTrain(Quantity):
    def __init__(self, ms, start=100.0, stop=400.0):
        super().__init__(ms)
        self.t_start, self.t_stop = Quantity(start), Quantity(stop)


def test_neo_trains_count_from_their_start():
    found = spike_formats.from_neo([NeoTrain([150.0]), NeoTrain([]), NeoTrain([120.0, 399.0])])
    assert found.units.tolist() == [2, 0, 2] and found.duration == pytest.approx(0.3)
    np.testing.assert_allclose(found.times, [0.02, 0.05, 0.299])
    with pytest.raises(InputError, match="different t_start"):
        spike_formats.from_neo([NeoTrain([]), NeoTrain([], stop=500.0)])


def test_nwb_units_and_back(trains):
    times, index = spike_formats.to_nwb(trains)
    assert index[-1] == 200
    assert same(spike_formats.from_nwb(times, index, duration=0.3), trains)
    assert len(spike_formats.from_nwb(times, index, start=0.1, duration=0.1)) == trains.counts(0.1)[1].sum()
    with pytest.raises(InputError, match="spike_times_index"):
        spike_formats.from_nwb(times, index[:-1])


def test_csv_and_back(trains, tmp_path):
    spike_formats.write_csv(trains, tmp_path / "a.csv")
    assert same(spike_formats.read_csv(tmp_path / "a.csv", 7, 0.3), trains)
    (tmp_path / "b.csv").write_text("5,1\n2,0\n")
    assert spike_formats.read_csv(tmp_path / "b.csv", time_unit=1e-3).times.tolist() == [0.002, 0.005]
    (tmp_path / "c.csv").write_text("time,unit\n0.1,0\n0.2\n")
    with pytest.raises(InputError, match="line 3 of .*c.csv is '0.2'"):
        spike_formats.read_csv(tmp_path / "c.csv")


def test_a_data_set_keeps_events_and_gives_counts_to_other_models(trains, tmp_path):
    data = Sequences([trains, trains], period=0.01, labels=["a", "b"])
    assert data.spiking and data[data.labels == "b"].spiking and data.lengths.tolist() == [30, 30]
    model = EchoStateNetwork(n_units=20, random_state=0).fit(data)
    assert np.array_equal(model.transform(data).signals[1], model.transform(trains.counts(0.01)))
    with pytest.raises(InputError, match="no time steps; call .counts"):
        model.transform([trains])
    with pytest.raises(InputError, match="a recording does not store"):
        record(model, data, tmp_path / "a.h5")
