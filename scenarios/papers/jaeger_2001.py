"""The short-term memory of echo state networks, and what it is bounded by."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.esn import EchoStateNetwork
from millpond.measures import memory_capacity
from millpond.scenarios.papers.figures import Check, Paper

PAPER = Paper(
    title="Jaeger (2001), Short term memory in echo state networks",
    doi="10.24406/publica-fhg-291107",
    about="20 units, radius 0.9, input even in [-1, 1]; 20,000 steps, the sizes and the input gains are ours",
)
_UNITS = 20


def run(random_state: int = 0, quick: bool = False) -> list[Check]:
    """Return the memory capacity of linear and of tanh networks."""
    seeds = range(random_state, random_state + (3 if quick else 10))
    linear, weak, strong = np.array([[float(found) for found in _memories(seed)] for seed in seeds]).T
    bound = "the report's bound: never above the number of units"
    return [
        Check("linear, at most", linear, bound, at_most=_UNITS),
        Check(
            "linear, at least", linear, "the report: of a linear network all units count; one goes to delay 0",
            at_least=0.9 * (_UNITS - 1),
        ),
        Check("tanh, weak input", weak, bound, at_most=_UNITS),
        Check("tanh, strong input", strong, "ours: what bends forgets; half of the linear", at_most=linear.mean() / 2),
    ]  # fmt: skip


def draw(ax: Any, random_state: int = 0) -> None:
    """Draw how much of the input of each row ago is in the states."""
    for name, memory in zip(("linear", "tanh, weak input", "tanh, strong input"), _memories(random_state), strict=True):
        ax.plot(memory.delays, memory.capacities, drawstyle="steps-mid", label=f"{name}: {float(memory):.1f} in all")
    ax.set(xlabel="delay (rows)", ylabel="memory capacity", xlim=(0, 2 * _UNITS), ylim=(0, 1.05))
    ax.legend(frameon=False)


def _memories(seed: int) -> list[Any]:
    rng = np.random.default_rng([2001, seed])
    u = rng.uniform(-1, 1, (20_000, 1))
    found = []
    for activation, gain in (("identity", 0.1), ("tanh", 0.05), ("tanh", 2.0)):
        esn = EchoStateNetwork(
            n_units=_UNITS, spectral_radius=0.9, leak_rate=1.0, connectivity=1.0, input_scaling=gain, bias_scaling=0.0,
            activation=activation, random_state=int(rng.integers(2**31)),
        )  # fmt: skip
        found.append(memory_capacity(([u], [esn.fit_transform(u)])))
    return found
