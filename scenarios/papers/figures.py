"""A figure of a paper beside what came out here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student


@dataclass(frozen=True)
class Paper:
    """What a module reproduces.

    Parameters
    ----------
    title, doi : str
    about : str
        One line: the set-up.
    """

    title: str
    doi: str
    about: str


@dataclass(frozen=True)
class Check:
    """One figure: what is expected, from whom, and what each seed gave.

    Parameters
    ----------
    name : str
    obtained : sequence of float
        One for each seed; their mean is judged.
    source : str
        Where the expected figure is from, and how sure that is; of a figure that stands for comparison alone, what
        it is.
    expected : float, optional
        Must be met within `tolerance`.
    at_least, at_most : float, optional
        Bounds that must be kept. A figure without any bound is shown and not judged.
    """

    name: str
    obtained: Sequence[float]
    source: str
    expected: float | None = None
    tolerance: float | None = None
    at_least: float = -np.inf
    at_most: float = np.inf

    @property
    def mean(self) -> float:
        """Mean over seeds."""
        return float(np.mean(self.obtained))

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the mean over seeds (Student's t); None for a single one."""
        n = len(self.obtained)
        if n < 2:
            return None
        half = float(student.ppf(0.975, n - 1) * np.std(self.obtained, ddof=1) / np.sqrt(n))
        return self.mean - half, self.mean + half

    @property
    def judged(self) -> bool:
        """Whether anything is asked of this figure."""
        return self.tolerance is not None or np.isfinite(self.at_least) or np.isfinite(self.at_most)

    @property
    def passed(self) -> bool:
        """Whether the mean is where it should be; of a figure that is not judged, whether it is a number."""
        if not np.isfinite(self.mean):
            return False
        if self.tolerance is not None and self.expected is not None and abs(self.mean - self.expected) > self.tolerance:
            return False
        return self.at_least <= self.mean <= self.at_most

    @property
    def wanted(self) -> str:
        """What is asked for, in words."""
        if self.tolerance is not None and self.expected is not None:
            return f"{self.expected:.4g} ± {self.tolerance:.2g}"
        if np.isfinite(self.at_least):
            return f"at least {self.at_least:.4g}"
        if np.isfinite(self.at_most):
            return f"at most {self.at_most:.4g}"
        return "" if self.expected is None else f"({self.expected:.4g})"
