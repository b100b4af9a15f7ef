"""Effects of input noise: consistency, class separation and Fisher memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from millpond.measures.capacity import delayed, explained, span
from millpond.measures.probe import SETTLED, driven
from millpond.measures.result import Result
from millpond.reservoir.checks import RandomState


@dataclass(frozen=True, eq=False)
class Consistency(Result):
    """Similarity of the states for noisy copies of one input.

    Attributes
    ----------
    by_unit : ndarray (n_units,)
        Correlation over time of each unit between copies; nan for a constant unit.
    overall : float
        Correlation of all units together.
    """

    title = "consistency"

    by_unit: np.ndarray
    overall: float

    @property
    def value(self) -> float:
        """Of all units together."""
        return self.overall

    @property
    def said(self) -> str:
        """Further numbers of the result."""
        return "correlation of states between noisy copies of an input"

    def _draw(self, ax: Any) -> None:
        ax.hist(self.by_unit[np.isfinite(self.by_unit)], bins=np.linspace(-1, 1, 41))
        ax.set(xlabel="correlation between copies", ylabel="units")


@dataclass(frozen=True, eq=False)
class ClassSeparation(Result):
    """Spread of states between inputs relative to the spread between noisy copies of one input.

    Attributes
    ----------
    between, within : float
        Mean squared distance of last states from their mean.
    """

    title = "class separation"

    between: float
    within: float

    @property
    def value(self) -> float:
        """Ratio of the two distances; inf if copies do not differ."""
        return float(np.sqrt(self.between / self.within)) if self.within > 0 else float("inf")

    @property
    def said(self) -> str:
        """Further numbers of the result."""
        return "distance of unlike inputs, in units of that of noisy copies of one"

    def _draw(self, ax: Any) -> None:
        ax.bar(["between inputs", "between copies"], np.sqrt([self.between, self.within]))
        ax.set(ylabel="spread of last states")


@dataclass(frozen=True, eq=False)
class FisherMemory(Result):
    """Fisher information about a pulse, by its age.

    Attributes
    ----------
    curve : ndarray (n_rows,)
        Relative to the Fisher information in the noisy input itself.
    n_directions : int
        Independent directions in which noise moves the states.
    """

    title = "Fisher memory"

    curve: np.ndarray
    n_directions: int

    @property
    def value(self) -> float:
        """Sum over ages."""
        return float(self.curve.sum())

    @property
    def said(self) -> str:
        """Further numbers of the result."""
        return f"rows of a small noise recovered, ages 0 to {len(self.curve) - 1}"

    def _draw(self, ax: Any) -> None:
        ax.plot(self.curve, drawstyle="steps-mid")
        ax.set(xlabel="age of the pulse (rows)", ylabel="information (of the input: 1)", ylim=(0, 1.05))


def consistency(source: Any, *, random_state: RandomState = 0) -> Consistency:
    """Return the correlation of states between copies of one input with noise on each.

    Uchida, McAllister and Roy (2004), doi:10.1103/PhysRevLett.93.244102. 1 if noise has no effect, 0 if it
    determines the states; less than the consistency of the input if noise is amplified.

    Parameters
    ----------
    source : Reservoir, Recording or Driven
        See `measures.driven`; part "copies".
    random_state : int or numpy.random.Generator
    """
    states = np.stack(driven(source, ("copies",), random_state).states["copies"])[:, SETTLED:]
    centred = states - states.mean(1, keepdims=True)
    n = len(states)
    power = (centred**2).sum((0, 1)) / n
    # the sum over pairs of copies, without pairing them: |sum|^2 = sum of squares + sum over pairs
    common = ((centred.sum(0) ** 2).sum(0) - n * power) / (n * (n - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        moves = power > 1e-24 * (states**2).sum((0, 1)) / n  # compared unit by unit
        by_unit = np.where(moves, common / power, np.nan)
    total = float(power.sum())
    return Consistency(by_unit, float(common.sum() / total) if total > 0 else float("nan"))


def class_separation(source: Any, *, random_state: RandomState = 0) -> ClassSeparation:
    """Return the distance of final states for different inputs, relative to that for noisy copies of one input.

    The separation of Goodman and Ventura (2006), doi:10.1109/IJCNN.2006.246873, with the spread of each
    class measured as that of the classes' centres is. Parameters are those of `consistency`; parts "inputs" and
    "copies".
    """
    found = driven(source, ("inputs", "copies"), random_state)
    spread = {part: np.stack([x[-1] for x in found.states[part]]).var(axis=0, ddof=1).sum() for part in found.states}
    return ClassSeparation(float(spread["inputs"]), float(spread["copies"]))


def fisher_memory(source: Any, *, random_state: RandomState = 0) -> FisherMemory:
    r"""Return the Fisher information in the states about a small input pulse k rows ago with noisy input.

    .. math:: J(k) = \sigma^2\, d_k^T C^{-1} d_k

    after Ganguli, Huh and Sompolinsky (2008), doi:10.1073/pnas.0804451105, with the noise where an experiment has
    it, in the input: d_k is the change of the state per size of a pulse k rows ago, C the covariance of states under
    input noise of variance sigma^2. For Gaussian noise small enough for a linear response this is the share of a
    row's noise that a linear readout of the states recovers, and so it is estimated: what the noise adds to the
    states of each copy, against the noise itself, with the cut for chance of `millpond.measures.capacity`. A delay line
    has J = 1 for as many rows as it has taps; a linear network that forgets sums to the number of its independent
    units. Where the response depends on the input around it, one readout for all rows recovers less.

    Parameters are those of `consistency`.
    """
    found = driven(source, ("copies",), random_state)
    noise = _without_mean(found.inputs["copies"])
    basis = span(np.concatenate(list(_without_mean(found.states["copies"])[:, SETTLED:])))
    delays = np.arange(SETTLED + 1)
    return FisherMemory(explained(basis, delayed(list(noise), delays, SETTLED)), basis.shape[1])


def _without_mean(copies: list[np.ndarray]) -> np.ndarray:
    """Return the deviation of each copy from the mean (n_copies, n_rows, n)."""
    every = np.stack(copies)
    return every - every.mean(0)
