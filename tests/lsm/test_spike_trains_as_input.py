"""Spike trains reach the liquid at their times, on every engine and in a plain Brian2 script."""

import numpy as np
import pytest

from millpond import LiquidStateMachine, Sequences, SpikeTrains
from millpond.lsm import InputSpikes, standalone
from millpond.reservoir import InputError

DT = 5e-4


def trains_of(rng, duration=0.3, n=60):
    """Return spikes at any times, no two of a unit within a time step."""
    steps = np.stack([rng.permutation(round(duration / DT) - 1)[:n] for _ in range(6)])
    return SpikeTrains(
        (steps + rng.uniform(0, 0.99, steps.shape)).ravel() * DT, np.repeat(np.arange(6), n), 6, duration
    )


def model_of(**params):
    return LiquidStateMachine(
        **{"shape": (4, 3, 3), "encoder": "spikes", "dt": DT, "engine": "numba", "random_state": 0} | params
    )


def steps_of(spikes):
    return [(np.rint(t / DT).astype(int).tolist(), u.tolist()) for t, u in spikes]


def test_a_plain_brian2_script_fires_the_same_spikes(rng):
    import brian2 as b

    trains = trains_of(rng)
    model = model_of().fit([trains])
    L, c = model.liquid_, model.liquid_.constants
    b.prefs.codegen.target = "numpy"
    clock = b.Clock(DT * b.second)
    cells = b.NeuronGroup(
        L.n_neurons,
        """dv/dt = (-v + 1*Mohm*(ge + gi + gx + I))/(30*ms) : volt (unless refractory)
        dge/dt = -ge/(3*ms) : amp
        dgi/dt = -gi/(6*ms) : amp
        dgx/dt = -gx/tx : amp
        tx : second (constant)
        I : amp (constant)
        held : second (constant)""",
        threshold="v > 15*mV", reset="v = 13.5*mV", refractory="held", method="exact", clock=clock,
    )  # fmt: skip
    cells.v, cells.tx, cells.held = L.v0 * b.volt, L.tau_in * b.second, L.refractory * b.second
    cells.I = L.background * b.amp
    source = b.SpikeGeneratorGroup(6, trains.units, trains.times * b.second, clock=clock)
    objects = [cells, source]
    for inhibits, g in ((False, "ge"), (True, "gi")):
        of = L.inhibitory[L.pre] == inhibits
        s = b.Synapses(
            cells, cells, "w:amp\nU:1\nD:second\nF:second\ndu/dt=-u/F:1 (event-driven)\ndx/dt=(1-x)/D:1 (event-driven)",
            on_pre=f"u += U*(1-u); {g}_post += w*u*x; x *= 1 - u", clock=clock,
        )  # fmt: skip
        s.connect(i=L.pre[of], j=L.post[of])
        s.w, s.U, s.D, s.F, s.x = L.weight[of] * b.amp, L.U[of], L.D[of] * b.second, L.F[of] * b.second, 1
        s.delay = L.delay[of] * b.second
        objects.append(s)
    line, target = np.nonzero(L.W_in)
    s = b.Synapses(source, cells, "w : amp", on_pre="gx_post += w", clock=clock)
    s.connect(i=line, j=target)
    s.w = L.W_in[line, target] * b.amp
    seen = b.SpikeMonitor(cells)
    b.Network(*objects, s, seen).run(0.3 * b.second, namespace={})
    [(times, units)] = model.spikes([trains])
    assert len(times) > 50 and c.tau_m == 30e-3
    assert np.array_equal(seen.i, units)
    np.testing.assert_allclose(seen.t / b.second, times, atol=1e-9)


def test_engines_and_chunks_agree(rng, monkeypatch):
    trains = [trains_of(rng), trains_of(rng, 0.2)]
    model = model_of(constants={"noise": 3e-4}, membrane=True).fit(trains)
    whole = model.observe(trains)
    for engine in ("brian2",) if standalone.compiler() else ():
        other = model_of(constants={"noise": 3e-4}, membrane=True, engine=engine).fit(trains)
        assert steps_of(other.spikes(trains)) == steps_of(whole["spikes"])
    parts = list(model.observe_chunks(trains[0], 7))
    np.testing.assert_array_equal(np.concatenate([p["states"] for p in parts]), whole["states"][0])
    keys = [model._machine.key(rows) for rows in model.checked_signals(trains)]
    assert keys[0] != keys[1]


def test_spikes_keep_their_times_whatever_the_row_period(rng):
    trains = trains_of(rng)
    fine, coarse = model_of(row_period=DT).fit(trains), model_of(row_period=0.05).fit(trains)
    assert fine.transform(trains).shape[0] == 600 and coarse.transform(trains).shape[0] == 6
    assert steps_of(fine.spikes(trains)) == steps_of(coarse.spikes(trains))
    [(times, lines)] = coarse.input_spikes(trains)
    assert np.array_equal(np.rint(times / DT), np.floor(trains.times / DT + 1e-3))
    assert np.array_equal(lines, trains.units) or len(lines) == len(trains)
    assert np.array_equal(fine.transform(trains)[99::100], coarse.transform(trains)[:, :]) or np.allclose(
        fine.transform(trains)[99::100], coarse.transform(trains), rtol=0, atol=1e-12
    )


def test_the_control_reads_the_same_events(rng):
    trains = trains_of(rng)
    control = model_of().own_controls()["spikes"]
    assert isinstance(control, InputSpikes)
    assert control.set_params(counts=True).fit(trains).transform(trains)[:, 6:].sum() == len(trains)


def test_what_does_not_fit_is_one_sentence(rng):
    trains = trains_of(rng)
    model = model_of().fit(trains)
    with pytest.raises(InputError, match="use encoder='spikes'"):
        LiquidStateMachine(random_state=0).fit(trains)
    with pytest.raises(InputError, match="sequence 0 has 5 units, but 6 are needed"):
        model.transform(SpikeTrains([0.1], [0], 5, 0.2))
    with pytest.raises(InputError, match="a period of 0.02 s, but a row of this model has 0.01 s"):
        model.transform(Sequences([trains], period=0.02))
    with pytest.raises(InputError, match="sequence 1 is a ndarray"):
        model.transform([trains, np.zeros((3, 6))])
