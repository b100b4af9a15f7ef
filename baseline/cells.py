"""Recurrent cells: one step of each as a pure function, and all of them in one table.

A step takes the parameters of its layer, the sums ``z = W x + b + R h`` of the gates that hear h, the input part
``bare`` of those that do not, and the state, a tuple of arrays (batch, n_units) with the output h in front, and
returns the next state. Gates lie side by side in W (n_inputs, n_gates n_units), R (n_units, n_gates n_units)
and b. That a cell sees input and R h only as their sum makes the gradient of R a single product after the last
step (`millpond.baseline.unroll`).

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

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.nn import relu, sigmoid

Params = dict[str, Any]
State = tuple[Array, ...]


class Cell(NamedTuple):
    """What a layer has to know of its cell.

    Attributes
    ----------
    step : function (params, z, bare, state) -> state
    gates : str
        A letter for each block of W and b, in their order.
    heard : str
        A letter for each block of R and of z. One that is no gate has no input but a bias of its own, named by
        the letter. Empty: there is no R, and z is the input part of all gates.
    states : tuple of int
        Width of each array of the state, in units of n_units.
    extra : dict of str to tuple
        Shapes of what the cell has besides W, R and b, in units of n_units.
    """

    step: Callable[[Params, Array, Any, State], State]
    gates: str
    heard: str
    states: tuple[int, ...] = (1,)
    extra: Mapping[str, tuple[int, ...]] = MappingProxyType({})


def _elman(activation: Callable[[Array], Array]) -> Cell:
    """Return the step h' = f(W x + b + R h)."""

    def step(p: Params, z: Array, bare: Any, state: State) -> State:
        return (activation(z),)

    return Cell(step, "h", "h")


def _jordan() -> Cell:
    """Return the step h' = tanh(W x + b + Y y) with y = tanh(V h + c), V and c being those of the network's output."""

    def step(p: Params, z: Array, bare: Any, state: State) -> State:
        return (jnp.tanh(z + jnp.tanh(state[0] @ p["V"] + p["c"]) @ p["Y"]),)

    return Cell(step, "h", "")


def squashed(z: Array, blocks: str, signed: str) -> dict[str, Array]:
    """Return tanh of the blocks in `signed` and the logistic function of the others, by name.

    As (1 + tanh(z / 2)) / 2 is the logistic function, one pass over the whole array does: XLA makes vector code
    of one function over one array, and none of several over slices.
    """
    n = z.shape[-1] // len(blocks)
    scale = np.repeat([1.0 if name in signed else 0.5 for name in blocks], n).astype(z.dtype)
    parts = jnp.split(jnp.tanh(scale * z), len(blocks), axis=-1)
    return {name: t if name in signed else 0.5 * t + 0.5 for name, t in zip(blocks, parts, strict=True)}


def _under(names: str, terms: Array, blocks: str) -> Array:
    """Return `terms`, blocks called `names`, at the places of these among `blocks`; zeros elsewhere."""
    own = dict(zip(names, jnp.split(terms, len(names), axis=-1), strict=True))
    zero = jnp.zeros_like(own[names[0]])
    return jnp.concatenate([own.get(name, zero) for name in blocks], axis=-1)


def _lstm(
    gates: str = "ifgo", *, peepholes: bool = True, coupled: bool = False, full: bool = False,
    input_activation: bool = True, output_activation: bool = True,
) -> Cell:  # fmt: skip
    """Return the step c' = f c + i g, h' = o tanh(c'); a gate that is left out is open.

    With peepholes p: i and f see p c, o sees p c'. Coupled: f = 1 - i. Full: i, f and o also see, through G,
    what they were a step before.
    """

    def step(p: Params, z: Array, bare: Any, state: State) -> State:
        c = state[1]
        if full:
            z = z + _under("ifo", state[2] @ p["G"], gates)
        if peepholes:
            z = z + _under("if", jnp.concatenate([p["p"][0] * c, p["p"][1] * c], axis=-1), gates)
        sums = dict(zip(gates, jnp.split(z, len(gates), axis=-1), strict=True))
        open_ = {gate: jnp.ones_like(c) for gate in "ifo"}
        a = open_ | squashed(z, gates, "g")
        if coupled:
            a["f"] = 1 - a["i"]
        c = a["f"] * c + a["i"] * (a["g"] if input_activation else sums["g"])
        if peepholes and "o" in gates:
            a["o"] = sigmoid(sums["o"] + p["p"][2] * c)
        new: State = (a["o"] * (jnp.tanh(c) if output_activation else c), c)
        return (*new, jnp.concatenate([a["i"], a["f"], a["o"]], axis=-1)) if full else new

    extra: Mapping[str, tuple[int, ...]] = ({"p": (3, 1)} if peepholes else {}) | ({"G": (3, 3)} if full else {})
    return Cell(step, gates, gates, (1, 1, 3) if full else (1, 1), extra)


def _gru() -> Cell:
    """Return the step h' = (1 - u) n + u h with n = tanh(W x + b + r (R h + q)) and sigmoid gates r and u."""

    def step(p: Params, z: Array, bare: Any, state: State) -> State:
        n = state[0].shape[-1]
        gates = squashed(z[..., : 2 * n], "ru", "")
        new = jnp.tanh(bare + gates["r"] * z[..., 2 * n :])
        return ((1 - gates["u"]) * new + gates["u"] * state[0],)

    return Cell(step, "run", "ruq", extra={"q": (1,)})


def _gru_cho() -> Cell:
    """Return the step h' = (1 - u) n + u h with n = tanh(W x + b + C (r h)) and sigmoid gates r and u."""

    def step(p: Params, z: Array, bare: Any, state: State) -> State:
        gates = squashed(z, "ru", "")
        new = jnp.tanh(bare + (gates["r"] * state[0]) @ p["C"])
        return ((1 - gates["u"]) * new + gates["u"] * state[0],)

    return Cell(step, "run", "ru", extra={"C": (1, 1)})


CELLS: dict[str, Cell] = {
    "elman": _elman(jnp.tanh),
    "elman-relu": _elman(relu),
    "jordan": _jordan(),
    "lstm": _lstm(peepholes=False),
    "lstm-peepholes": _lstm(),
    "lstm-no-input-gate": _lstm("fgo"),
    "lstm-no-forget-gate": _lstm("igo"),
    "lstm-no-output-gate": _lstm("ifg"),
    "lstm-no-input-activation": _lstm(input_activation=False),
    "lstm-no-output-activation": _lstm(output_activation=False),
    "lstm-coupled": _lstm("igo", coupled=True),
    "lstm-full": _lstm(full=True),
    "gru": _gru(),
    "gru-cho": _gru_cho(),
}
