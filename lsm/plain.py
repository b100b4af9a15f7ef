"""The liquid in numpy, one step at a time, for reading: the twin of `millpond.lsm.kernel`.

Every step keeps Brian2's order: integrate, threshold, deliver, reset. What is delivered in a step is seen
by the integration of the next one.
"""

from __future__ import annotations

import numpy as np

from millpond.lsm import noise
from millpond.lsm.coding import Volley
from millpond.lsm.liquid import Liquid
from millpond.reservoir.compiled import njit


def run_plain(liquid: Liquid, dt: float, volley: Volley, key: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return steps and units of all spikes from rest, and the potential (n_steps, n_neurons) after each step (V)."""
    c = liquid.constants
    n = liquid.n_neurons
    v, g_exc, g_inh, g_in = liquid.v0.copy(), np.zeros(n), np.zeros(n), np.zeros(n)
    free = np.zeros(n, int)  # the first step in which a neuron integrates again
    u, x, last = np.zeros(len(liquid.pre)), np.ones(len(liquid.pre)), np.zeros(len(liquid.pre))
    delay = delay_steps(liquid.delay, dt)
    n_steps = len(volley.starts) - 1
    levels = np.zeros((1, liquid.n_lines)) if volley.levels is None else volley.levels
    drive = np.repeat(driving(levels, liquid.W_in), n_steps // len(levels), axis=0)
    excites = ~liquid.negative
    fired_at: list[np.ndarray] = []
    potentials = []
    for t in range(n_steps):
        moved = (
            membrane_decay(liquid, dt) * v
            + current_gain(liquid, c.tau_exc, dt) * g_exc
            + current_gain(liquid, c.tau_inh, dt) * g_inh
            + current_gain(liquid, liquid.tau_in, dt) * g_in
            + drive_gain(liquid, dt) * drive[t]
            + background_gain(liquid, dt)
            + noise.step_size(c.noise, membrane_decay(liquid, dt)) * noise.kick_plain(key, t, np.arange(n))
        )
        v = np.where(t >= free, moved, v)
        g_exc = g_exc * np.exp(-dt / c.tau_exc)
        g_inh = g_inh * np.exp(-dt / c.tau_inh)
        g_in = g_in * np.exp(-dt / liquid.tau_in) + drive[t] * liquid.tau_in * (1 - np.exp(-dt / liquid.tau_in))
        fired = (v > c.threshold) & (t >= free)
        fired_at.append(fired)
        # a synapse transmits `delay` steps after its neuron fired
        late = t - delay
        arriving = np.array([s >= 0 and fired_at[s][i] for s, i in zip(late, liquid.pre, strict=True)], bool)
        jump = liquid.weight.copy()
        if liquid.dynamic:  # Markram, Wang and Tsodyks (1998), doi:10.1073/pnas.95.9.5323
            h = (t - last) * dt
            u_now = u * np.exp(-h / liquid.F)
            u_now += liquid.U * (1 - u_now)
            x_now = 1 + (x - 1) * np.exp(-h / liquid.D)
            jump *= u_now * x_now
            u, x = np.where(arriving, u_now, u), np.where(arriving, x_now * (1 - u_now), x)
            last = np.where(arriving, t, last)
        np.add.at(g_exc, liquid.post[arriving & excites], jump[arriving & excites])
        np.add.at(g_inh, liquid.post[arriving & ~excites], jump[arriving & ~excites])
        for line in volley.lines[volley.starts[t] : volley.starts[t + 1]]:
            g_in += liquid.W_in[line]
        v = np.where(fired, c.reset, v)
        free = np.where(fired, t + refractory_steps(liquid.refractory, dt), free)
        potentials.append(v)
    steps, units = np.nonzero(np.array(fired_at))
    return steps, units, np.array(potentials)


def membrane_decay(liquid: Liquid, dt: float) -> float:
    """Return the factor by which the potential falls in a step."""
    return float(np.exp(-dt / liquid.constants.tau_m))


def background_gain(liquid: Liquid, dt: float) -> np.ndarray:
    """Return what the background current adds to each potential in a step (V)."""
    return liquid.constants.resistance * liquid.background * (1 - membrane_decay(liquid, dt))


def drive_gain(liquid: Liquid, dt: float) -> np.ndarray:
    """Return what an input current that starts at 0 and rises by 1 A/s adds to the potential in a step (V).

    The exact solution of tau_m dv/dt = -v + R g, dg/dt = -g / tau + 1 over a step.
    """
    settled = liquid.constants.resistance * liquid.tau_in * (1 - membrane_decay(liquid, dt))
    return settled - liquid.tau_in * current_gain(liquid, liquid.tau_in, dt)


@njit(cache=True, nogil=True)
def driving(levels, W_in):  # type: ignore[no-untyped-def]
    """Return how fast lines at `levels` (n_rows, n_lines) make input currents rise, (n_rows, n_neurons) in A/s.

    A product of matrices, line after line: a library's would round a row differently in another chunk.
    """
    drive = np.zeros((levels.shape[0], W_in.shape[1]))
    for row in range(levels.shape[0]):
        for line in range(W_in.shape[0]):
            for i in range(W_in.shape[1]):
                drive[row, i] += levels[row, line] * W_in[line, i]
    return drive


def current_gain(liquid: Liquid, tau: float | np.ndarray, dt: float) -> float | np.ndarray:
    """Return what a current decaying with `tau` adds to the potential in a step, per ampere at its start.

    The exact solution of tau_m dv/dt = -v + R g, dg/dt = -g / tau over a step.
    """
    tau_m = liquid.constants.tau_m
    return liquid.constants.resistance * tau / (tau - tau_m) * (np.exp(-dt / tau) - np.exp(-dt / tau_m))


def delay_steps(delay: np.ndarray, dt: float) -> np.ndarray:
    """Return delays in whole steps, rounded as Brian2 rounds them."""
    return np.floor(delay / dt + 0.5).astype(np.int64)


def refractory_steps(refractory: np.ndarray, dt: float) -> np.ndarray:
    """Return refractory times in whole steps, cut off as Brian2 does."""
    return np.floor(refractory / dt + 1e-3).astype(np.int64)
