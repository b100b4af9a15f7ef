"""Benchmark profile (card): all measures of one reservoir."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from millpond.measures import copies, lyapunov, memory, processing, rank, robustness, spread, twins
from millpond.measures.probe import Driven, driven
from millpond.measures.result import Result, plain
from millpond.recording import Recording
from millpond.reservoir import Reservoir, checks

MEASURES: dict[str, Any] = {
    "memory capacity": memory.memory_capacity,
    "product capacity": memory.product_capacity,
    "processing capacity": processing.processing_capacity,
    "kernel rank": rank.kernel_rank,
    "generalisation rank": rank.generalization_rank,
    "separation": twins.separation,
    "class separation": copies.class_separation,
    "fading memory": twins.fading_memory,
    "Lyapunov exponent": lyapunov.lyapunov,
    "effective dimension": spread.effective_dimension,
    "entropy": spread.entropy,
    "Fisher memory": copies.fisher_memory,
    "consistency": copies.consistency,
    "robustness": robustness.robustness,
}
"""All measures by their names in tables."""


@dataclass(frozen=True, eq=False)
class Card:
    """The measures of one reservoir.

    Attributes
    ----------
    name : str
    n_units : int
        Number of columns of the states.
    results : dict of str to Result
        Results by the names in `MEASURES`.
    omitted : dict of str to str
        Measures that the source does not support, with reasons: a pair (inputs, states) has no twins and copies.
    """

    name: str
    n_units: int
    results: dict[str, Result]
    omitted: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Result:
        return self.results[name]

    def __str__(self) -> str:
        width = max(map(len, self.results))
        lines = [f"{name:<{width}}  {result.value:8.3g}  {result.said}" for name, result in self.results.items()]
        lines += [f"not measured: {names} ({why})" for why, names in self._reasons().items()]
        return "\n".join([f"{self.name}, {self.n_units} columns", *lines])

    def _reasons(self) -> dict[str, str]:
        """Return the names of omitted measures by their reason."""
        found: dict[str, list[str]] = {}
        for name, why in self.omitted.items():
            found.setdefault(why, []).append(name)
        return {why: ", ".join(names) for why, names in found.items()}

    def plot(self) -> Any:
        """Return a matplotlib figure with one panel for each measure."""
        from matplotlib.figure import Figure

        n_columns = 4
        n_rows = -(-len(self.results) // n_columns)
        figure = Figure(figsize=(4 * n_columns, 2.8 * n_rows), layout="constrained")
        panels = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        for ax, result in zip(panels, self.results.values(), strict=False):
            result.plot(ax)
        for ax in panels[len(self.results) :]:
            ax.remove()
        figure.suptitle(f"{self.name}, {self.n_units} columns")
        return figure

    def to_dict(self) -> dict[str, Any]:
        """Return all results as JSON data."""
        return {"name": self.name, "n_units": self.n_units, "results": plain(self.results),
                "omitted": self.omitted}  # fmt: skip


def card(source: Any, *, random_state: checks.RandomState = 0) -> Card:
    """Return all measures of `source`, which is driven once, or those that given states support.

    Parameters
    ----------
    source : Reservoir, Recording, Driven, or pair (inputs, states)
        See `measures.driven`. In a pair (probe, states) the inputs are those of `measures.probe`, as `Sequences`, and
        all measures are possible.
    random_state : int or numpy.random.Generator
        Draws the probe of a model.

    Notes
    -----
    Memory: the states of some 46,000 rows in float64, 180 MB at 500 units.
    """
    seed = 0 if isinstance(random_state, np.random.Generator) else random_state
    if isinstance(source, Reservoir | Recording | Driven):
        found = driven(source, random_state=random_state)
        return Card(found.name, found.n_units, {name: of(found, random_state=seed) for name, of in MEASURES.items()})
    found = driven(source, ())
    results, omitted = {}, {}
    for name, of in MEASURES.items():
        try:
            results[name] = of(found, random_state=seed)
        except checks.InputError as error:
            omitted[name] = str(error)
    return Card(found.name, found.n_units, results, omitted)
