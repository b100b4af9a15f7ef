"""What all linear readouts share: targets in, predictions out, for tables and for sequences."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted, column_or_1d

from millpond.readout.rows import Repeated, Rows, rows_of
from millpond.recording import Recording
from millpond.reservoir import Sequences, checks
from millpond.reservoir.arrays import array as as_array
from millpond.reservoir.arrays import is_array


class LinearReadout(BaseEstimator):
    """Base of the readouts: ``coef_`` (n_outputs, n_columns) and ``intercept_`` (n_outputs,).

    Fitted on a table (2-D X), it predicts one value for each row. Fitted on sequences with one target or
    label each, every step learns that target, and the prediction for a sequence is the mean of its steps'
    (after the washout). Fitted on sequences with targets at each step, it predicts at each step.
    """

    washout: int
    coef_: np.ndarray
    intercept_: np.ndarray

    def _scores(self, X: Any) -> tuple[Rows, list[np.ndarray]]:
        """Return the linear outputs (n_steps, n_outputs) of each sequence, or (1, n_outputs) its mean."""
        check_is_fitted(self)
        rows = rows_of(X)
        outputs = []
        for i in range(len(rows)):
            x = checks.signal(rows[i], rows.names[i], self.n_features_in_, np.float64, type(self).__name__)
            if self._per_sequence and not rows.is_table:
                if self.washout >= len(x):
                    raise checks.InputError(
                        f"{rows.names[i]} has {len(x)} steps, but washout is {self.washout}; drop that sequence"
                    )
                x = x[self.washout :].mean(0, keepdims=True)
            outputs.append(x @ self.coef_.T + self.intercept_)
        return rows, outputs

    def _shaped(self, rows: Rows, outputs: list[np.ndarray]) -> Any:
        """Return a table's outputs, one row for each sequence, or a list with those of each step."""
        if rows.is_table:
            return outputs[0]
        return np.concatenate(outputs) if self._per_sequence else outputs


class LinearClassifier(ClassifierMixin, LinearReadout):
    """Base of the classifiers: the largest output names the class, one of ``classes_``."""

    classes_: np.ndarray

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return the share of right predictions: of rows, of sequences, or of all steps, as fitted."""
        predicted, y = joined(self.predict(X), getattr(X, "labels", None) if y is None else y)
        return float(accuracy_score(y, predicted, sample_weight=sample_weight))

    def decision_function(self, X: Any) -> Any:
        """Return the outputs (n, n_classes), or for two classes their difference (n,)."""
        rows, outputs = self._scores(X)
        if len(self.classes_) == 2:
            outputs = [o[:, 1] - o[:, 0] for o in outputs]
        return self._shaped(rows, outputs)

    def predict(self, X: Any) -> Any:
        """Return the class of each row, each sequence, or each step, as the y that was fitted."""
        rows, outputs = self._scores(X)
        return self._shaped(rows, [self.classes_[o.argmax(1)] for o in outputs])


def joined(predicted: Any, y: Any) -> tuple[np.ndarray, Any]:
    """Return predictions and targets end to end, where they come as a list with an array for each sequence."""
    return (np.concatenate(predicted), np.concatenate(list(y))) if isinstance(predicted, list) else (predicted, y)


def given(X: Any, y: Any, what: str) -> tuple[Any, Any]:
    """Return X and y, taken from a recording or `Sequences` where y is left out.

    `what` names the field they come from: "labels" or "targets". A recording with a split gives its
    training part alone.
    """
    if isinstance(X, Recording | Sequences):
        if y is None and X.split is not None and (X.split != "train").any():
            X = X.part("train") if isinstance(X, Recording) else X[X.split == "train"]
        y = getattr(X, what) if y is None else y
    if y is None:
        raise checks.InputError(
            f"y is missing: this estimator requires y to be passed, but the target y is None, and X has no {what}"
        )
    return X, as_array(y, "y") if is_array(y) else y


def per_step(rows: Rows, y: Any, convert: Any, labels: bool = False) -> tuple[Any, bool]:
    """Return targets for each sequence of `rows` and whether y has one entry for each.

    `convert` turns an array of values into the array (n, n_outputs) that is fitted.
    """
    if rows.is_table:
        values = np.asarray(y)
        if labels and values.ndim == 2:
            values = column_or_1d(values, warn=True)
        if values.ndim == 0 or len(values) != len(rows[0]):
            raise checks.InputError(
                f"X has {len(rows[0])} rows, but y has shape {values.shape}; give one entry of y for each row"
            )
        return [convert(values)], False
    if len(y) != len(rows):
        raise checks.InputError(f"X has {len(rows)} sequences, but y has {len(y)} entries; give one for each")
    if np.ndim(y[0]) == 0:
        return Repeated(convert(np.asarray(y))), True
    if _one_row_each(rows, y):
        if labels and y.shape[1] > 1:
            raise checks.InputError(
                f"y has shape {y.shape}, but a classifier needs one label for each sequence; give {len(rows)} labels, "
                "or a list with an array of labels (n_steps,) for each sequence"
            )
        return Repeated(convert(y.ravel() if labels else y)), True
    targets = [convert(np.asarray(target)) for target in y]
    for i, target in enumerate(targets):
        if len(target) != rows.n_steps(i):
            raise checks.InputError(
                f"{rows.names[i]} has {len(rows[i])} steps, but its y has {len(target)}; give one row of y per step"
            )
    return targets, False


def _one_row_each(rows: Rows, y: Any) -> bool:
    """Return whether y is an array (n_sequences, k) of k targets for each sequence, not of a target for each step."""
    table = isinstance(y, np.ndarray) and y.ndim == 2
    return table and any(rows.n_steps(i) != y.shape[1] for i in range(len(rows)))


def real_targets(values: np.ndarray) -> np.ndarray:
    """Return regression targets as a finite float array (n, n_outputs)."""
    if values.dtype.kind == "c":
        raise checks.InputError("y is complex, but real numbers are needed; give its real and imaginary parts apart")
    if values.dtype.kind not in "fiub":
        try:
            values = values.astype(float)
        except (TypeError, ValueError):
            raise checks.InputError(f"y has dtype {values.dtype}, but numbers are needed; convert it") from None
    values = values.reshape(len(values), -1).astype(np.float64)
    checks.finite(values, "y")
    return values


def classes_of(rows: Rows, y: Any) -> np.ndarray:
    """Return the sorted classes in y, one entry for each row or sequence, or an array for each sequence."""
    parts = [np.asarray(y)] if rows.is_table or not len(y) or np.ndim(y[0]) == 0 else [np.asarray(v) for v in y]
    for part in parts:
        if part.dtype.kind == "f":
            if not np.isfinite(part).all():
                raise checks.InputError("y contains NaN or infinity, so a label is missing; give every row one")
            if (part != np.round(part)).any():
                raise checks.InputError(
                    "Unknown label type: y holds fractions, but labels are classes; use Ridge for values"
                )
    for i, label in enumerate(y if len(parts) == 1 else ()):
        if label is None or (isinstance(label, float) and label != label):
            raise checks.InputError(f"a label is missing ({label} at {i}); give every row or sequence one")
    if rows.is_table and parts[0].ndim == 2 and parts[0].shape[1] == 1:
        parts = [parts[0].ravel()]
    found = np.unique(np.concatenate([np.ravel(p) for p in parts]))
    if len(found) < 2:
        raise checks.InputError(
            f"y holds 1 class ({found[0]!r}), but the number of classes has to be greater than one; add another class"
        )
    return found


def one_hot(classes: np.ndarray) -> Any:
    """Return the function that turns labels (n,) into indicators (n, n_classes)."""
    return lambda labels: (np.asarray(labels).reshape(-1, 1) == classes).astype(np.float64)
