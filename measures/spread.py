"""How many dimensions the states fill, and how evenly each unit uses its range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from millpond.measures.capacity import after
from millpond.measures.probe import WASHOUT, driven
from millpond.measures.result import Result
from millpond.reservoir.checks import RandomState

BITS = 5


@dataclass(frozen=True, eq=False)
class Dimension(Result):
    """Participation ratio of the states' variances.

    Attributes
    ----------
    variances : ndarray (n_units,)
        Along the principal directions, largest first.
    ratio : float
    """

    title = "effective dimension"

    variances: np.ndarray
    ratio: float

    @property
    def value(self) -> float:
        """The participation ratio."""
        return self.ratio

    @property
    def said(self) -> str:
        """What belongs to it."""
        return f"of {len(self.variances)} columns"

    def _draw(self, ax: Any) -> None:
        shown = np.maximum(self.variances, self.variances[0] * 1e-16)
        ax.semilogy(np.arange(1, len(shown) + 1), shown)
        ax.set(xlabel="principal direction", ylabel="variance of states")


@dataclass(frozen=True, eq=False)
class Entropy(Result):
    """Entropy of each unit.

    Attributes
    ----------
    bits : ndarray (n_units,)
    """

    title = "entropy"

    bits: np.ndarray

    @property
    def value(self) -> float:
        """Mean over units."""
        return float(self.bits.mean())

    @property
    def said(self) -> str:
        """What belongs to it."""
        return f"bits of {BITS} a unit; {(self.bits == 0).sum()} units never change"

    def _draw(self, ax: Any) -> None:
        ax.hist(self.bits, bins=np.linspace(0, BITS, 26))
        ax.set(xlabel="entropy (bits)", ylabel="units")


def effective_dimension(source: Any, *, washout: int = WASHOUT, random_state: RandomState = 0) -> Dimension:
    r"""Return the participation ratio of the states.

    .. math:: D = (\mathrm{tr}\, \Sigma)^2 / \mathrm{tr}\, \Sigma^2

    N for isotropic noise in N dimensions, 1 on a line (Abbott, Rajan and Sompolinsky 2011, arXiv:0912.3832). The
    sample covariance S of n rows overstates tr Sigma^2; it is replaced by (tr S^2 - (tr S)^2 / (n - 1)) (n - 1)^2 /
    ((n - 2)(n + 1)), which is unbiased for independent Gaussian rows (Srivastava 2005).

    Parameters
    ----------
    source : Reservoir, Recording, Driven, or pair (inputs, states)
        See `measures.driven`; part "streams".
    washout : int
    random_state : int or numpy.random.Generator
    """
    states = after(driven(source, ("streams",), random_state).states["streams"], washout)
    freedom = len(states) - 1
    variances = np.maximum(np.linalg.eigvalsh(np.cov(states, rowvar=False).reshape(states.shape[1], -1))[::-1], 0)
    trace, square = variances.sum(), (variances**2).sum()
    unbiased = (square - trace**2 / freedom) * freedom**2 / ((freedom - 1) * (freedom + 2))
    return Dimension(variances, float(trace**2 / unbiased) if unbiased > 0 else 0.0)


def entropy(source: Any, *, washout: int = WASHOUT, random_state: RandomState = 0) -> Entropy:
    """Return the Shannon entropy of each unit over 32 bins between its least and its largest value.

    5 bits where all bins are used alike, 1 where two are, 0 for a unit that never changes. With the correction of
    Miller and Madow (1955) for the number of rows, and at most 5.

    Parameters are those of `effective_dimension`.
    """
    states = after(driven(source, ("streams",), random_state).states["streams"], washout)
    return Entropy(np.array([_bits(column) for column in states.T]))


def _bits(x: np.ndarray) -> float:
    low, high = float(x.min()), float(x.max())
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        return 0.0
    counts = np.histogram(x, bins=2**BITS, range=(low, high))[0]
    share = counts[counts > 0] / len(x)
    return float(min(-(share * np.log2(share)).sum() + (len(share) - 1) / (2 * len(x) * np.log(2)), BITS))
