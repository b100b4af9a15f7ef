"""The liquid compiled: the same spikes as Brian2, one for one; `millpond.lsm.plain` is the same for reading.

Synapses of one neuron with one delay and sign are a group: a spike puts its groups into the queue of the step in
which they arrive, so a step costs what happens in it. Dynamic synapses are brought up to date when a
spike reaches them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from millpond.lsm import noise, plain
from millpond.lsm.coding import Volley
from millpond.lsm.liquid import Liquid
from millpond.reservoir.compiled import njit


@dataclass(frozen=True, eq=False)
class Prepared:
    """A liquid as the loop reads it, for one time step."""

    scalars: tuple[float, ...]
    background: np.ndarray
    tau_in: tuple[np.ndarray, np.ndarray]
    drive: tuple[np.ndarray, np.ndarray]
    refractory: np.ndarray
    groups: tuple[np.ndarray, ...]
    synapses: tuple[np.ndarray, ...]
    dynamic: bool
    W_in: np.ndarray
    v0: np.ndarray
    longest: int


@dataclass(frozen=True, eq=False)
class State:
    """Where a run stands."""

    v: np.ndarray
    currents: np.ndarray
    free: np.ndarray
    u: np.ndarray
    x: np.ndarray
    last: np.ndarray
    queue: np.ndarray
    queued: np.ndarray
    t: int
    key: int

    def copy(self, t: int) -> State:
        """Return a copy that stands at step `t`."""
        arrays = {f.name: getattr(self, f.name).copy() for f in fields(self) if f.name not in ("t", "key")}
        return State(**arrays, t=t, key=self.key)


def prepared(liquid: Liquid, dt: float) -> Prepared:
    """Return `liquid` as the loop reads it with a step of `dt` seconds."""
    c = liquid.constants
    delay = plain.delay_steps(liquid.delay, dt)
    order = np.lexsort((liquid.post, liquid.negative, delay, liquid.pre))
    pre, delay, negative = liquid.pre[order], delay[order], liquid.negative[order].astype(np.int64)
    changes = [np.diff(values, prepend=-1) for values in (pre, delay, negative)]
    first = np.flatnonzero(changes[0] | changes[1] | changes[2])  # of each group
    groups = (
        np.searchsorted(pre[first], np.arange(liquid.n_neurons + 1)).astype(np.int32),
        np.append(first, len(pre)).astype(np.int32),
        delay[first].astype(np.int32),
        negative[first],
    )
    scalars = tuple(float(value) for value in (
        plain.membrane_decay(liquid, dt), np.exp(-dt / c.tau_exc), np.exp(-dt / c.tau_inh),
        plain.current_gain(liquid, c.tau_exc, dt), plain.current_gain(liquid, c.tau_inh, dt),
        noise.step_size(c.noise, plain.membrane_decay(liquid, dt)),
        c.threshold, c.reset, dt,
    ))  # fmt: skip
    return Prepared(
        scalars=scalars,
        background=plain.background_gain(liquid, dt),
        tau_in=(np.exp(-dt / liquid.tau_in), np.asarray(plain.current_gain(liquid, liquid.tau_in, dt))),
        drive=(plain.drive_gain(liquid, dt), liquid.tau_in * (1 - np.exp(-dt / liquid.tau_in))),
        refractory=plain.refractory_steps(liquid.refractory, dt),
        groups=groups,
        synapses=(liquid.post[order], *(getattr(liquid, name)[order] for name in ("weight", "U", "D", "F"))),
        dynamic=liquid.dynamic,
        W_in=np.ascontiguousarray(liquid.W_in),
        v0=liquid.v0,
        longest=int(delay.max(initial=0)),
    )


def rest(network: Prepared, key: int = 0) -> State:
    """Return the state before the first step; `key` tells the noise of sequences apart."""
    n, n_synapses, n_groups = len(network.v0), len(network.synapses[0]), len(network.groups[2])
    return State(
        v=network.v0.copy(),
        currents=np.zeros((3, n)),
        free=np.zeros(n, np.int64),
        u=np.zeros(n_synapses),
        x=np.ones(n_synapses),
        last=np.zeros(n_groups, np.int64),
        queue=np.empty((network.longest + 1, n_groups), np.int32),  # no group arrives twice in one step
        queued=np.zeros(network.longest + 1, np.int64),
        t=0,
        key=key,
    )


def run(
    network: Prepared, state: State, volley: Volley, n_sub: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, State]:
    """Go on from `state`, which stays as it is, with the input spikes of whole rows of `n_sub` steps.

    Returns
    -------
    steps, units : ndarray of int32 (n_spikes,)
        Steps are counted from the start of this call.
    potentials : ndarray (n_rows, n_neurons)
        At the end of each row (V).
    state : State
    """
    n_steps = len(volley.starts) - 1
    after = state.copy(state.t + n_steps)
    potentials = np.empty((n_steps // n_sub, len(network.v0)))
    graded = volley.levels is not None
    drive = plain.driving(volley.levels, network.W_in) if graded else np.empty((0, len(network.v0)))
    most = int((n_steps // np.maximum(network.refractory, 1) + 1).sum())
    steps, units = np.empty(most, np.int32), np.empty(most, np.int32)
    n = _loop(
        network.scalars, network.background, *network.tau_in, *network.drive, drive, network.refractory,
        *network.groups, *network.synapses, network.dynamic,
        network.W_in, volley.starts, volley.lines, after.v, *after.currents, after.free, after.u, after.x, after.last,
        after.queue, after.queued, np.uint64(state.key), state.t, n_sub, steps, units, potentials,
    )  # fmt: skip
    return steps[:n].copy(), units[:n].copy(), potentials, after


@njit(cache=True, nogil=True, error_model="numpy")
def _loop(  # type: ignore[no-untyped-def]
    scalars, background, decay_in, gain_in, gain_drive, fill, drive, refractory,
    groups_of, group_start, group_delay, group_kind, post, weight, U, D, F,
    dynamic, W_in, starts, lines, v, g_exc, g_inh, g_in, free, u, x, last, queue, queued, key, t0, n_sub, steps, units,
    potentials,
):  # fmt: skip
    decay_v, decay_exc, decay_inh, gain_exc, gain_inh, kick, threshold, reset, dt = scalars
    n = v.size
    n_slots = queue.shape[0]
    fired = np.empty(n, np.int64)
    above = np.zeros(-(-n // 8) * 8, np.uint8)
    words = above.view(np.uint64)
    found = 0
    for k in range(starts.size - 1):
        t = t0 + k
        # loops that write one array each: more, and the compiler cannot tell them apart and gives up vectors
        for i in range(n):
            moved = decay_v * v[i] + gain_exc * g_exc[i] + gain_inh * g_inh[i] + gain_in[i] * g_in[i] + background[i]
            v[i] = moved if t >= free[i] else v[i]
        if drive.shape[0]:
            level = drive[k // n_sub]
            for i in range(n):
                v[i] += gain_drive[i] * level[i] if t >= free[i] else 0.0
        if kick:
            for i in range(n):
                v[i] += kick * noise.kick(key, np.uint64(t), np.uint64(i)) if t >= free[i] else 0.0
        for i in range(n):
            g_exc[i] *= decay_exc
        for i in range(n):
            g_inh[i] *= decay_inh
        for i in range(n):
            g_in[i] *= decay_in[i]
        if drive.shape[0]:
            level = drive[k // n_sub]
            for i in range(n):
                g_in[i] += fill[i] * level[i]
        n_fired = 0
        for i in range(n):  # who is refractory stands at the reset, below the threshold
            above[i] = v[i] > threshold
        for word in range(words.size):  # eight neurons at a time: most are silent
            if words[word]:
                for i in range(8 * word, 8 * word + 8):
                    if above[i]:
                        fired[n_fired] = i
                        n_fired += 1
        slot = t % n_slots
        for q in range(queued[slot]):
            group = queue[slot, q]
            first, end = group_start[group], group_start[group + 1]
            g = g_inh if group_kind[group] else g_exc
            if dynamic:
                h = (t - last[group]) * dt
                last[group] = t
                for s in range(first, end):
                    used = u[s] * np.exp(-h / F[s])
                    used += U[s] * (1.0 - used)
                    left = 1.0 + (x[s] - 1.0) * np.exp(-h / D[s])
                    g[post[s]] += weight[s] * used * left
                    u[s] = used
                    x[s] = left * (1.0 - used)
            else:
                for s in range(first, end):
                    g[post[s]] += weight[s]
        queued[slot] = 0
        for p in range(starts[k], starts[k + 1]):
            row = W_in[lines[p]]
            for i in range(n):
                g_in[i] += row[i]
        for f in range(n_fired):
            i = fired[f]
            v[i] = reset
            free[i] = t + refractory[i]
            steps[found] = k
            units[found] = i
            found += 1
            for group in range(groups_of[i], groups_of[i + 1]):
                slot = (t + group_delay[group]) % n_slots
                queue[slot, queued[slot]] = group
                queued[slot] += 1
        if (k + 1) % n_sub == 0:
            for i in range(n):
                potentials[(k + 1) // n_sub - 1, i] = v[i]
    return found
