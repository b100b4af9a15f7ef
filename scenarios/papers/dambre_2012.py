"""Every function of the input that a reservoir computes is paid from one purse, whose size is its number of units."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.esn import EchoStateNetwork
from millpond.measures import processing_capacity
from millpond.scenarios.papers.figures import Check, Paper

PAPER = Paper(
    title="Dambre et al. (2012), Information processing capacity of dynamical systems",
    doi="10.1038/srep00514",
    about="30 tanh units, radius 0.8, input even in [-1, 1] of two strengths; the sizes and lengths are ours",
)
_UNITS = 30
_WINDOWS = {1: 60, 2: 25, 3: 12, 4: 8, 5: 6, 6: 5}


def run(random_state: int = 0, quick: bool = False) -> list[Check]:
    """Return the total capacity and its linear part for weak and strong inputs."""
    found = np.array([_profiles(seed) for seed in range(random_state, random_state + (3 if quick else 10))])
    total, linear = found.sum(2), found[:, :, 0]
    purse = "the paper's theorem: with fading memory the capacities sum to the number of units"
    return [
        Check("total, weak input", total[:, 0], purse, at_least=0.8 * _UNITS, at_most=_UNITS + 0.05),
        Check("total, stronger input", total[:, 1], purse, at_least=0.8 * _UNITS, at_most=_UNITS + 0.05),
        Check("linear, weak input", linear[:, 0], "shown for comparison"),
        Check(
            "linear, stronger input", linear[:, 1], "the paper's finding: what bends trades memory for products; the "
            "bound of three quarters is ours", at_most=0.75 * linear[:, 0].mean(),
        ),
    ]  # fmt: skip


def draw(ax: Any, random_state: int = 0) -> None:
    """Draw the capacity of each degree."""
    for k, (name, profile) in enumerate(zip(("weak input", "stronger input"), _profiles(random_state), strict=True)):
        ax.bar(np.array(list(_WINDOWS)) + 0.4 * k - 0.2, profile, 0.4, label=f"{name}: {sum(profile):.1f} in all")
    ax.axhline(_UNITS, color="0.5", lw=0.8, label=f"{_UNITS} units")
    ax.set(xlabel="degree", ylabel="capacity")
    ax.legend(frameon=False)


def _profiles(seed: int) -> list[list[float]]:
    """Return the capacity of each degree for the two inputs."""
    rng = np.random.default_rng([2012, seed])
    u = rng.uniform(-1, 1, (20_000, 1))
    found = []
    for gain in (0.05, 1.0):
        esn = EchoStateNetwork(
            n_units=_UNITS, spectral_radius=0.8, leak_rate=1.0, connectivity=1.0, input_scaling=gain, bias_scaling=0.2,
            random_state=int(rng.integers(2**31)),
        )  # fmt: skip
        capacity = processing_capacity(([u], [esn.fit_transform(u)]), windows=_WINDOWS)
        found.append(list(capacity.by_degree.values()))
    return found
