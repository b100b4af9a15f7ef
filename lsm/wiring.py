"""Drawing a network: connections, synapses, input.

All chance is drawn here with numpy, from a stream for each purpose, so that every engine gets the same
arrays and switching one thing off leaves the others as they were.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from millpond.lsm import topology
from millpond.lsm.connections import Connections
from millpond.lsm.liquid import Liquid
from millpond.lsm.models import SYNAPSES, NeuronModel, SynapseModel
from millpond.lsm.presets import Preset
from millpond.reservoir import checks

GRID_STEP = 50e-6  # m; nominal, for pictures: the papers count distance in grid steps and give no length


@dataclass(frozen=True)
class InputRule:
    """How input lines reach neurons.

    Attributes
    ----------
    amplitude : two floats (A)
        Mean absolute jump of the input current for a spike, in excitatory and inhibitory neurons.
    shape : float or None
        Shape of the gamma distribution of amplitudes. None is a normal distribution whose standard deviation is the
        mean; a draw that is not positive is replaced by one that is uniform between 0 and twice the mean.
    negative : float
        Probability that a connection is negative.
    tau : two floats (s)
        Decay of the input current in excitatory and inhibitory neurons.
    shared : bool
        Divide by the root of the number of lines that reach a neuron, so that many lines drive as one does.
    share : float or None
        Share of the neurons that receive the input; that of the preset if None.
    """

    amplitude: tuple[float, float]
    shape: float | None
    negative: float
    tau: tuple[float, float]
    shared: bool
    share: float | None = None


INPUTS = {
    # one line alone at 10 Hz moves the potential by 1.5 mV, the way from rest to threshold, in the mean
    "dense": InputRule((15e-9, 15e-9), 2.0, 0.5, (10e-3, 10e-3), True),
    # Maass et al. (2002), section 5 and appendix B: excitatory synapses to a random 30 % of the neurons, 3 ms.
    # Amplitudes are gamma distributed in appendix B, and Gaussian in section 5
    "maass2002": InputRule((18e-9, 9e-9), 1.0, 0.0, (3e-3, 3e-3), False, 0.3),
    "maass2002-gaussian": InputRule((18e-9, 9e-9), None, 0.0, (3e-3, 3e-3), False, 0.3),
}


def drawn(
    constants: Preset, models: tuple[NeuronModel, SynapseModel], places: tuple[np.ndarray, np.ndarray],
    given: Connections | None, gain: float, rule: InputRule, graded: bool, per_line: np.ndarray, fan_in: int | None,
    share: float, tau_in: tuple[float, float] | None, trial: int, streams: list[np.random.Generator],
) -> Liquid:  # fmt: skip
    """Return a whole liquid.

    Parameters
    ----------
    constants : Preset
    models : tuple
        Of neurons and of synapses between them; static ones transmit A U.
    places : tuple
        As `topology.sites` returns them.
    given : Connections or None
        Connections in place of drawn ones; what they leave out is drawn.
    gain : float
        Multiplies every efficacy; 0 leaves the connections out.
    graded : bool
        Lines carry rates in the place of spikes.
    rule, per_line, fan_in
        As for `input_weights`.
    share : float
        Share of the neurons that receive the input.
    tau_in : two floats (s) or None
        The time constants of the input currents are log-uniform between these; those of `rule` if None.
    trial : int
        Which draw of the initial potentials, from 0.
    streams : list of Generator
        For places, connections, efficacies, dynamics, input, initial potentials, noise, and receivers of the input.
    """
    for_places, for_connections, for_weight, for_dynamics, for_input, for_initial = streams[:6]
    neurons, transmit = models
    low, high = neurons.initial or constants.initial
    grid, column = places
    if given is None:
        inhibits = topology.inhibitory(len(grid), constants.inhibitory, for_places)
        pre, post = topology.connections(grid, column, inhibits, constants, for_connections)
        negative = inhibits[pre]
    else:
        inhibits, pre, post, negative = given.inhibitory, given.pre, given.post, given.negative
    found = synapses(topology.kinds(negative, inhibits[post]), constants, for_weight, for_dynamics)
    if transmit == SYNAPSES["static"]:
        found["weight"] *= found["U"]
    if given is not None:
        found |= {name: getattr(given, name) for name in found if getattr(given, name) is not None}
        constants = with_decay(constants, given)
    found["weight"] = found["weight"] * gain
    if not gain:
        pre, post, negative = pre[:0], post[:0], negative[:0]
        found = {name: values[:0] for name, values in found.items()}
    W_in = input_weights(rule, per_line * constants.input_scale, fan_in, inhibits, for_input)
    for_receivers, for_tau = streams[7].spawn(2)
    W_in[:, ~topology.receivers(column, share, for_receivers if constants.topology == "column" else None)] = 0
    return Liquid(
        constants=constants,
        neurons=neurons,
        synapses=transmit,
        grid=grid,
        inhibitory=inhibits,
        refractory=np.take(neurons.refractory or constants.refractory, inhibits.astype(int)),
        v0=for_initial.uniform(low, high, (trial + 1, len(grid)))[-1],
        background=np.full(len(grid), constants.background),
        pre=pre.astype(np.int32),
        post=post.astype(np.int32),
        negative=negative,
        **found,
        graded=graded,
        W_in=W_in,
        tau_in=np.take(rule.tau, inhibits.astype(int)) if tau_in is None else log_uniform(*tau_in, len(grid), for_tau),
    )


def synapses(
    kind: np.ndarray, constants: Preset, for_weight: np.random.Generator, for_dynamics: np.random.Generator
) -> dict[str, np.ndarray]:
    """Return weight, U, D, F and delay of each synapse of a `kind` (`topology.kinds`).

    Efficacies are gamma distributed; U, D and F are normal with a relative standard deviation of
    `constants.spread`, drawn again where not positive (U: or above 1).
    """
    drawn = {"weight": np.take(constants.amplitude, kind)}
    if constants.amplitude_spread:
        shape = constants.amplitude_spread**-2
        drawn["weight"] = drawn["weight"] * for_weight.gamma(shape, 1 / shape, len(kind))
    for name, high in (("U", 1.0), ("D", np.inf), ("F", np.inf)):
        mean = np.take(getattr(constants, name), kind)
        drawn[name] = redrawn_normal(mean, constants.spread * mean, high, for_dynamics)
    delay = np.take(constants.delay, kind)
    if constants.longest_delay:
        delay = for_dynamics.uniform(delay, np.maximum(delay, constants.longest_delay))
    return drawn | {"delay": delay}


def with_decay(constants: Preset, given: Connections) -> Preset:
    """Return `constants` with the time constants of the synaptic currents that `given` sets."""
    if given.tau is None:
        return constants
    tau_exc, tau_inh = (
        float(given.tau[chosen][0]) if chosen.any() else usual
        for chosen, usual in ((~given.negative, constants.tau_exc), (given.negative, constants.tau_inh))
    )
    if constants.tau_m in (tau_exc, tau_inh):
        raise checks.InputError(
            f"tau equals tau_m, {constants.tau_m:g} s, which the exact solution does not cover; change either a little"
        )
    return replace(constants, tau_exc=tau_exc, tau_inh=tau_inh)


def redrawn_normal(mean: np.ndarray, sd: np.ndarray, high: float, rng: np.random.Generator) -> np.ndarray:
    """Return normal numbers; one that is not in (0, high] is drawn again until it is."""
    values = rng.normal(mean, sd)
    while (bad := (values <= 0) | (values > high)).any():
        values[bad] = rng.normal(mean[bad], sd[bad])
    return values


def log_uniform(low: float, high: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return `n` numbers whose logarithm is uniform between those of `low` and `high`."""
    return np.exp(rng.uniform(np.log(low), np.log(high), n))


def relative_amplitudes(shape: float | None, size: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return positive random numbers, drawn with mean 1 as `InputRule.shape` describes."""
    if shape is not None:
        return rng.gamma(shape, 1 / shape, size)
    values = rng.normal(1, 1, size)
    return np.where(values > 0, values, rng.uniform(0, 2, size))


def input_weights(
    rule: InputRule, gain: np.ndarray, fan_in: int | None, inhibits: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return the jump of each neuron's input current for a spike on each line, (n_lines, n_neurons) in A.

    Parameters
    ----------
    rule : InputRule
    gain : ndarray (n_lines,)
        What each line is multiplied with.
    fan_in : int or None
        Lines that reach each neuron; all of them if None.
    inhibits : ndarray of bool (n_neurons,)
    """
    shape = (len(gain), len(inhibits))
    size = np.take(rule.amplitude, inhibits.astype(int)) * relative_amplitudes(rule.shape, shape, rng)
    weights = size * np.where(rng.random(shape) < rule.negative, -1, 1) * gain[:, None]
    reach = len(gain) if fan_in is None else min(fan_in, len(gain))
    if reach < len(gain):  # the lowest of random ranks: the same choice whatever the weights
        weights[rng.random(shape).argsort(axis=0).argsort(axis=0) >= reach] = 0
    return weights / np.sqrt(reach) if rule.shared else weights
