"""The liquid in Brian2: a network of one or many replicas.

Brian2 (Stimberg, Brette and Goodman 2019, doi:10.7554/eLife.47314) is imported where it is used.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from millpond.lsm import noise, plain
from millpond.lsm.coding import Volley
from millpond.lsm.liquid import Liquid
from millpond.lsm.models import CURRENTS, SYNAPSES
from millpond.lsm.quantities import quantity

NOISY = "key : integer\n"  # tells the noise of sequences apart
GRADED = " + drive"
# in steps: Brian2's own refractory time divides two numbers for each neuron in each step, and is slower by half
HELD = "\nfree_from = t_in_timesteps + n_refractory"
DRIVE = "drive : amp/second\n"


def neurons(liquid: Liquid, n_replicas: int, clock: Any, events: dict[str, str] | None = None) -> Any:
    """Return the NeuronGroup "neurons" of `n_replicas` liquids side by side, with further `events`."""
    from brian2 import NeuronGroup, amp, ohm, second, volt

    c, model = liquid.constants, liquid.neurons
    namespace = {
        "R": c.resistance * ohm, "tau_m": c.tau_m * second,
        "tau_exc": c.tau_exc * second, "tau_inh": c.tau_inh * second,
        "v_threshold": c.threshold * volt, "v_reset": c.reset * volt,
    }  # fmt: skip
    namespace |= {name: quantity(name, text) for name, text in model.constants.items()}
    equations = model.equations + CURRENTS.format(drive=GRADED if liquid.graded else "")
    own = {"tau_in": (liquid.tau_in, second, "second"), "I_background": (liquid.background, amp, "amp")}
    differ = {name for name, (values, _, _) in own.items() if np.ptp(values)}
    for name, (values, unit, word) in own.items():
        if name in differ:
            equations += f"{name} : {word} (constant)\n"
        else:
            namespace[name] = values[0] * unit
    equations += (NOISY if c.noise else "") + (DRIVE if liquid.graded else "")
    group = NeuronGroup(
        liquid.n_neurons * n_replicas, equations, threshold=model.threshold, reset=model.reset + HELD,
        refractory="t_in_timesteps < free_from", method=model.method, namespace=namespace, clock=clock, events=events,
        name="neurons",
    )  # fmt: skip
    group.n_refractory = np.tile(plain.refractory_steps(liquid.refractory, clock.dt_), n_replicas)
    group.v = np.tile(liquid.v0, n_replicas) * volt
    for name in differ:
        setattr(group, name, np.tile(own[name][0], n_replicas) * own[name][1])
    for name, text in model.start.items():
        setattr(group, name, text)
    if c.noise:
        shaken(group, liquid, clock.dt_)
    return group


def driven(group: Any, levels: np.ndarray, row_period: float) -> None:
    """Let the input currents of `group` rise as fast as `levels` (n_rows, n_neurons) say in each row (A/s)."""
    from brian2 import TimedArray, amp, second

    group.namespace["levels"] = TimedArray(levels * amp / second, dt=row_period * second, name="levels")
    group.run_regularly("drive = levels(t, i)", dt=row_period * second, when="start")


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
    """Return the Synapses "excitatory", "inhibitory" and "feedforward", those of them that have any.

    A graded input has no spikes, and so no synapses.
    """
    from brian2 import Synapses, amp, second

    found = []
    replicas = np.arange(n_replicas)[:, None]
    for name, current, inhibits in (("excitatory", "g_exc", False), ("inhibitory", "g_inh", True)):
        chosen = liquid.negative == inhibits
        if not chosen.any():
            continue
        on_pre = re.sub(r"\bg_post\b", f"{current}_post", liquid.synapses.on_pre)
        s = Synapses(group, group, liquid.synapses.equations, on_pre=on_pre, clock=clock, name=name)
        s.connect(
            i=(liquid.pre[chosen] + replicas * liquid.n_neurons).ravel(),
            j=(liquid.post[chosen] + replicas * liquid.n_neurons).ravel(),
        )
        given = {"A": liquid.weight * amp, "U": liquid.U, "D": liquid.D * second, "F": liquid.F * second}
        for variable, values in given.items():
            if variable in s.variables:
                setattr(s, variable, np.tile(values[chosen], n_replicas))
        for variable, text in liquid.synapses.start.items():
            setattr(s, variable, text)
        s.delay = np.tile(liquid.delay[chosen], n_replicas) * second
        found.append(s)
    if liquid.graded:
        return found
    static = SYNAPSES["static"]
    lines, targets = np.nonzero(liquid.W_in)
    on_pre = static.on_pre.replace("g_post", "g_in_post")
    s = Synapses(source, group, static.equations, on_pre=on_pre, clock=clock, name="feedforward")
    s.connect(i=(lines + replicas * liquid.n_lines).ravel(), j=(targets + replicas * liquid.n_neurons).ravel())
    s.A = np.tile(liquid.W_in[lines, targets], n_replicas) * amp
    return [*found, s]


def network(liquid: Liquid, dt: float, n_sub: int, volley: Volley | None, key: int) -> Any:
    """Return a `brian2.Network` of one liquid driven by `volley`, of rows of `n_sub` steps.

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
    if volley is not None and volley.levels is not None:
        driven(group, plain.driving(volley.levels, liquid.W_in), n_sub * dt)
    return Network(group, source, *synapses(liquid, group, source, 1, clock), SpikeMonitor(group, name="spikes"))
