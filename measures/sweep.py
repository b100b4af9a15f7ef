"""Where a substrate computes: one measure over two of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone

from millpond.measures.probe import driven
from millpond.measures.result import plain
from millpond.reservoir import Reservoir, checks, plots
from millpond.reservoir.progress import bar
from millpond.reservoir.workers import Run, certain, serial


@dataclass(frozen=True, eq=False)
class Map:
    """Values of measures on a grid of two parameters.

    Attributes
    ----------
    axes : dict of str to list
        The two parameters, in order, and their values.
    values : dict of str to ndarray (n_first, n_second)
        For each measure; nan where the model could not run.
    """

    axes: dict[str, list[Any]]
    values: dict[str, np.ndarray]

    def __str__(self) -> str:
        (first, rows), (second, columns) = self.axes.items()
        lines = []
        for name, table in self.values.items():
            lines.append(f"{name}, {first} downwards, {second} across")
            lines.append(f"{'':>10}" + "".join(f"{_short(c):>9}" for c in columns))
            lines += [
                f"{_short(r):>10}" + "".join(f"{v:9.3g}" for v in line) for r, line in zip(rows, table, strict=True)
            ]
        return "\n".join(lines)

    def plot(self) -> Any:
        """Return a matplotlib figure with one panel for each measure."""
        from matplotlib.figure import Figure

        (first, rows), (second, columns) = self.axes.items()
        figure = Figure(figsize=(4.4 * len(self.values), 3.6), layout="constrained")
        for ax, (name, table) in zip(
            figure.subplots(1, len(self.values), squeeze=False)[0], self.values.items(), strict=True
        ):
            plots.image(ax, table, name)
            ax.set_xticks(range(len(columns)), [_short(c) for c in columns])
            ax.set_yticks(range(len(rows)), [_short(r) for r in rows])
            ax.set(xlabel=second, ylabel=first)
        return figure

    def to_dict(self) -> dict[str, Any]:
        """Return the axes and the values in types that JSON has."""
        return {"axes": plain(self.axes), "values": plain(self.values)}


def sweep(
    model: Reservoir, axes: Mapping[str, Sequence[Any]], measures: Mapping[str, Any], *,
    random_state: checks.RandomState = 0, run: Run | None = None, progress: bool | None = None,
) -> Map:  # fmt: skip
    """Return `measures` of copies of `model` over two of its parameters.

    Parameters
    ----------
    model : Reservoir
    axes : mapping of str to sequence
        Two parameters of the model, and the values each takes; an entry of a parameter that is a dictionary is named
        ``parameter__entry``.
    measures : mapping of str to callable
        Some of `measures.MEASURES`, or functions of their kind.
    random_state : int or numpy.random.Generator
        Draws the probe.
    run : callable, optional
        Who does the work, as `millpond.reservoir.workers` says; this process if not given.
    progress : bool, optional
        Show a bar; by default where a person is looking.

    Raises
    ------
    InputError
        Not two parameters, or one that the model does not have.
    """
    if len(axes) != 2:
        raise checks.InputError(f"a map has two axes, but {len(axes)} were given ({', '.join(axes)}); give two")
    for name in axes:
        checks.option("a parameter of the map", name.partition("__")[0], model.get_params(deep=False))
    (first, rows), (second, columns) = axes.items()
    here = {
        (i, j): _with(_with(clone(model), first, rows[i]), second, columns[j])
        for i, j in np.ndindex(len(rows), len(columns))
    }
    values = {name: np.full((len(rows), len(columns)), np.nan) for name in measures}
    # one probe for all points, whoever draws it
    items = {at: (one, dict(measures), deepcopy(random_state)) for at, one in here.items()}
    with (
        nullcontext(run) if run else serial(None) as run_all,
        bar(len(items), f"{type(model).__name__} over {first} and {second}", show=progress) as advance,
    ):
        for at, found in certain(run_all(_measured, items)):
            for name, value in found.items():
                values[name][at] = value
            advance(1)
    return Map({first: list(rows), second: list(columns)}, values)


def _measured(item: tuple[Reservoir, dict[str, Any], Any], _: Any = None) -> dict[str, float]:
    """Return the values of measures of one model; none where it diverges."""
    model, measures, random_state = item
    try:
        found = driven(model, random_state=random_state)
    except checks.InputError as error:
        if "diverged" not in str(error):
            raise
        return {}
    return {name: of(found).value for name, of in measures.items()}


def _with(model: Reservoir, name: str, value: Any) -> Reservoir:
    """Return `model` with a parameter, or an entry of one that is a dictionary or None, set to `value`."""
    parameter, _, entry = name.partition("__")
    own = model.get_params(deep=False)[parameter]
    if entry and (own is None or isinstance(own, dict)):
        name, value = parameter, (own or {}) | {entry: value}
    model.set_params(**{name: value})
    return model


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
