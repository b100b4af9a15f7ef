"""Results of measures: numbers with their details that can be printed, plotted and exported."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from millpond.reservoir import plots


class Result(ABC):
    """Base of the results, which are dataclasses: ``print(result)`` is one line, ``float(result)`` the number in it."""

    title: str
    """Name of the number."""

    @property
    @abstractmethod
    def value(self) -> float:
        """The number that goes into tables."""

    @property
    @abstractmethod
    def said(self) -> str:
        """Explanation of the number."""

    @abstractmethod
    def _draw(self, ax: Any) -> None: ...

    def __str__(self) -> str:
        return f"{self.title} {self.value:.3g}" + (f": {self.said}" if self.said else "")

    def __float__(self) -> float:
        return self.value

    def plot(self, ax: Any = None) -> Any:
        """Draw the result on `ax`, or on a new matplotlib axes; return it."""
        ax = plots.axes(ax)
        ax.set_title(f"{self.title} {self.value:.3g}")
        self._draw(ax)
        return ax

    def to_dict(self) -> dict[str, Any]:
        """Return all fields and the value as JSON data; values that are not finite become None."""
        return {"measure": type(self).__name__, "value": plain(self.value)} | {
            f.name: plain(getattr(self, f.name))
            for f in fields(self)  # type: ignore[arg-type]
        }

    def save(self, path: str | Path) -> None:
        """Write `to_dict` as JSON, or the plot where the name ends in .png, .pdf or .svg."""
        if Path(path).suffix in plots.ENDINGS:
            self.plot().figure.savefig(path)
        else:
            Path(path).write_text(json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n")


def plain(value: Any) -> Any:
    """Return `value` as JSON data."""
    if isinstance(value, Result):
        return value.to_dict()
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
