"""Scenarios of liquids: what they measure is what they say, and the small runs show what the large ones do."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from millpond.lsm import LiquidStateMachine
from millpond.scenarios.liquids import activity, delays, synapses, templates


@pytest.fixture(autouse=True)
def one_thread():
    with threadpool_limits(1):  # small products are faster on one
        yield


def test_long_delays_are_memory():
    rows = {(row["preset"], row["network"]): row for row in delays.run(1, 150, (6, 400))}
    for preset, memory in (("delayed", 6), ("chain", 12)):
        on, off, control = (rows[preset, name] for name in ("on", "off", "input"))
        assert on["memory"] > memory > 1.5 * max(off["memory"], control["memory"])
        assert on["XOR"] > off["XOR"] + 1
        assert control["XOR"] < 0.1
        assert off["rate (Hz)"] == pytest.approx(on["rate (Hz)"], rel=0.1)
        assert rows[preset, "on, noise"]["memory"] > memory


def test_templates_are_recalled_further_back_by_a_liquid_than_by_its_input():
    rows = {row.pop("row"): row for row in templates.recall(1, 200, 100)}
    assert rows["spikes"]["0 back"] > 0.9
    assert rows["liquid"]["1 back"] > rows["spikes"]["1 back"] + 0.15
    assert rows["delayed"]["2 back"] > max(rows["no-recurrence"]["2 back"], rows["spikes"]["2 back"]) + 0.15


def test_two_readouts_of_one_liquid(rng):
    rows = {row.pop("row"): row for row in templates.both(1, 30)}
    assert rows["liquid"]["rate"] > 0.4
    assert rows["liquid"]["coincidences"] > rows["spikes"]["coincidences"] + 0.05
    x = np.zeros((200, 4))
    x[[50, 53, 120], [0, 1, 0]] = 1
    assert templates.rate(x)[[49, 50, 79, 80]].tolist() == [0, 1, 2, 1]
    assert templates.coincidences(x)[[52, 53, 54, 150]].tolist() == [0, 1, 2, 0]


def test_the_picture_of_a_column():
    found = activity.run(2.0, shape=(5, 3, 3), dt=5e-4)
    assert found["rates"].sum() * 2.0 == len(found["times"])
    arrivals = found["synapses"]["EE"]
    assert ((arrivals["x"] > 0) & (arrivals["x"] <= 1)).all()
    assert arrivals["x"].mean() < 0.5
    raster, by_rate, by_cv, left = activity.picture(found).axes
    early = found["times"] < 1.0
    assert sum(len(line.get_xdata()) for line in raster.lines) == early.sum()
    assert (raster.get_xlabel(), raster.get_ylabel()) == ("time (s)", "neuron")
    assert (by_rate.get_xlabel(), by_rate.get_ylabel(), by_cv.get_ylabel()) == ("rate (Hz)", "neurons", "neurons")
    assert sum(bar.get_height() for bar in by_rate.patches) == len(found["rates"])
    assert [text.get_text() for text in left.get_legend().texts] == list(found["synapses"])


def test_balance_changes_mean_currents_and_hardly_how_regularly_neurons_fire():
    balanced, stock, off = activity.compared(2.0, shape=(5, 3, 3), dt=5e-4)
    share = [abs(row["from E (nA)"] + row["from I (nA)"]) / row["from E (nA)"] for row in (balanced, stock)]
    assert share[0] < 0.5 * share[1]
    assert off["from E (nA)"] == off["from I (nA)"] == 0
    assert off["x of EE"] is None
    for row in (balanced, stock):
        assert row["CV2"] == pytest.approx(off["CV2"], rel=0.25)


def test_synapses_as_spikes_found_them_are_those_of_the_liquid(rng):
    x = rng.normal(size=(30, 4))
    model = LiquidStateMachine(shape=(3, 3, 2), engine="numba", random_state=0).fit(x)
    run, (_, at, _) = model._machine.advance(x, model._machine.rest())
    liquid, n = model.liquid_, model.n_neurons_
    trains = [run.steps[run.units == i] * 1e-4 for i in range(n)]
    found = activity.used(liquid, trains)
    own_order = np.lexsort((liquid.post, liquid.delay, liquid.pre))  # of the compiled loop
    quiet = [len(t) > 2 and t[-1] < 0.3 - 2e-3 for t in trains]  # nothing on its way at the end
    compared = [k for k in range(len(liquid.pre)) if quiet[liquid.pre[k]]]
    assert len(compared) > 5
    for k in compared:
        mine = found["synapse"] == k
        place = np.flatnonzero(own_order == k)[0]
        assert found["u"][mine][-1] == pytest.approx(at.u[place], rel=1e-9)
        assert found["x"][mine][-1] * (1 - found["u"][mine][-1]) == pytest.approx(at.x[place], rel=1e-9)


def test_dynamic_synapses_mark_the_step():
    rows = synapses.run(5, n_units=60)
    dynamic, static, scaled, _ = rows
    assert dynamic["onset / after"] > scaled["onset / after"] + 0.2
    assert scaled["after (Hz)"] == pytest.approx(dynamic["after (Hz)"], rel=0.1)
    assert static["after (Hz)"] > 1.5 * dynamic["after (Hz)"]
    [ax] = synapses.picture(rows).axes
    assert len(ax.lines) == 5
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("time (s)", "mean rate (Hz)")
    assert [text.get_text() for text in ax.get_legend().texts] == [row["synapses"] for row in rows]
    assert np.array_equal(ax.lines[0].get_ydata(), rows[0]["course"])
