"""A reservoir as a kernel: two sequences are alike when they leave a network in like states."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.reservoir import Reservoir, checks
from millpond.reservoir.sequences import as_signals


class StateKernel:
    """The function k(X, Y) for kernel methods, such as ``sklearn.svm.SVC(kernel=StateKernel(esn))``.

    Sequences are run through the reservoir, and each is summed up in one row of states. As the number of units grows
    the kernel tends to one that can be written down (Hermans and Schrauwen 2012, doi:10.1162/NECO_a_00200).

    Parameters
    ----------
    reservoir : Reservoir, fitted
    pooling : {"mean", "last"}
        The row that stands for a sequence: the mean of its states, or the last.
    gamma : float, optional
        Width of a Gaussian of the rows' distance, ``exp(-gamma |x - y|^2)``; without, the kernel is their scalar
        product divided by the number of units.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from millpond.esn import EchoStateNetwork
    >>> t, y = np.arange(25), np.arange(60) % 2
    >>> X = np.array([np.sin(t * (0.7 if kind else 0.5) + i) for i, kind in enumerate(y)])  # a row is a sequence
    >>> kernel = StateKernel(EchoStateNetwork(n_units=50, random_state=0).fit(X[0][:, None]), "last", gamma=0.5)
    >>> bool(SVC(kernel=kernel, C=100).fit(X[:40], y[:40]).score(X[40:], y[40:]) > 0.9)
    True
    """

    def __init__(self, reservoir: Reservoir, pooling: str = "mean", gamma: float | None = None) -> None:
        reservoir.check_fitted()
        self.reservoir = reservoir
        self.pooling = checks.option("pooling", pooling, ("mean", "last"))
        self.gamma = None if gamma is None else checks.number("gamma", gamma, 0, above=0)

    def __call__(self, X: Any, Y: Any = None) -> np.ndarray:
        """Return k (n_X, n_Y) for each pair of sequences.

        Parameters
        ----------
        X, Y : list of ndarray (n_steps, n_channels), ndarray (n, n_steps, n_channels) or (n, n_steps * n_channels)
            Of a 2-D array each row is a sequence, its channels side by side at each step; Y is X if left out.
        """
        a = self._rows(X)
        b = a if Y is None else self._rows(Y)
        if self.gamma is None:
            return np.asarray(a @ b.T / a.shape[1])
        squares = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
        return np.asarray(np.exp(-self.gamma * np.maximum(squares, 0)))

    def _rows(self, X: Any) -> np.ndarray:
        n_channels = self.reservoir.n_features_in_
        if hasattr(X, "__array__") and np.ndim(X) == 2:
            X = np.asarray(X)
            if X.shape[1] % n_channels:
                raise checks.InputError(
                    f"a row of X has {X.shape[1]} values, which do not form whole steps of {n_channels} channels; "
                    "give a list of signals"
                )
            X = X.reshape(len(X), -1, n_channels)
        states = self.reservoir.transform(as_signals(X, n_channels))
        return np.array([h.mean(0) if self.pooling == "mean" else h[-1] for h in states], dtype=np.float64)
