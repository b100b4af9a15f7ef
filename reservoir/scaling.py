"""Standardisation of channels, fitted on the training part only."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from millpond.reservoir import checks
from millpond.reservoir.sequences import as_signals, like


class ChannelScaler(TransformerMixin, BaseEstimator):
    """Subtract the mean of each channel, divide by its standard deviation and multiply by its weight.

    Parameters
    ----------
    weights : array (n_channels,), optional
        Factor for each standardised channel (1 if not given).

    Attributes
    ----------
    mean_, scale_ : ndarray (n_channels,)
        Mean and standard deviation over all time steps of the fitted sequences; a constant channel has scale 1.
    """

    def __init__(self, *, weights: Any = None) -> None:
        self.weights = weights

    def fit(self, X: Any, y: Any = None) -> ChannelScaler:
        """Compute mean and scale of each channel of X, a signal or a set of signals."""
        signals = as_signals(X)
        n = sum(map(len, signals))
        self.n_features_in_ = signals[0].shape[1]
        self.mean_ = sum(x.sum(0) for x in signals) / n
        scale = np.sqrt(sum(((x - self.mean_) ** 2).sum(0) for x in signals) / n)
        self.scale_ = np.where(scale > 1e-12 * np.abs(self.mean_) + 1e-300, scale, 1.0)
        return self._weighted()

    def _weighted(self) -> ChannelScaler:
        self._factor = 1 / self.scale_
        if self.weights is not None:
            self._factor = checks.matrix("weights", self.weights, (self.n_features_in_,)) / self.scale_
        return self

    @property
    def learnt(self) -> dict[str, list[float] | None]:
        """The fitted values as plain lists, for `restored`: ``mean``, ``scale`` and ``weights``."""
        check_is_fitted(self)
        weights = None if self.weights is None else np.asarray(self.weights, float).tolist()
        return {"mean": self.mean_.tolist(), "scale": self.scale_.tolist(), "weights": weights}

    @classmethod
    def restored(cls, *, mean: Any, scale: Any, weights: Any = None) -> ChannelScaler:
        """Return the fitted scaler with the values of `learnt`; the result is bit-identical.

        >>> scaler = ChannelScaler().fit(np.arange(6.0).reshape(3, 2))
        >>> ChannelScaler.restored(**scaler.learnt).transform([[2.0, 4.0]])
        array([[0.        , 0.61237244]])
        """
        scaler = cls(weights=weights)
        scaler.mean_ = checks.matrix("mean", mean, (None,))
        scaler.n_features_in_ = len(scaler.mean_)
        scaler.scale_ = checks.matrix("scale", scale, (scaler.n_features_in_,))
        return scaler._weighted()

    def transform(self, X: Any) -> Any:
        """Return X scaled, in the same container."""
        check_is_fitted(self)
        return like(
            X, [(x - self.mean_) * self._factor for x in as_signals(X, self.n_features_in_, who="ChannelScaler")]
        )
