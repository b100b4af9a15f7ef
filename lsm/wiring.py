"""Drawing a column: places, connections, synapses, input.

All chance is drawn here with numpy, from a stream for each purpose, so that every engine gets the same
arrays and switching one thing off leaves the others as they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lsm.liquid import Liquid
from lsm.presets import Preset
from reservoir import checks

GRID_STEP = 50e-6  # m; nominal, for pictures: the papers count distance in grid steps and give no length


@dataclass(frozen=True)
class InputRule:
    """How input lines reach neurons.

    Attributes
    ----------
    amplitude : two floats (A)
        Mean absolute jump of the input current for a spike, in excitatory and inhibitory neurons.
    shape : float
        Of the gamma distribution of amplitudes.
    negative : float
        Probability that a connection is negative.
    tau : two floats (s)
        Decay of the input current in excitatory and inhibitory neurons.
    shared : bool
        Divide by the root of the number of lines that reach a neuron, so that many lines drive as one does.
    """

    amplitude: tuple[float, float]
    shape: float
    negative: float
    tau: tuple[float, float]
    shared: bool


INPUTS = {
    # one line alone at 10 Hz moves the potential by 1.5 mV, the way from rest to threshold, in the mean
    "dense": InputRule((15e-9, 15e-9), 2.0, 0.5, (10e-3, 10e-3), True),
    # the single input of figure 2 of the paper
    "maass2002": InputRule((18e-9, 9e-9), 1.0, 0.0, (3e-3, 6e-3), False),
}


def drawn(
    constants: Preset, places: tuple[np.ndarray, np.ndarray], gain: float, dynamic: bool, rule: InputRule,
    per_line: np.ndarray, fan_in: int | None, trial: int, streams: list[np.random.Generator],
) -> Liquid:  # fmt: skip
    """Return a whole liquid.

    Parameters
    ----------
    constants : Preset
    places : tuple
        As `sites` returns them.
    gain : float
        Multiplies every efficacy; 0 leaves the connections out.
    dynamic : bool
        Tsodyks-Markram synapses; else static ones that transmit A U.
    rule, per_line, fan_in
        As for `input_weights`.
    trial : int
        Which draw of the initial potentials, from 0.
    streams : list of Generator
        For places, connections, efficacies, dynamics, input and initial potentials.
    """
    for_places, for_connections, for_weight, for_dynamics, for_input, for_initial = streams[:6]
    grid, column = places
    inhibits = inhibitory(len(grid), constants.inhibitory, for_places)
    pre, post = connections(grid, column, inhibits, constants, for_connections)
    if not gain:
        pre, post = pre[:0], post[:0]
    found = synapses(pre, post, inhibits, constants, for_weight, for_dynamics)
    found["weight"] *= gain if dynamic else gain * found["U"]
    return Liquid(
        constants=constants,
        grid=grid,
        inhibitory=inhibits,
        refractory=np.take(constants.refractory, inhibits.astype(int)),
        v0=for_initial.uniform(*constants.initial, (trial + 1, len(grid)))[-1],
        pre=pre.astype(np.int32),
        post=post.astype(np.int32),
        **found,
        dynamic=dynamic,
        W_in=input_weights(rule, per_line, fan_in, inhibits, for_input),
        tau_in=np.take(rule.tau, inhibits.astype(int)),
    )


def sites(shape: Any, n_units: int | None, n_columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the places (n_neurons, 3) of neurons on the grid and the column (n_neurons,) of each.

    Columns stand side by side along the last axis, one grid step apart. `n_units` in all, if given, stand in
    place of `shape`: each column is then the first places of a box as near to a cube as whole numbers allow.
    """
    n_columns = checks.integer("n_columns", n_columns, 1)
    if n_units is not None:
        each = -(-checks.integer("n_units", n_units, n_columns) // n_columns)
        box, wanted = _box(each), n_units
    else:
        if np.ndim(shape) != 1 or len(shape) != 3:
            raise checks.InputError(f"shape is {shape!r}, but a column has three sides; give three whole numbers")
        x, y, z = (checks.integer("a side in shape", side, 1) for side in shape)
        box = x, y, z
        each, wanted = int(np.prod(box)), int(np.prod(box)) * n_columns
    one = np.stack(np.unravel_index(np.arange(each), box), axis=1).astype(np.float64)
    places = np.concatenate([one + np.array([0, 0, k * (box[2] + 1)]) for k in range(n_columns)])
    return places[:wanted], np.repeat(np.arange(n_columns), each)[:wanted]


def _box(n: int) -> tuple[int, int, int]:
    side = max(1, round(n ** (1 / 3)))
    second = max(1, round((n / side) ** 0.5))
    return -(-n // (side * second)), second, side


def inhibitory(n: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """Return which neurons inhibit: `share` of them, anywhere."""
    chosen = np.zeros(n, bool)
    chosen[rng.permutation(n)[: round(share * n)]] = True
    return chosen


def connections(
    grid: np.ndarray, column: np.ndarray, inhibits: np.ndarray, constants: Preset, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return pre and post of synapses drawn with probability C exp(-(d / lambda)^2), inside each column.

    Maass, Natschlaeger and Markram (2002), doi:10.1162/089976602760407955.
    """
    pre, post = [], []
    for i in range(len(grid)):  # a row at a time: all pairs of a large column would not fit in memory
        squared = ((grid - grid[i]) ** 2).sum(axis=1)
        chance = np.take(constants.connection, _kind(inhibits[i], inhibits)) * np.exp(-squared / constants.reach**2)
        chance[(column != column[i]) | (np.arange(len(grid)) == i)] = 0
        found = np.flatnonzero(rng.random(len(grid)) < chance)
        pre.append(np.full(len(found), i))
        post.append(found)
    return np.concatenate(pre), np.concatenate(post)


def _kind(pre_inhibits: Any, post_inhibits: Any) -> np.ndarray:
    """Return 0, 1, 2, 3 for EE, EI, IE, II."""
    return 2 * np.asarray(pre_inhibits, int) + np.asarray(post_inhibits, int)


def synapses(
    pre: np.ndarray, post: np.ndarray, inhibits: np.ndarray, constants: Preset,
    for_weight: np.random.Generator, for_dynamics: np.random.Generator,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Return weight, U, D, F and delay of each synapse.

    Efficacies are gamma distributed with a standard deviation of their mean; U, D and F are normal with a
    relative standard deviation of `constants.spread`, drawn again where not positive (U: or not below 1).
    """
    kind = _kind(inhibits[pre], inhibits[post])
    drawn = {"weight": np.take(constants.amplitude, kind) * for_weight.gamma(1.0, 1.0, len(kind))}
    for name, high in (("U", 1.0), ("D", np.inf), ("F", np.inf)):
        mean = np.take(getattr(constants, name), kind)
        drawn[name] = redrawn_normal(mean, constants.spread * mean, high, for_dynamics)
    return drawn | {"delay": np.take(constants.delay, kind)}


def redrawn_normal(mean: np.ndarray, sd: np.ndarray, high: float, rng: np.random.Generator) -> np.ndarray:
    """Return normal numbers; one that is not in (0, high) is drawn again until it is."""
    values = rng.normal(mean, sd)
    while (bad := (values <= 0) | (values >= high)).any():
        values[bad] = rng.normal(mean[bad], sd[bad])
    return values


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
    size = np.take(rule.amplitude, inhibits.astype(int)) * rng.gamma(rule.shape, 1 / rule.shape, shape)
    weights = size * np.where(rng.random(shape) < rule.negative, -1, 1) * gain[:, None]
    reach = len(gain) if fan_in is None else min(fan_in, len(gain))
    if reach < len(gain):  # the lowest of random ranks: the same choice whatever the weights
        weights[rng.random(shape).argsort(axis=0).argsort(axis=0) >= reach] = 0
    return weights / np.sqrt(reach) if rule.shared else weights
