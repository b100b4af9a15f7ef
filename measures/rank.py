"""Kernel rank (separation of inputs) and generalisation rank (similarity of noisy copies)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from millpond.measures.probe import driven
from millpond.measures.result import Result
from millpond.reservoir import checks

TOLERANCE = 0.01


@dataclass(frozen=True, eq=False)
class Rank(Result):
    """Numerical rank of the last states for many inputs.

    Attributes
    ----------
    title : str
        "kernel rank" or "generalisation rank".
    spectrum : ndarray (n,)
        Singular values in units of the largest.
    tolerance : float
        Those above count.
    n_inputs, n_units : int
    """

    title: str
    spectrum: np.ndarray
    tolerance: float
    n_inputs: int
    n_units: int

    @property
    def value(self) -> float:
        """The rank."""
        return float((self.spectrum > self.tolerance).sum())

    @property
    def said(self) -> str:
        """Further numbers of the result."""
        return f"{self.n_inputs} inputs; singular values above {self.tolerance:g} of the largest"

    def _draw(self, ax: Any) -> None:
        ax.semilogy(np.arange(1, len(self.spectrum) + 1), self.spectrum, ".")
        ax.axhline(self.tolerance, color="0.5", lw=0.8, label="above: counted")
        ax.set(xlabel="number of the singular value", ylabel="share of the largest", ylim=(1e-6, 2))
        ax.legend(frameon=False)


def kernel_rank(source: Any, *, tolerance: float = TOLERANCE, random_state: checks.RandomState = 0) -> Rank:
    """Return the rank of the final states for different inputs; a higher rank separates more classes.

    Legenstein and Maass (2007), doi:10.1016/j.neunet.2007.04.017. The mean over inputs is taken off first, so that a
    common offset does not hide the rest; a singular value counts above `tolerance` of the largest.

    Parameters
    ----------
    source : Reservoir, Recording or Driven
        See `measures.driven`; part "inputs".
    tolerance : float
    random_state : int or numpy.random.Generator
    """
    return _rank(source, "inputs", "kernel rank", tolerance, random_state)


def generalization_rank(source: Any, *, tolerance: float = TOLERANCE, random_state: checks.RandomState = 0) -> Rank:
    """Return the rank for noisy copies of one input; a lower rank generalises better.

    In units of the largest singular value for *unlike* inputs: what noise does is small or large beside that.
    Parameters are those of `kernel_rank`; parts "inputs" and "copies".
    """
    return _rank(source, "copies", "generalisation rank", tolerance, random_state)


def _rank(source: Any, part: str, kind: str, tolerance: float, random_state: checks.RandomState) -> Rank:
    checks.number("tolerance", tolerance, 0, 1, above=0)
    found = driven(source, tuple(dict.fromkeys(("inputs", part))), random_state)
    unit = _spectrum(found.states["inputs"])[0]
    spectrum = _spectrum(found.states[part]) / (unit if unit > 0 else 1.0)
    return Rank(kind, spectrum, tolerance, len(found.states[part]), found.n_units)


def _spectrum(states: list[np.ndarray]) -> np.ndarray:
    last = np.stack([x[-1] for x in states])
    return np.asarray(np.linalg.svd(last - last.mean(0), compute_uv=False))
