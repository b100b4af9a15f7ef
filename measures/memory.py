"""Memory of the input for each delay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.polynomial import legendre

from millpond.measures.capacity import RESOLUTION, after, check_input, delayed, explained, later, span, threshold
from millpond.measures.probe import WASHOUT, driven
from millpond.measures.result import Result
from millpond.reservoir import checks


@dataclass(frozen=True, eq=False)
class Memory(Result):
    """Capacity by delay.

    Attributes
    ----------
    title : str
        The recalled function of the input.
    delays, capacities : ndarray (n_delays,)
    n_units, rank : int
        Number of columns of the states, and number of independent columns.
    threshold : float
        Capacities below this value count as 0, because they can occur by chance.
    later : float
        The sum where weights are fitted on the first half of each stream and tested on the second; lower than the
        value where the states drift.
    """

    title: str
    delays: np.ndarray
    capacities: np.ndarray
    n_units: int
    rank: int
    threshold: float
    later: float

    @property
    def value(self) -> float:
        """Sum over delays."""
        return float(self.capacities.sum())

    @property
    def said(self) -> str:
        """Further numbers of the result."""
        return (
            f"delays {self.delays[0]} to {self.delays[-1]}, {self.rank} independent columns; capacities below "
            f"{self.threshold:.2g} count as 0; {self.later:.3g} if fitted on the first half and tested on the second"
        )

    def _draw(self, ax: Any) -> None:
        ax.plot(self.delays, self.capacities, drawstyle="steps-mid")
        ax.set(xlabel="delay (rows)", ylabel="capacity", ylim=(0, 1.05))


def memory_capacity(
    source: Any, *, degree: int = 1, max_delay: int = 100, washout: int = WASHOUT, resolution: float = RESOLUTION,
    random_state: checks.RandomState = 0,
) -> Memory:  # fmt: skip
    r"""Return the capacity of the states for past inputs.

    .. math:: MC = \sum_{k=1}^{K} C[X, P_d(u(t - k))]

    with P_d the Legendre polynomial of `degree` d, and C of `measures.capacity`. Degree 1 is the memory capacity
    of Jaeger (2001, GMD report 152); it is at most the number of independent columns.

    Parameters
    ----------
    source : Reservoir, Recording, Driven, or pair (inputs, states)
        See `measures.driven`; the input must be independent between rows with mean 0, and uniform on [-1, 1] for
        degrees above 1.
    degree : int
        Degree; above 1 it is the memory of a power, which a linear reservoir does not have.
    max_delay : int
        K.
    washout : int
    resolution : float
        See `millpond.measures.capacity.RESOLUTION`.
    random_state : int or numpy.random.Generator

    Examples
    --------
    >>> u = np.random.default_rng(0).uniform(-1, 1, (2000, 1))
    >>> three = np.column_stack([np.roll(u, k) for k in range(3)])
    >>> round(float(memory_capacity(([u], [three]))), 6)
    2.0
    """
    checks.integer("degree", degree, 1)
    checks.integer("max_delay", max_delay, 1)
    return _recall(
        source, "u" if degree == 1 else f"P{degree}(u)", np.arange(1, max_delay + 1), washout, resolution, random_state,
        degree > 1,
        lambda signals, delays: legendre.legval(delayed(signals, delays, washout), np.eye(degree + 1)[degree]),
    )  # fmt: skip


def product_capacity(
    source: Any, *, gap: int = 1, max_delay: int = 40, washout: int = WASHOUT, resolution: float = RESOLUTION,
    random_state: checks.RandomState = 0,
) -> Memory:  # fmt: skip
    """Return the capacity for the products u(t - k) u(t - k - gap), a temporal XOR for real numbers.

    Zero for every state that is a sum of functions of single inputs, whatever its memory: leaky units
    without connections, a linear network, water seen by a camera that is linear in its height.

    Parameters are those of `memory_capacity`; `gap` is the distance (rows) of the two factors.
    """
    checks.integer("gap", gap, 1)
    checks.integer("max_delay", max_delay)
    return _recall(
        source, f"u(t) u(t - {gap})", np.arange(max_delay + 1), washout, resolution, random_state,
        False,
        lambda signals, delays: delayed(signals, delays, washout) * delayed(signals, delays + gap, washout),
    )  # fmt: skip


def _recall(
    source: Any, kind: str, delays: np.ndarray, washout: int, resolution: float, random_state: checks.RandomState,
    even: bool, targets: Any,
) -> Memory:  # fmt: skip
    found = driven(source, ("streams",), random_state)
    check_input(found.inputs["streams"], even)
    basis = span(after(found.states["streams"], washout), resolution)
    recalled = targets(found.inputs["streams"], delays)
    capacities = explained(basis, recalled)
    counts = capacities > 0
    split = later(basis, recalled[:, counts], [len(u) - washout for u in found.inputs["streams"]])
    return Memory(
        f"capacity for {kind}", delays, capacities, found.n_units, basis.shape[1], threshold(basis, len(delays)),
        float(split.sum()),
    )  # fmt: skip
