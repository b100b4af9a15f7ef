"""From cells to networks: layers in time, in both directions, on top of each other.

All arrays are time-major: (n_steps, batch, ...). Sequences are padded at the end, so that in forward
direction no mask is needed: what comes later does not act on what came before.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from millpond.baseline.cells import CELLS, Params, State


@dataclass(frozen=True)
class Net:
    """All that fixes the shape and the equations of a network; hashable, so that it names what is compiled.

    Parameters
    ----------
    cell : str
    n_inputs, n_units, n_outputs : int
    n_layers : int
    bidirectional : bool
    pooling : {"none", "last", "mean", "segments"}
        What the output sees: every step by itself, or the sequence through its last state, the mean of its
        states, or their means over `n_segments` equal parts.
    n_segments : int
    leak_rate : float
        a in h' = (1 - a) h + a cell(h): 1 for the plain cell (Jaeger et al. 2007,
        doi:10.1016/j.neunet.2007.04.016).
    periods : tuple of int
        Clockwork units (Koutnik et al. 2014, arXiv:1402.3511): as many equal modules as periods, each of which
        moves every so many steps and hears only modules that are not faster. Empty: every unit at every step.
    skip : int
        Connections through time that skip so many steps: the gates also see S h of `skip` steps before; 0 has none.
    truncate : int
        Gradients do not flow back over each so-manieth step; 0 lets them all through.
    """

    cell: str
    n_inputs: int
    n_units: int
    n_outputs: int
    n_layers: int = 1
    bidirectional: bool = False
    pooling: str = "none"
    n_segments: int = 1
    leak_rate: float = 1.0
    periods: tuple[int, ...] = ()
    skip: int = 0
    truncate: int = 0

    @property
    def n_directions(self) -> int:
        """Two where the sequence is also read backwards."""
        return 2 if self.bidirectional else 1

    @property
    def n_pooled(self) -> int:
        """How many vectors of states the output sees at once."""
        return self.n_segments if self.pooling == "segments" else 1

    @property
    def inputs_of(self) -> list[int]:
        """Inputs of each layer."""
        return [self.n_inputs] + [self.n_directions * self.n_units] * (self.n_layers - 1)


def rest(net: Net, batch: int, dtype: Any) -> Any:
    """Return the state of one layer before the first step: (step number, state of the cell, past outputs)."""
    state = tuple(jnp.zeros((batch, k * net.n_units), dtype) for k in CELLS[net.cell].states)
    return jnp.zeros((), jnp.int32), state, jnp.zeros((net.skip, batch, net.n_units), dtype)


def layer(net: Net, params: Params, X: Array, start: Any = None, nudge: Any = None) -> tuple[State, Any]:
    """Run one layer over X (n_steps, batch, n_inputs).

    Parameters
    ----------
    start : as `rest` returns it, optional
        Where to go on from.
    nudge : tuple of Array (n_steps, batch, width), optional
        Added to the state of each step: zeros, whose gradients are those of the states.

    Returns
    -------
    states : tuple of Array (n_steps, batch, width)
        The outputs in front.
    end
        What `start` takes to go on.
    """
    if start is None:
        start = rest(net, X.shape[1], X.dtype)
    return _unrolled(net, params, recurrent(net, params), drive(net, params, X), start, nudge)


def drive(net: Net, params: Params, X: Array) -> tuple[Array, Array | None]:
    """Return the input part at all steps, of the gates that hear the past and of those that do not."""
    cell = CELLS[net.cell]
    # the bias as weights of an input that is 1: its gradient is then part of a product, where a sum is slow
    stacked = jnp.concatenate([params["W"], params["b"][None]])
    blocks = dict(zip(cell.gates, jnp.split(stacked, len(cell.gates), axis=-1), strict=True))
    rows = jnp.concatenate([_rows(X), jnp.ones((X.shape[0] * X.shape[1], 1), X.dtype)], axis=-1)

    def part(gates: str) -> Array:
        own = [
            blocks[g] if g in blocks else jnp.zeros_like(stacked[:, : net.n_units]).at[-1].set(params[g]) for g in gates
        ]
        return (rows @ jnp.concatenate(own, axis=-1)).reshape(*X.shape[:-1], -1)

    heard = cell.heard or cell.gates
    bare = "".join(g for g in cell.gates if g not in heard)
    return part(heard), part(bare) if bare else None


def recurrent(net: Net, params: Params) -> Array | None:
    """Return R as it acts, or None where the cell hears its past through other ways alone."""
    if "R" not in params:
        return None
    return params["R"] * clockwork_mask(net) if net.periods else params["R"]


@partial(jax.custom_vjp, nondiff_argnums=(0,))
def _unrolled(net: Net, params: Params, R: Array | None, drive: Any, start: Any, nudge: Any) -> tuple[State, Any]:
    def step(carry: Any, at: tuple[Any, Any]) -> tuple[Any, State]:
        now, push = at
        t, state, past = carry
        if net.truncate:
            cut = (t % net.truncate) == 0
            state = jax.tree.map(lambda s: jnp.where(cut, lax.stop_gradient(s), s), state)
        state = move(net, params, R, now, t, state, past)
        if push is not None:
            state = jax.tree.map(jnp.add, state, push)
        past = jnp.concatenate([past[1:], state[0][None]]) if net.skip else past
        return (t + 1, state, past), state

    end, every = lax.scan(step, start, (drive, nudge))
    return every, end


def _forward(net: Net, params: Params, R: Array | None, drive: Any, start: Any, nudge: Any) -> tuple[Any, Any]:
    (every, end), pull = jax.vjp(
        lambda params, drive, start, nudge: _unrolled.fun(net, params, R, drive, start, nudge),
        params,
        drive,
        start,
        nudge,
    )
    before = None if R is None else jnp.concatenate([start[1][0][None], every[0][:-1]])
    return (every, end), (pull, before, R)


def _backward(net: Net, kept: Any, errors: Any) -> tuple[Any, ...]:
    # R acts on the sums as the drive does: its gradient is one product over all steps, not one at each
    pull, before, R = kept
    d_params, d_drive, d_start, d_nudge = pull(errors)
    d_R = None if R is None else (_rows(before).T @ _rows(d_drive[0]))
    return d_params, d_R, d_drive, d_start, d_nudge


_unrolled.defvjp(_forward, _backward)


def _rows(X: Array) -> Array:
    return X.reshape(-1, X.shape[-1])


def move(net: Net, params: Params, R: Array | None, drive: Any, t: Array, state: State, past: Array) -> State:
    """Return the state after step t of the cell, leaky or clocked where the network is."""
    z, bare = drive
    z = z if R is None else z + state[0] @ R
    if net.skip:
        z = z + past[0] @ params["S"]
    # what is cheap to compute again on the way back is not kept: that takes longer to write and to read
    step = jax.checkpoint(CELLS[net.cell].step, prevent_cse=False)
    new = step(params, z, bare, state)
    if net.leak_rate != 1:
        new = ((1 - net.leak_rate) * state[0] + net.leak_rate * new[0], *new[1:])
    if net.periods:
        due = (t % period_of_unit(net)) == 0
        new = tuple(jnp.where(jnp.tile(due, n.shape[-1] // net.n_units), n, s) for n, s in zip(new, state, strict=True))
    return new


def period_of_unit(net: Net) -> Array:
    """Return the period (n_units,) of each clockwork unit."""
    return jnp.repeat(jnp.array(net.periods), net.n_units // len(net.periods))


def clockwork_mask(net: Net) -> Array:
    """Return ones where a clockwork unit (column) hears another (row): from equal or slower ones."""
    periods = period_of_unit(net)
    return jnp.tile(periods[:, None] >= periods[None, :], len(CELLS[net.cell].heard))


def backwards(X: Array, lengths: Array) -> Array:
    """Return every sequence turned around in its own length; the padding stays where it is."""
    t = jnp.arange(len(X))[:, None]
    where = jnp.where(t < lengths, lengths - 1 - t, t)
    return jnp.take_along_axis(X, where[..., None], axis=0)


def states(net: Net, params: Params, X: Array, lengths: Array, keep: list[Array] | None = None) -> Array:
    """Return the outputs (n_steps, batch, n_directions n_units) of the last layer.

    `keep` holds what the inputs of each layer after the first are multiplied with: dropout, the same at each
    step (Gal and Ghahramani 2016, arXiv:1512.05287).
    """
    for i, directions in enumerate(params["layers"]):
        if keep is not None and i:
            X = X * keep[i - 1]
        given = [p | params["head"] if net.cell == "jordan" else p for p in directions]
        H = layer(net, given[0], X)[0][0]
        if net.bidirectional:
            H_back = layer(net, given[1], backwards(X, lengths))[0][0]
            H = jnp.concatenate([H, backwards(H_back, lengths)], axis=-1)
        X = H
    return X


def pooled(net: Net, H: Array, lengths: Array) -> Array:
    """Return what the output sees of each sequence, (batch, n_pooled n_directions n_units)."""
    t = jnp.arange(len(H))[:, None]
    if net.pooling == "last":
        forward = jnp.take_along_axis(H, (lengths - 1)[None, :, None], axis=0)[0]
        n = net.n_units
        return jnp.concatenate([forward[:, :n], H[0, :, n:]], axis=-1)  # backwards, the last step is the first
    # means over equal stretches; where an edge cuts a step, both sides take their share, as in readout.Pool
    edges = jnp.arange(net.n_pooled + 1) * (lengths[:, None] / net.n_pooled)
    covered = jnp.clip(edges - t[..., None], 0, 1)
    share = jnp.diff(covered, axis=-1) * net.n_pooled / lengths[:, None]
    means = jnp.einsum("tbk,tbn->bkn", share.astype(H.dtype), H)
    return means.reshape(len(lengths), -1)


def outputs(net: Net, params: Params, X: Array, lengths: Array, keep: list[Array] | None = None) -> Array:
    """Return the outputs: (n_steps, batch, n_outputs), or (batch, n_outputs) where the network pools."""
    return head(net, params, states(net, params, X, lengths, keep), lengths, keep)


def head(net: Net, params: Params, H: Array, lengths: Array, keep: list[Array] | None = None) -> Array:
    """Return the outputs that belong to the states H of the last layer."""
    seen = H if net.pooling == "none" else pooled(net, H, lengths)
    if keep is not None:
        seen = seen * keep[-1]
    return seen @ params["head"]["V"] + params["head"]["c"]
