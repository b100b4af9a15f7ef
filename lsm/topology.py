"""Where neurons stand, and who is connected to whom."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.lsm.presets import Preset
from millpond.reservoir import checks


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


def receivers(column: np.ndarray, share: float, rng: np.random.Generator | None) -> np.ndarray:
    """Return which neurons receive the input: a random `share` of each column, or the first ones if `rng` is None.

    At least one neuron is chosen, unless the share is 0. In a random network the first ones are a random choice.
    """
    chosen = np.zeros(len(column), bool)
    for one in _members(column):
        order = one if rng is None else rng.permutation(one)
        chosen[order[: max(share > 0, int(share * len(one) + 1e-9))]] = True
    return chosen


def connections(
    grid: np.ndarray, column: np.ndarray, inhibits: np.ndarray, constants: Preset, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return pre and post of the synapses of the topology that `constants` name; none leads out of its column."""
    if constants.topology == "column":
        return by_distance(grid, column, inhibits, constants, rng)
    pairs = [
        chain(len(one), constants.groups) if constants.topology == "chain"
        else at_random(len(one), constants.in_degree, rng)
        for one in _members(column)
    ]  # fmt: skip
    pre, post = (np.concatenate([one[p] for one, p in zip(_members(column), side, strict=True)])
                 for side in zip(*pairs, strict=True))  # fmt: skip
    order = np.lexsort((post, pre))
    return pre[order], post[order]


def at_random(n: int, in_degree: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return pre and post where `in_degree` others, anyone, reach each of `n` neurons."""
    reach = min(in_degree, n - 1)
    post = np.arange(n)
    pre = [np.delete(post, i)[rng.permutation(n - 1)[:reach]] for i in post]
    return np.concatenate(pre), np.repeat(post, reach)


def chain(n: int, groups: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pre and post where each of `n` neurons in `groups` groups reaches its like in the next one."""
    size = max(1, n // groups)
    return np.arange(n - size), np.arange(size, n)


def by_distance(
    grid: np.ndarray, column: np.ndarray, inhibits: np.ndarray, constants: Preset, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return pre and post of synapses drawn independently with probability C exp(-(d / lambda)^2).

    Maass, Natschlaeger and Markram (2002), doi:10.1162/089976602760407955. All pairs with one offset on the grid
    have the same distance. For each offset, the number of pairs is binomial with the largest C, and the pairs are a
    random subset. Each pair is then kept with its own C divided by the largest. This is the same law as one draw for
    each pair, but the time depends on the number of synapses instead of the number of pairs.

    Parameters
    ----------
    grid, column : ndarray
        As `sites` returns them.
    """
    each, n_columns = int((column == 0).sum()), int(column.max()) + 1
    box = (grid[:each].max(axis=0) + 1).astype(np.int64)
    offsets = np.stack(np.meshgrid(*(np.arange(1 - side, side) for side in box), indexing="ij"), -1).reshape(-1, 3)
    offsets = offsets[offsets.any(axis=1)]
    fall = np.exp(-(offsets**2).sum(axis=1) / constants.reach**2)
    most = np.minimum(1, max(constants.connection) * fall)
    overlap = box - np.abs(offsets)  # sides of the box of neurons that have a neighbour at the offset
    n_pairs = overlap.prod(axis=1) * n_columns
    counts = rng.binomial(n_pairs, most)
    strides = np.array([box[1] * box[2], box[2], 1])
    pre, post = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for k in np.flatnonzero(counts):
        chosen = rng.choice(n_pairs[k], counts[k], replace=False, shuffle=False)
        one, *place = np.unravel_index(chosen, (n_columns, *overlap[k]))
        place = [along - min(0, step) for along, step in zip(place, offsets[k], strict=True)]
        source = sum(along * stride for along, stride in zip(place, strides, strict=True))
        target = source + offsets[k] @ strides
        inside = (source < each) & (target < each)  # the box may have more places than there are neurons
        source, target = (one * each + source)[inside], (one * each + target)[inside]
        inside = (source < len(grid)) & (target < len(grid))
        source, target = source[inside], target[inside]
        own = np.minimum(1, np.take(constants.connection, kinds(inhibits[source], inhibits[target])) * fall[k])
        kept = rng.random(len(source)) * most[k] < own
        pre.append(source[kept])
        post.append(target[kept])
    pairs = np.sort(np.concatenate(pre) * len(grid) + np.concatenate(post))
    return pairs // len(grid), pairs % len(grid)


def kinds(pre_inhibits: Any, post_inhibits: Any) -> np.ndarray:
    """Return 0, 1, 2, 3 for EE, EI, IE, II."""
    return 2 * np.asarray(pre_inhibits, int) + np.asarray(post_inhibits, int)


def _members(column: np.ndarray) -> list[np.ndarray]:
    return [np.flatnonzero(column == one) for one in range(column.max() + 1)]
