"""Several networks that differ in their chance alone, asked together."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from millpond.baseline.targets import understood
from millpond.reservoir import Sequences, checks
from millpond.reservoir.sequences import as_signals


class Ensemble(BaseEstimator):
    """The mean of what several networks hold probable (Hansen and Salamon 1990, doi:10.1109/34.58871).

    Parameters
    ----------
    member : RecurrentNetwork
        What each of them is, but for its chance; one that gives a label to each sequence.
    n_members : int
    random_state : int or numpy.random.Generator, optional
        Draws the seed of each.

    Attributes
    ----------
    members_ : list
    classes_ : ndarray
    n_features_in_, n_units_, n_features_, n_parameters_ : int
        All but the first count those of all members.

    Examples
    --------
    >>> from millpond.baseline import RecurrentNetwork
    >>> X, y = np.random.default_rng(0).normal(size=(20, 5, 1)) + [[[0]], [[2]]] * 10, [0, 1] * 10
    >>> Ensemble(member=RecurrentNetwork(cell="gru", n_units=4, n_epochs=9, learning_rate=0.05), n_members=2,
    ...          random_state=0).fit(X, y).score(X, y)
    1.0
    """

    def __init__(self, *, member: Any, n_members: int = 3, random_state: checks.RandomState = None) -> None:
        self.member = member
        self.n_members = n_members
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, groups: Any = None) -> Ensemble:
        """Train each member on everything.

        Raises
        ------
        InputError
            A parameter or data that cannot be used, or targets that are not one label for each sequence.
        """
        y = X.labels if y is None and isinstance(X, Sequences) else y
        task = understood(y, [len(x) for x in as_signals(X)]).task
        if task != "label":
            raise checks.InputError(
                f"y asks for {task} at each step, but an ensemble classifies whole sequences; give one label for each"
            )
        seeds = checks.generator(self.random_state).integers(2**32, size=checks.integer("n_members", self.n_members, 1))
        self.members_ = [clone(self.member).set_params(random_state=int(s)).fit(X, y, groups) for s in seeds]
        first = self.members_[0]
        self.classes_, self.n_features_in_ = first.classes_, first.n_features_in_
        for name in ("n_units_", "n_features_", "n_parameters_"):
            setattr(self, name, sum(getattr(m, name) for m in self.members_))
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class, (n_sequences, n_classes)."""
        check_is_fitted(self)
        return np.mean([m.predict_proba(X) for m in self.members_], axis=0)

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest label of each sequence, (n_sequences,)."""
        return self.classes_[self.predict_proba(X).argmax(1)]

    def score(self, X: Any, y: Any) -> float:
        """Return the share of labels that are right."""
        return float(np.mean(self.predict(X) == np.asarray(y)))

    def operations(self) -> dict[str, int]:
        """Return what one step costs all members together."""
        check_is_fitted(self)
        of_each = [m.operations() for m in self.members_]
        return {name: sum(o[name] for o in of_each) for name in of_each[0]}
