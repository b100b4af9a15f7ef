"""What a liquid learns from its training signals without a teacher, before it is frozen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from millpond.lsm import plain, topology
from millpond.lsm.liquid import Liquid
from millpond.lsm.machine import Machine
from millpond.lsm.units import si, si_each
from millpond.reservoir import checks
from millpond.reservoir.compiled import njit


@dataclass(frozen=True)
class Homeostasis:
    """Intrinsic excitability: each neuron's background current moves until the neuron fires at `target`.

    After every pass over the signals, I <- I + pace * (target - rate) * R^-1 v_threshold / target; the step is
    halved for a neuron whenever its error changes sign, so that it settles. After Desai, Rutherford and Turrigiano
    (1999), doi:10.1038/9165: neurons keep their rates by shifting how easily they fire.

    Parameters
    ----------
    target : float
        Rate of every neuron (Hz).
    pace : float
        Of the first pass: share of the rheobase for an error of the target itself.
    passes : int
    """

    target: Any = 20.0
    pace: float = 0.2
    passes: int = 20
    papers = ("Desai, Rutherford, Turrigiano (1999), Nature Neuroscience 2:515, doi:10.1038/9165",)

    def adapt(self, machine: Machine, signals: list[np.ndarray]) -> Liquid:
        """Return the liquid of `machine` with other background currents."""
        target, c = si("target", self.target, "Hz", above=0), machine.liquid.constants
        step = np.full(machine.liquid.n_neurons, si("pace", self.pace, above=0) * c.threshold / c.resistance)
        duration = sum(map(len, signals)) * machine.n_sub * machine.dt
        liquid, before = machine.liquid, np.zeros(machine.liquid.n_neurons)
        for _ in range(checks.integer("passes", self.passes, 1)):
            n_spikes = np.zeros(liquid.n_neurons)
            for U in signals:
                n_spikes += np.bincount(machine.advance(U, machine.rest())[0].units, minlength=liquid.n_neurons)
            error = 1 - n_spikes / (duration * target)
            step[error * before < 0] /= 2
            before = error
            liquid = replace(liquid, background=liquid.background + step * np.clip(error, -1, 1))
            machine = replace(machine, liquid=liquid)
        return liquid


@dataclass(frozen=True)
class STDP:
    r"""Spike-timing dependent plasticity of the synapses between excitatory neurons, by pairs of spikes.

    .. math:: \Delta A = A_{max} \begin{cases} a_+ e^{-s / \tau_+} & s > 0 \\ -a_- e^{s / \tau_-} & s < 0 \end{cases}

    for every pair of a presynaptic spike's arrival and a postsynaptic spike s later (none for s = 0), and A stays
    between 0 and A_max = `limit` times the mean of these synapses when the rule begins: Song, Miller, Abbott (2000),
    doi:10.1038/78829. One drawn above A_max can only fall. Weights are still while a signal runs and change after it
    by the sum over its pairs.

    Parameters
    ----------
    potentiation, depression : float
        :math:`a_+` and :math:`a_-`.
    tau : two floats (s)
        :math:`\tau_+` and :math:`\tau_-`.
    limit : float
    passes : int
        Over the signals.
    """

    potentiation: float = 0.005
    depression: float = 0.00525
    tau: Any = (20e-3, 20e-3)
    limit: float = 4.0
    passes: int = 1
    papers = ("Song, Miller, Abbott (2000), Nature Neuroscience 3:919, doi:10.1038/78829",)

    def adapt(self, machine: Machine, signals: list[np.ndarray]) -> Liquid:
        """Return the liquid of `machine` with other weights."""
        plus, minus = si("potentiation", self.potentiation, low=0), si("depression", self.depression, low=0)
        taus = si_each("tau", self.tau, "s", 2, above=0)
        liquid = machine.liquid
        moves = (topology.kinds(liquid.negative, liquid.inhibitory[liquid.post]) == 0).nonzero()[0]
        most = si("limit", self.limit, above=0) * liquid.weight[moves].sum() / max(1, len(moves))
        for _ in range(checks.integer("passes", self.passes, 1)):
            for U in signals:
                run = machine.advance(U, machine.rest())[0]
                up, down = pairs(run.steps, run.units, liquid, moves, machine.dt, taus)
                weight = liquid.weight.copy()
                old = weight[moves]
                weight[moves] = np.clip(old + most * (plus * up - minus * down), 0, np.maximum(most, old))
                liquid = replace(liquid, weight=weight)
                machine = replace(machine, liquid=liquid)
        return liquid


RULES = {"homeostasis": Homeostasis, "stdp": STDP}


def rules(given: Any) -> list[Any]:
    """Return the rules that a name, a rule, a list of them or None stands for."""
    entries = [] if given is None else list(given) if isinstance(given, list | tuple) else [given]
    return [r if hasattr(r, "adapt") else RULES[checks.option("plasticity", r, RULES)]() for r in entries]


def adapted(machine: Machine, signals: list[np.ndarray], given: Any) -> Machine:
    """Return `machine` with its liquid changed by one rule after the other."""
    for rule in rules(given):
        machine = replace(machine, liquid=rule.adapt(machine, signals))
    return machine


def pairs(
    steps: np.ndarray, units: np.ndarray, liquid: Liquid, chosen: np.ndarray, dt: float, taus: tuple[float, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the sums of e^(-s / tau+) and e^(s / tau-) over all pairs of spikes of each of the `chosen` synapses."""
    order = np.argsort(units, kind="stable")  # times stay in order within a neuron
    first = np.searchsorted(units[order], np.arange(liquid.n_neurons + 1))
    times = steps[order] * dt
    delay = plain.delay_steps(liquid.delay[chosen], dt) * dt
    found = _pairs(times, first, liquid.pre[chosen], liquid.post[chosen], delay, taus[0], taus[1], 0.5 * dt)
    return found[0], found[1]


def pairs_plain(arrivals: np.ndarray, fired: np.ndarray, taus: tuple[float, ...]) -> tuple[float, float]:
    """Return both sums for one synapse by their definition: the twin of `pairs`."""
    s = np.subtract.outer(fired, arrivals)
    return np.exp(-s[s > 0] / taus[0]).sum(), np.exp(s[s < 0] / taus[1]).sum()


@njit(cache=True, nogil=True)
def _pairs(times, first, pre, post, delay, tau_plus, tau_minus, still):  # type: ignore[no-untyped-def]
    """Walk along both trains of each synapse at once, with a trace of either; spikes within `still` are no pair."""
    out = np.zeros((2, pre.size))
    for k in range(pre.size):
        a, a_end = first[pre[k]], first[pre[k] + 1]
        b, b_end = first[post[k]], first[post[k] + 1]
        arrived, fired, now = 0.0, 0.0, 0.0
        while a < a_end or b < b_end:
            t_a = times[a] + delay[k] if a < a_end else np.inf
            t_b = times[b] if b < b_end else np.inf
            t = min(t_a, t_b)
            arrived *= np.exp(-(t - now) / tau_plus)
            fired *= np.exp(-(t - now) / tau_minus)
            now = t
            hears, fires = t_a - t < still, t_b - t < still
            if fires:
                out[0, k] += arrived
            if hears:
                out[1, k] += fired
            if fires:
                fired += 1.0
                b += 1
            if hears:
                arrived += 1.0
                a += 1
    return out
