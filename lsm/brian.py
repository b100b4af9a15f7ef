"""The liquid in Brian2: its equations, and a network of one or many replicas.

Brian2 (Stimberg, Brette and Goodman 2019, doi:10.7554/eLife.47314) is imported where it is used.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lsm import noise, plain
from lsm.coding import Volley
from lsm.liquid import Liquid

NEURON = """
dv/dt = (-v + R*(g_exc + g_inh + g_in + I_background))/tau_m : volt (unless refractory)
dg_exc/dt = -g_exc/tau_exc : amp
dg_inh/dt = -g_inh/tau_inh : amp
dg_in/dt = -g_in/tau_in : amp
t_refractory : second (constant)
"""
NOISY = "key : integer\n"  # tells the noise of sequences apart

# Markram, Wang and Tsodyks (1998), doi:10.1073/pnas.95.9.5323: u and x where a spike finds them
DYNAMIC = """
A : amp (constant)
U : 1 (constant)
D : second (constant)
F : second (constant)
du/dt = -u/F : 1 (event-driven)
dx/dt = (1 - x)/D : 1 (event-driven)
"""
ON_SPIKE = """
u += U*(1 - u)
{current}_post += A*u*x
x *= 1 - u
"""
STATIC = "A : amp (constant)"
ON_SPIKE_STATIC = "{current}_post += A"


def neurons(liquid: Liquid, n_replicas: int, clock: Any, events: dict[str, str] | None = None) -> Any:
    """Return the NeuronGroup "neurons" of `n_replicas` liquids side by side, with further `events`."""
    from brian2 import NeuronGroup, amp, ohm, second, volt

    c = liquid.constants
    namespace = {
        "R": c.resistance * ohm, "I_background": c.background * amp, "tau_m": c.tau_m * second,
        "tau_exc": c.tau_exc * second, "tau_inh": c.tau_inh * second,
        "v_threshold": c.threshold * volt, "v_reset": c.reset * volt,
    }  # fmt: skip
    equations = NEURON
    uniform = np.ptp(liquid.tau_in) == 0
    if uniform:
        namespace["tau_in"] = liquid.tau_in[0] * second
    else:
        equations += "tau_in : second (constant)\n"
    if liquid.constants.noise:
        equations += NOISY
    group = NeuronGroup(
        liquid.n_neurons * n_replicas, equations, threshold="v > v_threshold", reset="v = v_reset",
        refractory="t_refractory", method="exact", namespace=namespace, clock=clock, events=events,
        name="neurons",
    )  # fmt: skip
    group.t_refractory = np.tile(liquid.refractory, n_replicas) * second
    group.v = np.tile(liquid.v0, n_replicas) * volt
    if not uniform:
        group.tau_in = np.tile(liquid.tau_in, n_replicas) * second
    if liquid.constants.noise:
        shaken(group, liquid, clock.dt_)
    return group


def shaken(group: Any, liquid: Liquid, dt: float) -> None:
    """Give `group` the noise of `liquid`: a kick in every step, after the integration."""
    from brian2 import Function, volt

    kick = Function(noise.kick_plain, arg_units=[1, 1, 1], return_unit=1, stateless=False)
    kick.implementations.add_numpy_implementation(noise.kick_plain)
    kick.implementations.add_implementation("cpp", noise.CPP)
    size = noise.step_size(liquid.constants.noise, plain.membrane_decay(liquid, dt))
    group.namespace |= {"kick": kick, "kick_size": size * volt, "n_neurons": liquid.n_neurons}
    group.run_regularly(
        "v += kick_size*int(not_refractory)*kick(key, t_in_timesteps, i % n_neurons)", when="groups", order=1
    )


def synapses(liquid: Liquid, group: Any, source: Any, n_replicas: int, clock: Any) -> list[Any]:
    """Return the Synapses "excitatory", "inhibitory" and "feedforward", those of them that have any."""
    from brian2 import Synapses, amp, second

    found = []
    replicas = np.arange(n_replicas)[:, None]
    for name, current, inhibits in (("excitatory", "g_exc", False), ("inhibitory", "g_inh", True)):
        chosen = liquid.inhibitory[liquid.pre] == inhibits
        if not chosen.any():
            continue
        model, on_spike = (DYNAMIC, ON_SPIKE) if liquid.dynamic else (STATIC, ON_SPIKE_STATIC)
        s = Synapses(group, group, model, on_pre=on_spike.format(current=current), clock=clock, name=name)
        s.connect(
            i=(liquid.pre[chosen] + replicas * liquid.n_neurons).ravel(),
            j=(liquid.post[chosen] + replicas * liquid.n_neurons).ravel(),
        )
        s.A = np.tile(liquid.weight[chosen], n_replicas) * amp
        if liquid.dynamic:
            s.U = np.tile(liquid.U[chosen], n_replicas)
            s.D = np.tile(liquid.D[chosen], n_replicas) * second
            s.F = np.tile(liquid.F[chosen], n_replicas) * second
            s.x = 1
        s.delay = np.tile(liquid.delay[chosen], n_replicas) * second
        found.append(s)
    lines, targets = np.nonzero(liquid.W_in)
    s = Synapses(source, group, STATIC, on_pre=ON_SPIKE_STATIC.format(current="g_in"), clock=clock, name="feedforward")
    s.connect(i=(lines + replicas * liquid.n_lines).ravel(), j=(targets + replicas * liquid.n_neurons).ravel())
    s.A = np.tile(liquid.W_in[lines, targets], n_replicas) * amp
    return [*found, s]


def network(liquid: Liquid, dt: float, volley: Volley | None, key: int) -> Any:
    """Return a `brian2.Network` of one liquid driven by `volley`.

    Its objects are called "neurons", "input" (a SpikeGeneratorGroup), "excitatory", "inhibitory",
    "feedforward" and "spikes" (a SpikeMonitor of the neurons).
    """
    from brian2 import Clock, Network, SpikeGeneratorGroup, SpikeMonitor, second

    clock = Clock(dt * second)
    lines, steps = ([], []) if volley is None else (volley.lines, volley.steps)
    source = SpikeGeneratorGroup(liquid.n_lines, lines, np.asarray(steps) * dt * second, clock=clock, name="input")
    group = neurons(liquid, 1, clock)
    if liquid.constants.noise:
        group.key = key
    return Network(group, source, *synapses(liquid, group, source, 1, clock), SpikeMonitor(group, name="spikes"))
