"""Long delays are memory: the presets `delayed` and `chain`, on and off, at equal rates.

Inputs come as graded currents through 78 Gaussian fields. Off is the same network without its connections, all of
whose neurons hear the input, weaker, so that they fire as often. The control `input` is what the neurons hear, behind
four filters. The settings of the presets were chosen on other streams and seeds.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone

from millpond.lsm import Graded, LiquidStateMachine, LiquidWarning, Population
from millpond.measures import memory_capacity, product_capacity
from millpond.reservoir import Reservoir

FIELDS = 78
FILTERS = (0.01, 0.03, 0.1, 0.3)
NOISE = 0.3e-3  # V: a fiftieth of the way to the threshold


def network(preset: str, n_units: int = 500, seed: int = 0, **params: Any) -> LiquidStateMachine:
    """Return a network of `preset` as it is measured here: one view of each neuron.

    `delayed` hears each number for 20 ms and shows potentials; `chain` for 50 ms and shows filtered spikes.
    """
    width = 0.25 / (2 / (FIELDS - 1))  # fields of 0.25 on an input from -1 to 1
    own: dict[str, Any] = {"row_period": 20e-3, "filters": (), "membrane": True}
    if preset == "chain":
        own = {"row_period": 50e-3, "filters": FILTERS}
    coder = Graded(Population(fields=FIELDS, low=-1.0, high=1.0, width=width))
    return LiquidStateMachine(
        **{"n_units": n_units, "preset": preset, "encoder": coder, "dt": 1e-3, "engine": "numba",
           "random_state": seed, **own, **params}
    )  # fmt: skip


def run(
    n_seeds: int = 3, n_units: int = 500, size: tuple[int, int] = (12, 600), first_seed: int = 1
) -> list[dict[str, Any]]:
    """Return a row for each preset and each way it is changed: capacities, their range over seeds, and rates.

    Memory is `measures.memory_capacity` of numbers even in [-1, 1], XOR `measures.product_capacity` of signs with
    delays of 0 to 15, both on streams of `size` (streams, rows).
    """
    rows: list[dict[str, Any]] = []
    for preset in ("delayed", "chain"):
        found: dict[str, list[tuple[float, ...]]] = {}
        for seed in range(first_seed, first_seed + n_seeds):
            for name, values in _measured(preset, n_units, seed, size).items():
                found.setdefault(name, []).append(values)
        for name, each in found.items():
            memory, xor, fires, n_features = np.mean(each, axis=0).tolist()
            spread = np.std(each, axis=0).tolist()
            rows.append({
                "preset": preset, "network": name, "memory": memory, "s.d.": spread[0], "XOR": xor, "s.d. ": spread[1],
                "rate (Hz)": fires, "features": int(n_features),
            })  # fmt: skip
    return rows


def _measured(preset: str, n_units: int, seed: int, size: tuple[int, int]) -> dict[str, tuple[float, ...]]:
    rng = np.random.default_rng([36, seed])
    numbers, signs = list(rng.uniform(-1, 1, (*size, 1))), list(rng.choice([-1.0, 1.0], (*size, 1)))
    on = network(preset, n_units, seed)
    off = at_rate(on.without_recurrence(), numbers[:2], rate(on.fit(numbers[0]), numbers[:2]))
    models: dict[str, Reservoir] = {
        "on": on,
        "off": off,
        "on, noise": network(preset, n_units, seed, constants={"noise": NOISE}),
        "off, noise": clone(off).set_params(constants={**(off.constants or {}), "noise": NOISE}),
        "input": network(preset, n_units, seed, filters=FILTERS, membrane=False).own_controls()["spikes"],
    }
    found: dict[str, tuple[float, ...]] = {}
    for name, model in models.items():
        with warnings.catch_warnings():  # a weak one may say that it is dead; its row says so too
            warnings.simplefilter("ignore", LiquidWarning)
            model.fit(numbers[0])
            views = [[one_view(model, x) for x in model.transform(X)] for X in (numbers, signs)]
            fires = rate(model, numbers) if isinstance(model, LiquidStateMachine) else np.nan
        memory = memory_capacity((numbers, views[0])).value
        xor = product_capacity((signs, views[1]), max_delay=15).value
        found[name] = (memory, xor, fires, views[0][0].shape[1])
    return found


def one_view(model: Reservoir, states: np.ndarray) -> np.ndarray:
    """Return as many columns as there are neurons: each through one of the filters, in turns."""
    n = getattr(model, "n_neurons_", states.shape[1])
    return states[:, np.arange(n) + n * (np.arange(n) % (states.shape[1] // n))]


def rate(model: LiquidStateMachine, X: list[np.ndarray]) -> float:
    """Return the mean rate of all neurons (Hz)."""
    n_spikes = sum(len(times) for times, _ in model.spikes(X))
    return n_spikes / (sum(map(len, X)) * float(model.row_period) * model.n_neurons_)


def at_rate(
    model: LiquidStateMachine, X: list[np.ndarray], wanted: float, n_steps: int = 12, high: float = 2.0
) -> LiquidStateMachine:
    """Return `model` with the input gain, below `high`, at which it fires `wanted` times a second: by halving."""
    low = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LiquidWarning)
        for _ in range(n_steps):
            middle = (low + high) / 2
            fires = rate(model.set_params(input_gain=middle).fit(X[0]), X)
            low, high = (middle, high) if fires < wanted else (low, middle)
    return model
