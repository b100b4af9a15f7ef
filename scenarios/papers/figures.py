"""A figure of a paper beside what came out here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from millpond.evaluation.statistics import interval


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
    obtained : sequence or ndarray of float
        One for each seed; their mean is judged.
    median : bool
        Judge the median in place of the mean, where a few values are far larger than the others.
    source : str
        Where the expected figure is from, and how sure that is; of a figure that stands for comparison alone, what
        it is.
    expected, tolerance : float, optional
        The mean must be `expected` within `tolerance`.
    at_least, at_most : float, optional
        Bounds the mean must keep. A figure of which nothing is asked is shown and not judged.
    """

    name: str
    obtained: Sequence[float] | np.ndarray
    source: str
    expected: float | None = None
    tolerance: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    median: bool = False

    @property
    def mean(self) -> float:
        """Mean over seeds; with `median` their median."""
        return float(np.median(self.obtained) if self.median else np.mean(self.obtained))

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the mean over seeds (Student's t), or of the median (ranks); None for a single one."""
        n = len(self.obtained)
        if not self.median or n < 6:  # the range of five covers the median less often
            return interval(self.obtained)
        ranked, k = np.sort(self.obtained), int(binom.ppf(0.025, n, 0.5))
        return float(ranked[k - 1]), float(ranked[n - k])

    @property
    def low(self) -> float | None:
        """The least the mean may be."""
        return self.at_least if self.expected is None or self.tolerance is None else self.expected - self.tolerance

    @property
    def high(self) -> float | None:
        """The most the mean may be."""
        return self.at_most if self.expected is None or self.tolerance is None else self.expected + self.tolerance

    @property
    def judged(self) -> bool:
        """Whether anything is asked of this figure."""
        return self.low is not None or self.high is not None

    @property
    def passed(self) -> bool:
        """Whether the mean is where it should be; of a figure that is not judged, whether it is a number."""
        above = self.low is None or self.mean >= self.low
        return bool(np.isfinite(self.mean)) and above and (self.high is None or self.mean <= self.high)

    @property
    def wanted(self) -> str:
        """What is asked for, in words."""
        if self.expected is not None and self.tolerance is not None:
            return f"{self.expected:.4g} ± {self.tolerance:.2g}"
        if self.at_least is not None:
            return f"at least {self.at_least:.3g}"
        return "" if self.at_most is None else f"at most {self.at_most:.3g}"
