"""A plain Brian2 script of the paper's equations, which receives the drawn arrays of a liquid and spike trains."""

import numpy as np


def fired(L, trains, dt):
    """Return times (s) and neurons of all spikes of the liquid `L`, written without Millpond's Brian2 code."""
    import brian2 as b

    b.prefs.codegen.target = "numpy"
    c, clock = L.constants, b.Clock(dt * b.second)
    cells = b.NeuronGroup(
        L.n_neurons,
        """dv/dt = (-v + 1*Mohm*(ge + gi + gx + I))/(30*ms) : volt (unless refractory)
        dge/dt = -ge/te : amp
        dgi/dt = -gi/ti : amp
        dgx/dt = -gx/tx : amp
        tx : second (constant)
        I : amp (constant)
        held : second (constant)""",
        threshold="v > 15*mV", reset="v = 13.5*mV", refractory="held", method="exact", clock=clock,
        namespace={"te": c.tau_exc * b.second, "ti": c.tau_inh * b.second},
    )  # fmt: skip
    cells.v, cells.tx, cells.held = L.v0 * b.volt, L.tau_in * b.second, L.refractory * b.second
    cells.I = L.background * b.amp
    source = b.SpikeGeneratorGroup(trains.n_units, trains.units, trains.times * b.second, clock=clock)
    objects = [cells, source]
    dynamic = """w : amp
        U : 1
        D : second
        F : second
        du/dt = -u/F : 1 (event-driven)
        dx/dt = (1 - x)/D : 1 (event-driven)"""
    for of, g in ((L.weight > 0, "ge"), (L.weight < 0, "gi")):
        if not of.any():
            continue
        if L.dynamic:
            on_pre = f"u += U*(1 - u); {g}_post += w*u*x; x *= 1 - u"
            s = b.Synapses(cells, cells, dynamic, on_pre=on_pre, clock=clock)
        else:
            s = b.Synapses(cells, cells, "w : amp", on_pre=f"{g}_post += w", clock=clock)
        s.connect(i=L.pre[of], j=L.post[of])
        s.w = L.weight[of] * b.amp
        if L.dynamic:
            s.U, s.D, s.F, s.x = L.U[of], L.D[of] * b.second, L.F[of] * b.second, 1
        s.delay = L.delay[of] * b.second
        objects.append(s)
    line, target = np.nonzero(L.W_in)
    s = b.Synapses(source, cells, "w : amp", on_pre="gx_post += w", clock=clock)
    s.connect(i=line, j=target)
    s.w = L.W_in[line, target] * b.amp
    seen = b.SpikeMonitor(cells)
    b.Network(*objects, s, seen).run(trains.duration * b.second, namespace={})
    return np.asarray(seen.t / b.second), np.asarray(seen.i)
