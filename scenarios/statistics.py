"""Intervals for scores: what another draw of seeds and of utterances would give."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import t as student

_DRAWS = 2000


def interval(values: Sequence[float] | np.ndarray) -> tuple[float, float] | None:
    """Return the 95 % interval of the mean of `values` (Student's t); None for a single one."""
    n = len(values)
    if n < 2:
        return None
    half = float(student.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n))
    return float(np.mean(values)) - half, float(np.mean(values)) + half


class Bootstrap:
    """Resamples seeds and test sequences, alike for every model, so that differences are paired.

    A percentile bootstrap (Efron 1979, doi:10.1214/aos/1176344552) in two stages: seeds with replacement,
    and within each fold sequences with replacement. The speakers stay who they are: the interval says
    nothing about other speakers.

    Parameters
    ----------
    fold_of : ndarray (n_tests,)
        Fold of each tested sequence.
    n_seeds : int
    """

    def __init__(self, fold_of: np.ndarray, n_seeds: int) -> None:
        self.n_seeds = n_seeds
        rng = np.random.default_rng(0)
        self._weights = np.zeros((_DRAWS, len(fold_of)))
        folds = np.unique(fold_of)
        for fold in folds:
            members = np.flatnonzero(fold_of == fold)
            drawn = rng.multinomial(len(members), np.full(len(members), 1 / len(members)), size=_DRAWS)
            self._weights[:, members] = drawn / (len(members) * len(folds))
        self._even = np.zeros(len(fold_of))
        for fold in folds:
            self._even[fold_of == fold] = 1 / ((fold_of == fold).sum() * len(folds))
        self._seeds = rng.multinomial(n_seeds, np.full(n_seeds, 1 / n_seeds), size=_DRAWS) / n_seeds

    def per_seed(self, values: np.ndarray) -> np.ndarray:
        """Return for each seed the mean over folds of the mean of `values` (n_seeds, n_tests)."""
        return values @ self._even

    def draws(self, values: np.ndarray, score: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """Return the mean over seeds of `score` of the mean of `values` (n_seeds, n_tests), for each resampling."""
        return (score(self._weights @ values.T) * self._seeds).sum(1)
