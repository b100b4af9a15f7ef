"""Pooling the states of a sequence into one row of features."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from millpond.readout.rows import rows_of
from millpond.reservoir import checks
from millpond.reservoir.questions import POOLINGS


class Pool(TransformerMixin, BaseEstimator):
    """One row of features for each sequence of states.

    Parameters
    ----------
    mode : {"segments", "mean", "last", "counts"}
        ``segments``: the means over `n_segments` equal segments of the sequence, concatenated, which keeps
        coarse temporal information. A time step at a boundary is divided between both segments.
        ``mean``: the mean over all steps. ``last``: the last step. ``counts``: the sum over all steps (of
        spike counts).
    n_segments : int
        Number of segments of mode ``segments``.

    Examples
    --------
    >>> Pool("segments", n_segments=2).fit_transform([np.arange(4.0)[:, None], np.ones((3, 1))])
    array([[0.5, 2.5],
           [1. , 1. ]])
    """

    def __init__(self, mode: str = "segments", *, n_segments: int = 5) -> None:
        self.mode = mode
        self.n_segments = n_segments

    def fit(self, X: Any, y: Any = None) -> Pool:
        """Store the number of columns of X: a list of ndarray (n_steps, n_columns), Sequences or Recording."""
        checks.option("mode", self.mode, POOLINGS)
        checks.integer("n_segments", self.n_segments, 1)
        self.n_features_in_ = rows_of(X).n_columns
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the features (n_sequences, n_columns, or n_segments * n_columns); a single 2-D X is one sequence."""
        check_is_fitted(self)
        rows = rows_of(X)
        features = []
        for i in range(len(rows)):
            x = rows[i]
            features.append(self._pooled(checks.signal(x, rows.names[i], self.n_features_in_, x.dtype, "Pool")))
        return np.stack(features)

    def _pooled(self, states: np.ndarray) -> np.ndarray:
        if self.mode == "last":
            return states[-1]
        if self.mode == "counts":
            return states.sum(0)
        n_segments = self.n_segments if self.mode == "segments" else 1
        return (segment_weights(len(states), n_segments).astype(states.dtype) @ states).ravel()


@lru_cache(maxsize=64)
def segment_weights(n_steps: int, n_segments: int) -> np.ndarray:
    """Return the matrix (n_segments, n_steps) that takes the mean over each of `n_segments` equal segments."""
    edges = np.linspace(0, n_steps, n_segments + 1)
    covered = np.clip(edges[:, None] - np.arange(n_steps), 0, 1)  # share of each step before each edge
    weights = np.diff(covered, axis=0) * n_segments / n_steps
    weights.setflags(write=False)  # every caller gets the same array
    return weights
