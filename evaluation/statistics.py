"""Confidence intervals for scores that vary with the random seed and with the test sequences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import t as student


def interval(values: Sequence[float] | np.ndarray) -> tuple[float, float] | None:
    """Return the 95 % confidence interval of the mean of `values` (Student's t); None for a single value."""
    n = len(values)
    if n < 2:
        return None
    half = _quantile(n - 1) * float(np.std(values, ddof=1) / np.sqrt(n))
    return float(np.mean(values)) - half, float(np.mean(values)) + half


def _quantile(freedom: float, level: float = 0.95) -> float:
    return float(student.ppf((1 + level) / 2, freedom))


class Design:
    r"""The test sequences of a comparison: the fold of each, and the recordings that several of them share.

    A score varies with the seed and with the test sequences. Both are treated as random and crossed. Three variances
    are estimated for the mean over S seeds and n test sequences in F folds (Searle, Casella and McCulloch 1992,
    Variance Components): V_A from the means of the seeds, V_B from the means of the sequences within their folds, and
    V_AB from the interaction of both, which V_A and V_B contain. The interval is the mean with the half-width

    .. math:: h^2 = t_{S-1}^2 V_A + t_{n-F}^2 \max(0, V_B - V_{AB})

    or t_{n-F} sqrt(V_B) where V_A <= V_AB, that is, where no variance between seeds is visible. Each variance has
    the quantile t of its own degrees of freedom (Banerjee 1960, Sankhya 22, 331). In simulations with 3, 5 and 10 seeds
    the intervals contain the truth in 93 to 97 % of cases, and in up to 97.5 % where the interaction is the largest.

    Sequences that share a recording are not independent. Their products enter V_B and V_AB too (Aronow, Samii and
    Assenova 2015, doi:10.1093/pan/mpv018), and n is then the number of recordings.

    Folds (often speakers) are fixed: the interval is valid for other recordings of the same speakers.

    Parameters
    ----------
    fold_of : ndarray (n_tests,)
        The fold of each test sequence. Every fold has the same weight in the mean.
    recordings : list of ndarray of int, optional
        The recordings from which each test sequence was made. By default no two sequences share a recording.
    """

    def __init__(self, fold_of: np.ndarray, recordings: Sequence[np.ndarray] | None = None) -> None:
        folds, self._fold = np.unique(fold_of, return_inverse=True)
        self._sizes = np.bincount(self._fold)
        self.weights = 1 / (self._sizes[self._fold] * len(folds))
        one_each = (self._sizes < 2).any()
        self._strata = np.zeros(len(self._fold), int) if one_each else self._fold  # a variance needs two values
        counts = np.bincount(self._strata)
        self._unbiased = np.sqrt(counts / np.maximum(counts - 1, 1))[self._strata]
        self._shared: csr_array | None = None
        n_units = len(self._fold)
        if recordings is not None:
            owner = np.repeat(np.arange(len(recordings)), [len(r) for r in recordings])
            names, column = np.unique(np.concatenate(recordings), return_inverse=True)
            made_of = csr_array((np.ones(len(owner)), (owner, column)), shape=(len(recordings), len(names)))
            shared = csr_array(made_of @ made_of.T)
            shared.data[:] = 1.0
            self._shared, n_units = shared, min(n_units, len(names))
        self._free = max(n_units - len(counts), 1)

    def per_seed(self, values: np.ndarray) -> np.ndarray:
        """Return the mean over folds of the mean of `values` (n_seeds, n_tests) for each seed."""
        return values @ self.weights

    def interval(self, values: np.ndarray, level: float = 0.95) -> tuple[float, float]:
        """Return the confidence interval of the mean of `values` (n_seeds, n_tests) for a confidence `level`.

        With one seed, or with identical seeds, it covers only the variation between test sequences.
        """
        means = self.per_seed(values)
        n_seeds, mean = len(means), float(means.mean())
        centred = values - self._stratum_means(values)
        common = centred.mean(0)
        between = self._variance(common)
        squared = _quantile(self._free, level) ** 2 * between
        if n_seeds > 1:
            seeds = float(means.var(ddof=1)) / n_seeds
            both = sum(self._variance(own) for own in centred - common) / (n_seeds * (n_seeds - 1))
            if seeds > both:
                rest = max(0.0, between - both)
                squared = _quantile(n_seeds - 1, level) ** 2 * seeds + _quantile(self._free, level) ** 2 * rest
        half = float(np.sqrt(squared))
        return mean - half, mean + half

    def _stratum_means(self, values: np.ndarray) -> np.ndarray:
        sums = np.stack([np.bincount(self._strata, row) for row in values])
        return (sums / np.bincount(self._strata))[:, self._strata]

    def _variance(self, residuals: np.ndarray) -> float:
        """Return the variance of the weighted mean of sequences with these residuals (n_tests,)."""
        weighted = self.weights * self._unbiased * residuals
        own = float(weighted @ weighted)
        return own if self._shared is None else max(own, float(weighted @ (self._shared @ weighted)))
