"""What becomes of a difference: separation and fading memory.

Twins are driven by the same input but for one row. How far their states are apart afterwards, in units of the
distance of states under unlike inputs, says how well a difference is seen, how long, and whether it grows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from millpond.measures.probe import SIZES, START, Driven, driven
from millpond.measures.result import Result
from millpond.reservoir.checks import RandomState

_TINY = np.finfo(float).tiny


@dataclass(frozen=True, eq=False)
class Separation(Result):
    """Distance of twins over time.

    Attributes
    ----------
    sizes : ndarray (n_sizes,)
        Differences of the input, in the first of the rows.
    distances : ndarray (n_sizes, n_rows)
        Root of the mean squared distance of the states, from that row on; 1 is that of unlike inputs.
    exponents : ndarray (n_sizes,)
        Growth per row of the mean logarithm of the distance, while the difference is small; nan where it cannot be
        told.
    """

    title = "separation"

    sizes: np.ndarray
    distances: np.ndarray
    exponents: np.ndarray

    @property
    def value(self) -> float:
        """Distance that the largest difference makes in its first rows, at its best."""
        return float(self.distances[-1].max())

    @property
    def said(self) -> str:
        """What belongs to it."""
        return "largest distance of twins, 1 being that of unlike inputs"

    def _draw(self, ax: Any) -> None:
        rows = np.arange(self.distances.shape[1])
        for size, curve in zip(self.sizes, self.distances, strict=True):
            ax.semilogy(rows, np.where(curve > 0, curve, np.nan), label=f"{size:g}")
        ax.set(xlabel="rows after the difference", ylabel="distance (unlike inputs: 1)")
        ax.legend(title="inputs differ by", frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))


@dataclass(frozen=True, eq=False)
class Fading(Result):
    """How long a difference of the input is seen.

    Attributes
    ----------
    curve : ndarray (n_rows,)
        Distance of the states in units of its peak.
    share : float
        Below this it counts as forgotten.
    """

    title = "fading memory"

    curve: np.ndarray
    share: float

    @property
    def value(self) -> float:
        """Rows until the distance is below `share` of its peak for good; inf if it is not within the rows looked at."""
        above = np.flatnonzero(self.curve >= self.share)
        if not len(above):
            return 0.0
        return float("inf") if above[-1] + 1 == len(self.curve) else float(above[-1] + 1)

    @property
    def said(self) -> str:
        """What belongs to it."""
        if not np.isfinite(self.value):
            return f"a difference is not forgotten within {len(self.curve)} rows"
        return f"rows until a difference is below {self.share:g} of its peak"

    def _draw(self, ax: Any) -> None:
        ax.semilogy(np.where(self.curve > 0, self.curve, np.nan))
        ax.axhline(self.share, color="0.5", lw=0.8, label="below: forgotten")
        ax.set(xlabel="rows after the difference", ylabel="distance (peak: 1)")
        ax.legend(frameon=False)


def separation(source: Any, *, random_state: RandomState = 0) -> Separation:
    """Return the distance of the states of twins over time, for each size of difference.

    The separation property of Maass, Natschlaeger and Markram (2002), doi:10.1162/089976602760407955.

    Parameters
    ----------
    source : Reservoir, Recording or Driven
        See `measures.driven`; part "twins".
    random_state : int or numpy.random.Generator
    """
    found = driven(source, ("twins",), random_state)
    unit = unlike(found) or 1.0
    squares = [(d**2).sum(2) / unit**2 for d in differences(found)]  # (n_pairs, n_rows) for each size
    distances = np.stack([np.sqrt(q.mean(0)) for q in squares])
    return Separation(np.array(SIZES), distances, np.array([growth(typical(q)) for q in squares]))


def fading_memory(source: Any, *, share: float = 0.1, random_state: RandomState = 0) -> Fading:
    """Return how many rows the largest difference of the input is seen in the states.

    Parameters are those of `separation`, and the `share` of its peak below which a difference counts as forgotten.
    """
    curve = separation(source, random_state=random_state).distances[-1]
    return Fading(curve / max(curve.max(), _TINY), share)


def typical(squares: np.ndarray) -> np.ndarray:
    """Return the geometric mean over pairs of the distance, from its square (n_pairs, n_rows).

    Its logarithm is the mean of logarithms, as the definition of an exponent has it: the mean square would
    follow the few pairs that grow most. 0 where more than a tenth of the pairs do not differ at all.
    """
    apart = squares > 0
    logs = np.log(squares, where=apart, out=np.zeros_like(squares))
    return np.where(apart.mean(0) >= 0.9, np.exp(0.5 * logs.sum(0) / np.maximum(apart.sum(0), 1)), 0.0)


def growth(curve: np.ndarray) -> float:
    """Return the slope per row of the logarithm of `curve` (n_rows,), nan if there are fewer than three rows for it.

    Of a curve that ends below its peak, the rows count from the peak until it comes near its floor (three times its
    end); of one that ends at its peak or near it, those from the first that is not 0 until it is large (0.1).
    """
    end, peak = float(np.median(curve[-len(curve) // 8 :])), int(curve.argmax())
    if 3 * end < curve[peak]:
        first, outside = peak, curve < max(3 * end, 1e-13)
    else:
        first, outside = int((curve > 1e-13).argmax()), (curve > 0.1) | (curve < 1e-13)
    after = np.flatnonzero(outside[first:])
    n = int(after[0]) if len(after) else len(curve) - first
    if n < 3:
        return float("nan")
    return float(np.polyfit(np.arange(n), np.log(curve[first : first + n]), 1)[0])


def differences(found: Driven) -> list[np.ndarray]:
    """Return for each of `SIZES` what the states of twins differ in, (n_pairs, n_rows, n_units), from `START` on."""
    family = 1 + len(SIZES)
    states = np.stack([x[START:] for x in found.states["twins"]])
    return [states[k::family] - states[::family] for k in range(1, family)]


def unlike(found: Driven) -> float:
    """Return the root of the mean squared distance of states under unlike inputs, at the same row."""
    bases = np.stack([x[START:] for x in found.states["twins"][:: 1 + len(SIZES)]])
    return float(np.sqrt(2 * bases.var(axis=0, ddof=1).sum(1).mean()))
