"""From the parameters of an estimator to the network they ask for."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.lsm import topology, wiring
from millpond.lsm.connections import Connections, connections
from millpond.lsm.liquid import Liquid
from millpond.lsm.models import NeuronModel, SynapseModel
from millpond.lsm.presets import preset
from millpond.lsm.units import si, si_each
from millpond.reservoir import checks


def liquid(
    asked: Any, models: tuple[NeuronModel, SynapseModel], code: Any, dt: float, n_channels: int,
    streams: list[np.random.Generator],
) -> Liquid:  # fmt: skip
    """Return the network that `asked`, a LiquidStateMachine, describes for so many channels, all chance from `streams`.

    Raises
    ------
    InputError
        A parameter outside its range, or a delay shorter than `dt`.
    """
    constants = preset(asked.preset, asked.constants)
    gain = si("recurrent_gain", asked.recurrent_gain, low=0)
    given = None if asked.connections is None else connections(asked.connections)
    shortest = min(constants.delay) if given is None or given.delay is None else given.delay.min(initial=np.inf)
    if gain and shortest < dt * (1 - 1e-9):
        raise checks.InputError(
            f"the shortest delay is {shortest:g} s, but dt is {dt:g} s; lower dt or lengthen the delay"
        )
    rule = wiring.INPUTS[checks.option("input", asked.input, wiring.INPUTS)]
    tau_in = None if asked.input_tau is None else span(asked.input_tau)
    if constants.tau_m in (rule.tau if tau_in is None else tau_in):
        raise checks.InputError(
            f"tau_m equals the input current's {constants.tau_m:g} s, which the exact solution does not cover; "
            "change it a little"
        )
    per_channel = si_each("input_gain", asked.input_gain, "", n_channels)
    return wiring.drawn(
        constants,
        models,
        topology.sites(asked.shape, asked.n_units, asked.n_columns) if given is None else places(asked, given),
        given,
        gain,
        rule,
        getattr(code, "graded", False),
        np.tile(per_channel, code.lines(n_channels) // n_channels),
        None if asked.fan_in is None else checks.integer("fan_in", asked.fan_in, 1),
        share(asked),
        tau_in,
        checks.integer("trial", asked.trial),
        streams,
    )


def places(asked: Any, given: Connections) -> tuple[np.ndarray, np.ndarray]:
    """Return the places (grid steps) and columns of the neurons of given connections, all in one column."""
    n = given.n_neurons
    if asked.n_units not in (None, n) or asked.n_columns != 1:
        raise checks.InputError(
            f"connections have {n} neurons in one column, but n_units is {asked.n_units} and n_columns is "
            f"{asked.n_columns}; leave both out, or set n_neurons of the connections"
        )
    grid, column = topology.sites(None, n, 1)
    return (grid if given.positions is None else given.positions / wiring.GRID_STEP), column


def span(input_tau: Any) -> tuple[float, float]:
    """Return the lowest and highest time constant of the input currents (s)."""
    low, high = si_each("input_tau", input_tau, "s", 2, above=0)
    if low > high:
        raise checks.InputError(
            f"input_tau is from {low:g} to {high:g} s, but the first value must be the lower one; swap them"
        )
    return low, high


def share(asked: Any) -> float:
    """Return the share of neurons that receive the input: that of the constant `driven`, the input or the preset."""
    own = wiring.INPUTS[checks.option("input", asked.input, wiring.INPUTS)].share
    given = own is None or "driven" in (asked.constants or {})
    return preset(asked.preset, asked.constants).driven if given or own is None else own
