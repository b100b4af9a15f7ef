"""Linear readouts that learn row by row, and never look back: recursive least squares, least mean squares."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score

from millpond.readout import linear, updates
from millpond.readout.rows import Rows, rows_of
from millpond.reservoir import checks


class _OnlineReadout(RegressorMixin, linear.LinearReadout):
    """Base: rows in their order, sequence after sequence, through `_learn`."""

    _flat = False

    def _start(self, n_columns: int, n_outputs: int) -> None:
        """Set what is learnt to where it starts; `_weights` (n_outputs, n_columns + 1) ends with the intercept."""
        raise NotImplementedError

    def _rates(self) -> tuple[Any, ...]:
        """Return the checked parameters that `_learn` takes."""
        raise NotImplementedError

    def _learn(self, x: np.ndarray, y: np.ndarray, said: np.ndarray, *rates: Any) -> None:
        """Learn rows x (n_steps, n_columns + 1); write to `said` what was predicted before each."""
        raise NotImplementedError

    def _restart(self, weights: np.ndarray) -> None:
        """Continue from `weights`, those before a call that diverged."""
        self._weights = weights

    def fit(self, X: Any, y: Any = None) -> Any:
        """Forget everything and learn all rows once, in their order.

        Parameters
        ----------
        X : ndarray (n_rows, n_columns), list of ndarray (n_steps, n_columns), Sequences or Recording
        y : ndarray (n_rows,) or (n_rows, n_outputs); for sequences a list of arrays (n_steps, ...), or a number each
            Left out, the targets of the recording are taken.
        """
        self.__dict__.pop("_weights", None)
        return self.partial_fit(X, y)

    def partial_fit(self, X: Any, y: Any = None) -> Any:
        """Go on with more rows; the parameters are those of `fit`.

        Each call begins its sequences anew, each with a washout; a sequence that comes in parts goes through `step`,
        or has washout 0.
        """
        self.track(X, y)
        return self

    def track(self, X: Any, y: Any = None) -> Any:
        """Go on with more rows; return what was predicted for each before its target was looked at.

        Returns
        -------
        predicted : ndarray, or for sequences a list of ndarray with a row for each step
            Rows of the washout, with which each sequence of each call begins, are predicted and not learnt.
        """
        X, y = linear.given(X, y, "targets")
        rows = rows_of(X)
        targets, self._per_sequence = linear.per_step(rows, y, linear.real_targets)
        first = np.asarray(y) if rows.is_table or self._per_sequence else np.asarray(y[0])
        self._flat = first.ndim == 1
        washout = checks.integer("washout", self.washout)
        outputs = []
        for i in range(len(rows)):
            x = checks.signal(rows[i], rows.names[i], self._n_columns(rows), np.float64, type(self).__name__)
            outputs.append(self._tracked(x, np.asarray(targets[i][0 : len(x)], np.float64), washout))
        outputs = self._like_y(outputs)
        return outputs[0] if rows.is_table else outputs

    def _n_columns(self, rows: Rows) -> int:
        return self.n_features_in_ if hasattr(self, "_weights") else rows.n_columns

    def _tracked(self, x: np.ndarray, y: np.ndarray, washout: int = 0) -> np.ndarray:
        rates = self._rates()
        before = self.__dict__["_weights"].copy() if "_weights" in self.__dict__ else None
        if before is None:
            self._start(x.shape[1], y.shape[1])
            self.n_features_in_ = x.shape[1]
        if y.shape[1] != len(self._weights):
            raise checks.InputError(
                f"y has {y.shape[1]} outputs, but this readout has {len(self._weights)}; call fit to start again"
            )
        said = np.empty(y.shape)
        np.matmul(x[:washout], self.coef_.T, out=said[:washout])
        said[:washout] += self.intercept_
        with_one = np.column_stack([x[washout:], np.ones(len(x[washout:]))])
        self._learn(with_one, np.ascontiguousarray(y[washout:]), said[washout:], *rates)
        if not np.isfinite(self._weights).all():
            del self._weights
            if before is not None:
                self._restart(before)
            raise checks.InputError(f"{type(self).__name__} diverged: its weights are not finite; {self._remedy}")
        return said

    def step(self, x: Any, y: Any) -> np.ndarray:
        """Learn one row x (n_columns,) with target y (n_outputs,); return what was predicted before (n_outputs,).

        A row does not tell where its sequence began: there is no washout here.
        """
        x = checks.signal(np.reshape(x, (1, -1)), "the row", getattr(self, "n_features_in_", None))
        self._per_sequence = False
        return self._tracked(x, checks.signal(np.reshape(y, (1, -1)), "the target"))[0]

    @property
    def coef_(self) -> np.ndarray:  # type: ignore[override]
        """Weights (n_outputs, n_columns)."""
        return self._known()[:, :-1]

    @property
    def intercept_(self) -> np.ndarray:  # type: ignore[override]
        """Offsets (n_outputs,)."""
        return self._known()[:, -1]

    def _known(self) -> np.ndarray:
        if "_weights" not in self.__dict__:  # an AttributeError, by which scikit-learn knows what is not fitted
            raise AttributeError(f"this {type(self).__name__} is not fitted yet")
        return self._weights

    def __sklearn_is_fitted__(self) -> bool:
        return "_weights" in self.__dict__

    def _like_y(self, outputs: list[np.ndarray]) -> list[np.ndarray]:
        return [o[:, 0] for o in outputs] if self._flat else outputs

    def predict(self, X: Any) -> Any:
        """Return the outputs for X, shaped as the y that was learnt."""
        rows, outputs = self._scores(X)
        return self._shaped(rows, self._like_y(outputs))

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return R^2 (mean over outputs) over rows, sequences, or all steps, as learnt."""
        predicted, y = linear.joined(self.predict(X), getattr(X, "targets", None) if y is None else y)
        return float(r2_score(y, predicted, sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    _weights: np.ndarray
    _remedy = ""


class RLS(_OnlineReadout):
    r"""Recursive least squares: after each row, the weights that ridge regression would have.

    They minimise :math:`\sum_t \lambda^{T - t} |y_t - W x_t - b|^2 + \lambda^T \alpha (|W|^2 + |b|^2)` with forgetting
    :math:`\lambda` and penalty :math:`\alpha`, by rank-one corrections of the inverse correlation matrix
    (Haykin 2002, Adaptive Filter Theory, chapter 9); O(n_columns^2) a row.

    Parameters
    ----------
    penalty : float
        alpha > 0; weak ones learn fast and are less well conditioned.
    forgetting : float
        lambda in (0, 1]: the weight of a row after one more; 1 / (1 - lambda) rows are remembered. Where rows leave a
        direction unused for long, as in silence, the penalty in that direction is restored: it does not fade to 0.
    washout : int
        Rows at the start of each sequence that `fit`, `partial_fit` and `track` do not learn; `step` learns all.

    Attributes
    ----------
    coef_ : ndarray (n_outputs, n_columns)
    intercept_ : ndarray (n_outputs,)

    Examples
    --------
    >>> t = np.arange(20.0)[:, None]
    >>> RLS().fit(t, 3 * t[:, 0] + 1).predict([[100.0]]).round(3)
    array([301.])
    """

    _remedy = "raise penalty or forgetting"

    def __init__(self, *, penalty: float = 1e-6, forgetting: float = 1.0, washout: int = 0) -> None:
        self.penalty = penalty
        self.forgetting = forgetting
        self.washout = washout

    def _start(self, n_columns: int, n_outputs: int) -> None:
        checks.number("penalty", self.penalty, above=0)
        self._restart(np.zeros((n_outputs, n_columns + 1)))

    def _restart(self, weights: np.ndarray) -> None:
        n = weights.shape[1]
        self._weights, self._n_seen = weights, 0
        self._P, self._late = np.eye(n) / self.penalty, np.zeros((3, n))
        self._late[2] = 1.0

    def _rates(self) -> tuple[Any, ...]:
        return (checks.number("forgetting", self.forgetting, 0, 1, above=0),)

    def _learn(self, x: np.ndarray, y: np.ndarray, said: np.ndarray, *rates: Any) -> None:
        (forgetting,) = rates
        start, every = 0, _rows_between_checks(forgetting)
        while start < len(x):
            stop = min(len(x), start + every - self._n_seen % every)
            part = slice(start, stop)
            updates.least_squares(self._P, self._late, self._weights, x[part], y[part], forgetting, said[part])
            self._n_seen, start = self._n_seen + stop - start, stop
            if not self._n_seen % every:
                updates.bounded(self._P, self._late, 1 / self.penalty)


def _rows_between_checks(forgetting: float) -> int:
    """Return the rows in which forgetting enlarges P a hundredfold at most."""
    return sys.maxsize if forgetting == 1 else max(1, int(np.log(100.0) / -np.log(forgetting)))


class LMS(_OnlineReadout):
    r"""Least mean squares: a step down the gradient of each row's squared error.

    .. math:: W \leftarrow \lambda W + \eta\, (y - W x - b)\, x^T

    (Widrow and Hoff 1960), and with `normalize` the step divided by :math:`|x|^2 + 1` (the 1 is the intercept's
    column): it is then stable for rates below 2. O(n_columns) a row.

    Parameters
    ----------
    learning_rate : float
        eta.
    forgetting : float
        lambda in (0, 1]: below 1, weights that nothing holds up fade ("leaky" LMS).
    normalize : bool
    washout : int
        Rows at the start of each sequence that `fit`, `partial_fit` and `track` do not learn; `step` learns all.

    Attributes
    ----------
    coef_ : ndarray (n_outputs, n_columns)
    intercept_ : ndarray (n_outputs,)
    """

    _remedy = "lower learning_rate, or set normalize=True"

    def __init__(
        self, *, learning_rate: float = 0.1, forgetting: float = 1.0, normalize: bool = True, washout: int = 0
    ) -> None:
        self.learning_rate = learning_rate
        self.forgetting = forgetting
        self.normalize = normalize
        self.washout = washout

    def _start(self, n_columns: int, n_outputs: int) -> None:
        self._weights = np.zeros((n_outputs, n_columns + 1))

    def _rates(self) -> tuple[Any, ...]:
        forgetting = checks.number("forgetting", self.forgetting, 0, 1, above=0)
        return checks.number("learning_rate", self.learning_rate, above=0), forgetting, bool(self.normalize)

    def _learn(self, x: np.ndarray, y: np.ndarray, said: np.ndarray, *rates: Any) -> None:
        rate, forgetting, normalize = rates
        updates.mean_squares(self._weights, x, y, rate, forgetting, normalize, said)
