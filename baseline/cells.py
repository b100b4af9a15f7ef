"""Recurrent cells: one step of each as a pure function, and all of them in one table.

A step takes the parameters of its layer, the input part of all gates ``drive = W x + b`` and the state, a
tuple of arrays (batch, n_units) with the output h in front, and returns the next state. Gates lie side by
side in W (n_inputs, n_gates n_units), R (n_units, n_gates n_units) and b.

========================  ==========================================================================
elman, elman-relu         Elman 1990, doi:10.1207/s15516709cog1402_1
jordan                    Jordan 1986, ICS report 8604: the output, squashed, is what comes back
lstm                      Hochreiter and Schmidhuber 1997 with forget gate (doi:10.1162/neco.1997.9.8.1735,
                          doi:10.1162/089976600300015015), as PyTorch has it; Greff's NP
lstm-peepholes            the "vanilla" LSTM (V) of Greff et al. 2017, doi:10.1109/TNNLS.2016.2582924
lstm-no-input-gate ...    his other variants: NIG, NFG, NOG, NIAF, NOAF, CIFG (coupled), FGR (full)
gru                       the reset gate after the matrix product, as PyTorch has it
gru-cho                   the reset gate before it: Cho et al. 2014, doi:10.3115/v1/D14-1179
========================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import Array
from jax.nn import relu, sigmoid

Params = dict[str, Any]
State = tuple[Array, ...]


class Cell(NamedTuple):
    """What a layer has to know of its cell.

    Attributes
    ----------
    step : function (params, drive, state) -> state
    gates : str
        A letter for each block of W, R and b, in their order.
    states : tuple of int
        Width of each array of the state, in units of n_units.
    extra : dict of str to tuple
        Shapes of what the cell has besides W, R and b, in units of n_units.
    """

    step: Callable[[Params, Array, State], State]
    gates: str
    states: tuple[int, ...] = (1,)
    extra: dict[str, tuple[int, ...]] = {}


def _elman(activation: Callable[[Array], Array]) -> Cell:
    """h' = f(W x + R h + b)."""

    def step(p: Params, drive: Array, state: State) -> State:
        return (activation(drive + state[0] @ p["R"]),)

    return Cell(step, "h")


def _jordan() -> Cell:
    """h' = tanh(W x + R y + b),  y = tanh(V h + c): V and c are those of the network's own output."""

    def step(p: Params, drive: Array, state: State) -> State:
        return (jnp.tanh(drive + jnp.tanh(state[0] @ p["V"] + p["c"]) @ p["R"]),)

    return Cell(step, "h")


def _identity(x: Array) -> Array:
    return x


def _lstm(
    gates: str = "ifgo", *, peepholes: bool = True, coupled: bool = False, full: bool = False,
    squash_input: Callable[[Array], Array] = jnp.tanh, squash_output: Callable[[Array], Array] = jnp.tanh,
) -> Cell:  # fmt: skip
    """c' = f c + i g,  h' = o tanh(c'); a gate that is left out is open.

    With peepholes p: i and f see p c, o sees p c'. Coupled: f = 1 - i. Full: i, f and o also see, through G,
    what they were a step before.
    """

    def step(p: Params, drive: Array, state: State) -> State:
        h, c = state[:2]
        z = dict(zip(gates, jnp.split(drive + h @ p["R"], len(gates), axis=-1), strict=True))
        peep = dict(zip("ifo", p["p"] if peepholes else (0.0, 0.0, 0.0), strict=True))
        back = dict(zip("ifo", jnp.split(state[2] @ p["G"], 3, axis=-1) if full else (0.0, 0.0, 0.0), strict=True))

        def gate(name: str, cell: Array) -> Any:
            return sigmoid(z[name] + peep[name] * cell + back[name]) if name in z else jnp.ones_like(c)

        i = gate("i", c)
        f = 1 - i if coupled else gate("f", c)
        c = f * c + i * squash_input(z["g"])
        o = gate("o", c)
        new: State = (o * squash_output(c), c)
        return (*new, jnp.concatenate([i, f, o], axis=-1)) if full else new

    extra: dict[str, tuple[int, ...]] = ({"p": (3, 1)} if peepholes else {}) | ({"G": (3, 3)} if full else {})
    return Cell(step, gates, (1, 1, 3) if full else (1, 1), extra)


def _gru(reset_after: bool) -> Cell:
    """h' = (1 - z) n + z h,  n = tanh(W_n x + b_n + r (R_n h + q)), or with R_n (r h) in place of r (R_n h + q)."""

    def step(p: Params, drive: Array, state: State) -> State:
        (h,) = state
        n_units = h.shape[-1]
        R = p["R"]
        if reset_after:
            back = h @ R
            gates, candidate = back[..., : 2 * n_units], back[..., 2 * n_units :]
        else:
            gates = h @ R[:, : 2 * n_units]
        r, z = jnp.split(sigmoid(drive[..., : 2 * n_units] + gates), 2, axis=-1)
        inner = r * (candidate + p["q"]) if reset_after else (r * h) @ R[:, 2 * n_units :]
        n = jnp.tanh(drive[..., 2 * n_units :] + inner)
        return ((1 - z) * n + z * h,)

    return Cell(step, "rzn", extra={"q": (1,)} if reset_after else {})


CELLS: dict[str, Cell] = {
    "elman": _elman(jnp.tanh),
    "elman-relu": _elman(relu),
    "jordan": _jordan(),
    "lstm": _lstm(peepholes=False),
    "lstm-peepholes": _lstm(),
    "lstm-no-input-gate": _lstm("fgo"),
    "lstm-no-forget-gate": _lstm("igo"),
    "lstm-no-output-gate": _lstm("ifg"),
    "lstm-no-input-activation": _lstm(squash_input=_identity),
    "lstm-no-output-activation": _lstm(squash_output=_identity),
    "lstm-coupled": _lstm("igo", coupled=True),
    "lstm-full": _lstm(full=True),
    "gru": _gru(reset_after=True),
    "gru-cho": _gru(reset_after=False),
}
