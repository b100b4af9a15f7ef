"""How much each row counts in a fit: weights of samples and of classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from millpond.readout.rows import Rows
from millpond.reservoir import checks


@dataclass
class Weights:
    """Weights of rows: that of the owner times that of the class.

    Attributes
    ----------
    samples : ndarray (n_samples,) or None
        One for each sequence, or for each row of a table.
    classes : ndarray (n_classes,) or None
    """

    samples: np.ndarray | None = None
    classes: np.ndarray | None = None

    def of(self, y: np.ndarray, owner: np.ndarray) -> np.ndarray:
        """Return the weights (k,) of rows with the targets y (k, n_outputs) and the owners (k,)."""
        weight = np.ones(len(y)) if self.samples is None else self.samples[owner]
        return weight if self.classes is None else weight * (y @ self.classes)


def weighted(rows: Rows, sample_weight: Any, classes: np.ndarray | None = None) -> Rows:
    """Return `rows` with the weights of samples and classes, None being 1 for each.

    Raises
    ------
    InputError
        A number of weights other than that of sequences (of a table: rows), or weights that are negative or all 0.
    """
    if sample_weight is None and classes is None:
        return rows
    samples = None
    if sample_weight is not None:
        n = len(rows[0]) if rows.is_table else len(rows)
        given = np.asarray(sample_weight)
        given = np.full(n, given) if given.ndim == 0 else given
        samples = checks.per_sequence("sample_weight", given, n, "rows" if rows.is_table else "sequences")
        if samples.dtype.kind not in "biuf" or not np.isfinite(samples).all() or (samples < 0).any():
            raise checks.InputError("sample_weight must be numbers of at least 0; replace the others")
        if not samples.any():
            raise checks.InputError("sample_weight is zero for every sample; give at least one a weight above 0")
        samples = samples.astype(float)
    return Rows(rows.sequences, rows.is_table, rows.names, Weights(samples, classes))


def class_weights(class_weight: Any, classes: np.ndarray, counts: np.ndarray) -> np.ndarray | None:
    """Return the weight (n_classes,) of each class: "balanced" gives each class the same total weight.

    Parameters
    ----------
    class_weight : None, "balanced" or dict
        Of a dict, the value of a class; 1 for one that it does not name.
    classes : ndarray (n_classes,)
    counts : ndarray (n_classes,)
        Samples of each class.

    Raises
    ------
    InputError
        Something else, a class that is not among `classes`, or a weight that is not at least 0.
    """
    if class_weight is None:
        return None
    if isinstance(class_weight, str) and class_weight == "balanced":
        met = counts > 0
        return np.where(met, counts.sum() / (met.sum() * np.where(met, counts, 1)), 1.0)
    if not isinstance(class_weight, Mapping):
        raise checks.InputError(
            f"class_weight is {class_weight!r}, but it must be None, 'balanced' or a dict of classes; give one of these"
        )
    names = classes.tolist()
    for name in class_weight:
        if name not in names:
            raise checks.InputError(f"class_weight names the class {name!r}, but y has {names}; name one of these")
    weights = [checks.number(f"class_weight[{c!r}]", class_weight.get(c, 1.0), 0) for c in names]
    if not any(weights):
        raise checks.InputError("class_weight is 0 for every class; give at least one a weight above 0")
    return np.array(weights)


def weighted_by_class(rows: Rows, y: Any, classes: np.ndarray, class_weight: Any, sample_weight: Any) -> Rows:
    """Return `rows` with the weights of samples and of the classes in the labels y, None being 1 for each."""
    rows = weighted(rows, sample_weight)
    if class_weight is None:
        return rows
    samples = None if rows.weights is None else rows.weights.samples
    return weighted(rows, samples, class_weights(class_weight, classes, class_counts(y, classes, samples)))


def class_counts(y: Any, classes: np.ndarray, sample_weight: Any = None) -> np.ndarray:
    """Return the number of samples (n_classes,) of each class in the labels y, of sequences or of steps.

    With `sample_weight`, one for each entry of y, their sum.
    """
    parts = [np.ravel(part) for part in y]
    labels = np.concatenate(parts)
    weights = None
    if sample_weight is not None:
        weights = np.repeat(np.asarray(sample_weight, float), [len(part) for part in parts])
    return np.bincount(np.searchsorted(classes, labels), weights, len(classes))
