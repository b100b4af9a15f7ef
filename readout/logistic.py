r"""Multinomial logistic regression on states, in and out of core.

Minimised is the sum over rows of :math:`-\log p_y`, p the softmax of W x + b, plus half the penalty times
:math:`|W|^2`, by L-BFGS (Nocedal and Wright 2006, ch. 7) in standardised columns.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.exceptions import ConvergenceWarning

from millpond.readout import linear, selection
from millpond.readout.moments import constant
from millpond.readout.rows import IN_MEMORY, Rows, blocks, rows_of
from millpond.readout.solve import check_penalty
from millpond.readout.weights import weighted_by_class
from millpond.reservoir import checks

RELATIVE_PENALTIES = 10.0 ** np.arange(-4, 2)
"""The grid of ``penalty=None``, for each row and unit of the columns' variance."""

_IN_MEMORY = IN_MEMORY


class Logistic(linear.LinearClassifier):
    """Logistic regression over two or more classes.

    Parameters
    ----------
    penalty : float, list of float or None
        Weight of half the squared size of W against the summed loss (1 / C of other libraries), for columns
        as they are or, with `standardize`, of unit variance. Of a list, the best on left-out rows is taken;
        None tries six decades around the number of rows times the mean variance.
    washout : int
        Rows dropped at the start of each sequence in training.
    standardize : bool
        Penalise weights of standardised columns; ``coef_`` is for columns as given.
    max_iter : int
        Iterations of L-BFGS.
    class_weight : None, "balanced" or dict
        Weight of the loss of each class, in the fit and in the choice of a penalty. "balanced" gives all classes the
        same total weight, which rare classes need; of a dict, 1 for a class that it does not name.

    Attributes
    ----------
    coef_ : ndarray (n_classes, n_columns)
    intercept_ : ndarray (n_classes,)
    classes_ : ndarray (n_classes,)
    penalty_ : float
    validation_ : dict or None
        ``penalties`` tried and the mean ``loss`` (share of errors) of each on left-out rows.
    n_iter_ : int
    """

    def __init__(
        self, *, penalty: Any = 1.0, washout: int = 0, standardize: bool = False, max_iter: int = 200,
        class_weight: Any = None,
    ) -> None:  # fmt: skip
        self.penalty = penalty
        self.washout = washout
        self.standardize = standardize
        self.max_iter = max_iter
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any = None, groups: Any = None, sample_weight: Any = None) -> Logistic:
        """Fit classes; arguments as for `RidgeClassifier.fit`."""
        X, y = linear.given(X, y, "labels")
        rows = rows_of(X)
        checks.integer("washout", self.washout)
        checks.integer("max_iter", self.max_iter, 1)
        self.classes_ = linear.classes_of(rows, y)
        targets, self._per_sequence = linear.per_step(rows, y, linear.one_hot(self.classes_), labels=True)
        rows = weighted_by_class(rows, y, self.classes_, self.class_weight, sample_weight)
        self.n_features_in_ = rows.n_columns
        data = _Data(rows, targets, self.washout, len(self.classes_), self.standardize)
        penalties = check_penalty(self.penalty)
        if penalties is None:
            level = data.n * (1.0 if self.standardize else float((data.spread**2).mean()) or 1.0)
            penalties = RELATIVE_PENALTIES * level
        self.validation_: dict[str, Any] | None = None
        k = 0
        if len(penalties) > 1:
            k = self._choose(data, rows, groups, penalties)
        self.penalty_ = float(penalties[k])
        theta, self.n_iter_ = data.minimise(self.penalty_, self.max_iter)
        self.coef_, self.intercept_ = data.as_given(theta)
        return self

    def _choose(self, data: _Data, rows: Rows, groups: Any, penalties: np.ndarray) -> int:
        """Return the index of the penalty with the fewest errors over left-out folds."""
        fold_of = selection.folds_of(rows, groups, self.washout)
        if fold_of is None:
            if not rows.is_table:
                raise checks.InputError(
                    "a list of penalties needs held-out sequences, but there is only one sequence; give one penalty"
                )
            fold_of = np.arange(len(rows[0])) % 5
        total = np.zeros((len(penalties), 2))
        order = np.argsort(penalties)[::-1]  # from the strongest on, each start being the last one's end
        for fold in np.unique(fold_of):
            theta = None
            for k in order:
                theta, _ = data.minimise(penalties[k], self.max_iter, theta, fold_of != fold)
                total[k] += data.errors(theta, fold_of == fold)
        self.validation_ = {"penalties": penalties, "loss": total[:, 0] / data.n}
        return selection.best(total)

    def predict_proba(self, X: Any) -> Any:
        """Return the probability (n, n_classes) of each class."""
        rows, outputs = self._scores(X)
        return self._shaped(rows, [softmax(o, axis=1) for o in outputs])


class _Data:
    """Rows at hand or on disk, seen as standardised columns, or where they are few as coordinates in their span.

    Solutions lie in that span: a part of a weight at right angles to all rows changes no output and costs.
    """

    def __init__(self, rows: Rows, targets: Any, washout: int, n_classes: int, standardize: bool) -> None:
        self._source = (rows, targets, washout)
        self.n, self.n_classes, self.n_columns = 0.0, n_classes, rows.n_columns
        sums, squares, self._kept = np.zeros(rows.n_columns), np.zeros(rows.n_columns), []
        shift = rows[0].mean(0).astype(np.float64)
        room = _IN_MEMORY
        for x, y, owner, weight in blocks(*self._source):
            w = np.ones(len(x)) if weight is None else weight
            self.n += w.sum()
            moved = x - shift
            sums, squares = sums + (w[:, None] * moved).sum(0), squares + (w[:, None] * moved**2).sum(0)
            room -= x.nbytes
            if room >= 0:
                self._kept.append((x.copy(), y, owner, w))
        self._fits = room >= 0
        if not self._fits:
            self._kept = []
        self.mean = shift + sums / self.n
        variance = np.maximum(squares / self.n - (sums / self.n) ** 2, 0)
        self.spread = np.sqrt(np.where(constant(variance, self.mean, squares / self.n, rows.eps), 0.0, variance))
        self.scale = np.where(self.spread > 0, self.spread, np.inf)
        if self._fits:
            for x, *_ in self._kept:
                x -= self.mean
                x /= self.scale
        # what a weight costs: that of the standardised column is scale times that of the column as given
        self._cost, self._basis = np.ones(self.n_columns) if standardize else 1 / self.scale**2, None
        if self._fits and standardize and self.n < self.n_columns:
            self._basis, upper = np.linalg.qr(np.concatenate([x for x, *_ in self._kept], dtype=np.float64).T)
            _, y, owner, weight = zip(*self._kept, strict=True)
            self._kept = [(upper.T, np.concatenate(y), np.concatenate(owner), np.concatenate(weight))]
            self._cost = np.ones(len(upper))

    def _parts(self, used: np.ndarray | None) -> Any:
        """Return the blocks (rows, targets, weights) of the owners `used`, which can be iterated repeatedly."""
        if self._fits:
            return [(x, y, w) if used is None else (x[used[o]], y[used[o]], w[used[o]]) for x, y, o, w in self._kept]
        return _OnDisk(self, used)

    def minimise(
        self, penalty: float, max_iter: int, start: np.ndarray | None = None,
        used: np.ndarray | None = None,
    ) -> tuple[np.ndarray, int]:  # fmt: skip
        """Return (weights and intercept (n_classes, n_coordinates + 1), iterations) over the owners `used`."""
        parts, cost = self._parts(used), penalty * self._cost
        shape = (self.n_classes, len(cost) + 1)

        def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
            W, b = flat.reshape(shape)[:, :-1], flat.reshape(shape)[:, -1]
            value, gradient = 0.5 * float((cost * W * W).sum()), np.empty(shape)
            gradient[:, :-1], gradient[:, -1] = cost * W, 0
            for x, y, weight in parts:
                log_p = _log_softmax(x @ W.T + b)
                value -= float((weight[:, None] * y * log_p).sum())
                excess = weight[:, None] * (np.exp(log_p) - y)
                gradient[:, :-1] += excess.T @ x
                gradient[:, -1] += excess.sum(0)
            return value / self.n, gradient.ravel() / self.n

        x0 = np.zeros(shape) if start is None else start
        found = minimize(objective, x0.ravel(), jac=True, method="L-BFGS-B",
                         options={"maxiter": max_iter, "gtol": 1e-6, "ftol": 1e-10})  # fmt: skip
        if not found.success:
            warnings.warn(
                f"L-BFGS stopped after {found.nit} iterations before convergence ({found.message}); raise max_iter",
                ConvergenceWarning, stacklevel=4,
            )  # fmt: skip
        return found.x.reshape(shape), int(found.nit)

    def errors(self, theta: np.ndarray, used: np.ndarray) -> np.ndarray:
        """Return (weight of the wrong rows, summed log loss) over the owners `used`."""
        total = np.zeros(2)
        for x, y, weight in self._parts(used):
            log_p = _log_softmax(x @ theta[:, :-1].T + theta[:, -1])
            total += weight @ (log_p.argmax(1) != y.argmax(1)), -(weight[:, None] * y * log_p).sum()
        return total

    def as_given(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return weights and intercept for columns as they were given."""
        W = (theta[:, :-1] if self._basis is None else theta[:, :-1] @ self._basis.T) / self.scale
        return W, theta[:, -1] - W @ self.mean


class _OnDisk:
    def __init__(self, data: _Data, used: np.ndarray | None) -> None:
        self._data, self._used = data, used

    def __iter__(self) -> Any:
        for x, y, owner, weight in blocks(*self._data._source):
            x = (x - self._data.mean) / self._data.scale
            w = np.ones(len(x)) if weight is None else weight
            own = slice(None) if self._used is None else self._used[owner]
            yield x[own], y[own], w[own]


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    logits -= logits.max(1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))
