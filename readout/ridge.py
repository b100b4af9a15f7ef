"""Ridge regression and classification, in and out of core, mergeable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin, clone
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted

from millpond.readout import linear, selection
from millpond.readout.moments import Moments
from millpond.readout.parts import reduction_of
from millpond.readout.rows import Rows, all_rows, rows_of
from millpond.readout.solve import Problem, check_penalty
from millpond.readout.weights import weighted, weighted_by_class
from millpond.reservoir import checks
from millpond.reservoir.provenance import plain
from millpond.reservoir.threads import few_threads
from millpond.reservoir.workers import WorkerPool, serial


class _RidgeBase(linear.LinearReadout):
    _loss: Any
    _what: str  # the field of a recording that is the target
    _flat = False  # whether y was given without an output axis

    def __init__(self, *, penalty: Any = None, washout: int = 0, standardize: bool = False) -> None:
        self.penalty = penalty
        self.washout = washout
        self.standardize = standardize

    def _fit(self, rows: Rows, targets: Any, n_outputs: int, groups: Any) -> None:
        checks.integer("washout", self.washout)
        fold_of = selection.folds_of(rows, groups, self.washout) if self._chooses else None
        self._choose(
            selection.gather(rows, targets, n_outputs, self.washout, fold_of), fold_of is None,
            lambda candidates, penalties: selection.judged(
                candidates, rows, targets, self.washout, fold_of, penalties, self._loss
            ),
            lambda: all_rows(rows, targets, self.washout),
        )  # fmt: skip

    @property
    def _chooses(self) -> bool:
        """Whether the penalty is selected by cross-validation."""
        penalties = check_penalty(self.penalty)
        return penalties is None or len(penalties) > 1

    def _choose(self, parts: list[Moments], by_row: bool, judge: Any, table: Any = None) -> None:
        """Fit from the moments of each fold; `judge` returns the losses of candidates for penalties.

        `table` returns the rows in one piece, where they are at hand.
        """
        self._moments = selection.merged(parts)
        self.n_features_in_ = self._moments.n_columns
        problem = Problem(self._moments, self.standardize)
        self.validation_ = None
        penalties = check_penalty(self.penalty)
        if penalties is None:
            penalties = selection.RELATIVE_PENALTIES * (problem.level or 1.0)
        k = 0
        if self._chooses and self._moments.n > 1:
            found = selection.losses(
                problem, self._moments, parts, by_row, penalties, self.standardize, self._loss,
                lambda candidates: judge(candidates, penalties),
            )  # fmt: skip
            k = selection.best(found)
            self.validation_ = {"penalties": penalties, "loss": found[:, 0] / self._moments.weight}
        self.penalty_ = float(penalties[k])
        self._solve(problem, table)

    def fit_parts(self, parts: Sequence[Any], groups: Any = None, *, workers: WorkerPool = serial) -> Any:
        """Fit on several parts without moving their rows: workers return sums and evaluate candidate penalties.

        Parameters
        ----------
        parts : list of str or Path, Recording or Sequences
            Recordings or shards, opened by the workers. The training part is used if there is a split.
        groups : array, optional
            One entry for each sequence of all parts, concatenated; penalties are cross-validated over groups.
        workers : callable
            Worker pool (see `reservoir.workers`); the default is this process. The result does not depend on the order.

        Raises
        ------
        InputError
            As `fit`, and if the parts are inconsistent.
        """
        checks.integer("washout", self.washout)
        with workers(None) as run:
            reduction = reduction_of(
                run, parts, self._what, self.washout, groups, self._chooses, getattr(self, "class_weight", None)
            )
            self._per_sequence, self._flat = reduction.per_sequence, reduction.flat
            if reduction.classes is not None:
                self.classes_ = reduction.classes
            self._choose(
                reduction.moments(), reduction.by_row,
                lambda candidates, penalties: reduction.judged(candidates, penalties, self._loss),
            )  # fmt: skip
        return self

    def _solve(self, problem: Problem, table: Any = None) -> None:
        W, b = problem.solve(self.penalty_, table)
        self.coef_, self.intercept_ = np.ascontiguousarray(W.T), b

    def merge(self, other: Any) -> Any:
        """Return the readout fitted on the rows of both, without reading the rows again.

        Ridge needs only sums, which are added. A selected penalty is the sum of both penalties, because the two
        objectives are added. A given penalty is not changed.

        Raises
        ------
        InputError
            The readouts have different types, parameters, or numbers of columns or outputs.
        """
        check_is_fitted(self)
        check_is_fitted(other)
        if type(other) is not type(self) or plain(self.get_params()) != plain(other.get_params()):
            raise checks.InputError(f"{self} cannot be merged with {other}; fit both with the same parameters")
        if other._per_sequence != self._per_sequence:
            raise checks.InputError("one readout was fitted to sequences, the other to rows; fit both on the same kind")
        if other.n_features_in_ != self.n_features_in_:
            raise checks.InputError(
                f"one readout has {self.n_features_in_} columns, the other {other.n_features_in_}; fit both on the same"
            )
        both = clone(self)
        both.n_features_in_, both._per_sequence = self.n_features_in_, self._per_sequence
        both._moments = self._merged_moments(other, both)
        given = self.penalty is not None and np.size(self.penalty) == 1
        both.penalty_ = self.penalty_ if given else self.penalty_ + other.penalty_
        both.validation_, both._flat = None, self._flat
        both._solve(Problem(both._moments, both.standardize))
        return both

    def _merged_moments(self, other: Any, both: Any) -> Moments:
        if self._moments.n_outputs != other._moments.n_outputs:
            raise checks.InputError(
                f"one readout has {self._moments.n_outputs} outputs, the other {other._moments.n_outputs}; "
                "fit both on the same targets"
            )
        return self._moments.merge(other._moments)


class Ridge(RegressorMixin, _RidgeBase):
    """Linear regression with a penalty on the size of the weights.

    Sequences on disk are processed out of core. The memory contains a few Gram matrices (n_columns^2 float64 each, or
    the rows if they are fewer), one for each validation fold if a penalty is selected, and a block of rows.

    Parameters
    ----------
    penalty : float, list of float or None
        Added to the diagonal of the Gram matrix: lambda in ``sum |y - W x - b|^2 + lambda |W|^2``. From a list,
        the best in cross-validation is selected. None tries thirteen decades around the mean diagonal.
    washout : int
        Number of rows at the start of each sequence (or table) that are not used in training.
    standardize : bool
        Divide each column by its standard deviation for the fit; ``coef_`` is for columns as given.

    Attributes
    ----------
    coef_ : ndarray (n_outputs, n_columns)
    intercept_ : ndarray (n_outputs,)
    penalty_ : float
    validation_ : dict or None
        The tried ``penalties`` and the mean validation ``loss`` of each.

    Examples
    --------
    >>> t = np.arange(20.0)[:, None]
    >>> Ridge(penalty=0).fit(t, 3 * t[:, 0] + 1).predict([[100.0]]).round(6)
    array([301.])
    """

    _loss = staticmethod(selection.squared_error)
    _what = "targets"

    def fit(self, X: Any, y: Any = None, groups: Any = None, sample_weight: Any = None) -> Ridge:
        """Fit the readout to targets.

        Parameters
        ----------
        X : ndarray (n_rows, n_columns), list of ndarray (n_steps, n_columns), Sequences or Recording
        y : ndarray (n_rows,) or (n_rows, n_outputs); for sequences a list of arrays (n_steps, ...), or a number each
            The default is the targets of the recording.
        groups : array, optional
            One entry for each sequence (for a table: each row). Penalties are cross-validated over groups.
        sample_weight : array, optional
            Weight of the squared error of each sequence (for a table: each row); a weight of 2 is the same as the
            sample twice in one group.
        """
        X, y = linear.given(X, y, self._what)
        rows = weighted(rows_of(X), sample_weight)
        targets, self._per_sequence = linear.per_step(rows, y, linear.real_targets)
        first = np.asarray(y) if rows.is_table or self._per_sequence else np.asarray(y[0])
        self._flat = first.ndim == 1
        with few_threads(rows.n_elements):
            self._fit(rows, targets, targets[0][0:1].shape[1], groups)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return R^2 (mean over outputs) over rows, sequences, or all steps, as fitted."""
        predicted, y = linear.joined(self.predict(X), getattr(X, "targets", None) if y is None else y)
        return float(r2_score(y, predicted, sample_weight=sample_weight))

    def predict(self, X: Any) -> Any:
        """Return the outputs for X, shaped as the y that was fitted."""
        rows, outputs = self._scores(X)
        return self._shaped(rows, [o[:, 0] for o in outputs] if self._flat else outputs)


class RidgeClassifier(linear.LinearClassifier, _RidgeBase):
    """Classification by ridge regression on class indicators; the largest output determines the class.

    Penalties are selected by the number of errors in cross-validation.

    Parameters
    ----------
    penalty, washout, standardize
        As for `Ridge`.
    class_weight : None, "balanced" or dict
        Weight of the rows of each class in the fit and in the selection of a penalty. "balanced" gives all classes the
        same total weight, which helps rare classes. In a dict, missing classes have weight 1.

    Attributes
    ----------
    coef_, intercept_, penalty_, validation_
        As for `Ridge`.
    classes_ : ndarray (n_classes,)
    """

    _loss = staticmethod(selection.error_count)
    _what = "labels"

    def __init__(
        self, *, penalty: Any = None, washout: int = 0, standardize: bool = False, class_weight: Any = None
    ) -> None:
        super().__init__(penalty=penalty, washout=washout, standardize=standardize)
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any = None, groups: Any = None, sample_weight: Any = None) -> RidgeClassifier:
        """Fit the readout to classes.

        Parameters
        ----------
        X : ndarray (n_rows, n_columns), list of ndarray (n_steps, n_columns), Sequences or Recording
        y : array (n_rows,) of labels; for sequences one label each, or a list of arrays (n_steps,)
            The default is the labels of the recording.
        groups : array, optional
            One entry for each sequence (for a table: each row). Penalties are cross-validated over groups.
        sample_weight : array, optional
            As for `Ridge.fit`; multiplies the weight of the class.
        """
        X, y = linear.given(X, y, self._what)
        rows = rows_of(X)
        self.classes_ = linear.classes_of(rows, y)
        targets, self._per_sequence = linear.per_step(rows, y, linear.one_hot(self.classes_), labels=True)
        rows = weighted_by_class(rows, y, self.classes_, self.class_weight, sample_weight)
        with few_threads(rows.n_elements):
            self._fit(rows, targets, len(self.classes_), groups)
        return self

    def _merged_moments(self, other: Any, both: Any) -> Moments:
        both.classes_ = np.union1d(self.classes_, other.classes_)
        return _with_classes(self, both.classes_).merge(_with_classes(other, both.classes_))


def _with_classes(readout: RidgeClassifier, classes: np.ndarray) -> Moments:
    """Return the moments of `readout` with a column of zeros for each class it has not met."""
    old = readout._moments
    place = np.searchsorted(classes, readout.classes_)

    def wide(array: np.ndarray) -> np.ndarray:
        out = np.zeros((*array.shape[:-1], len(classes)))
        out[..., place] = array
        return out

    new = Moments(old.n_columns, len(classes), old.shift, old.n, old.gram, eps=old.eps)
    new.rows = None if old.rows is None else [(x, wide(y), root) for x, y, root in old.rows]
    new.weight, new.cancelled = old.weight, old.cancelled
    new.sum_x, new.sum_y, new.xy = old.sum_x, wide(old.sum_y), wide(old.xy)
    return new
