"""What a network is asked for: a label for each sequence, a label for each step, or values for each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from millpond.reservoir import checks


@dataclass(frozen=True)
class Targets:
    """Targets in numbers.

    Attributes
    ----------
    task : {"label", "labels", "values"}
        One label a sequence, one a step, or values at each step.
    classes : ndarray (n_classes,)
        The labels in order; empty for values.
    each : list of ndarray
        For each sequence the index of its class (), of the class at each step (n_steps,), or values
        (n_steps, n_outputs) of mean 0 and standard deviation 1.
    asked : list of ndarray (n_steps,) of bool
        Which steps count; empty where each sequence has one label.
    mean, scale : ndarray (n_outputs,)
        values = each * scale + mean.
    n_outputs : int
    """

    task: str
    classes: np.ndarray
    each: list[np.ndarray]
    asked: list[np.ndarray]
    mean: np.ndarray
    scale: np.ndarray
    n_outputs: int


def understood(y: Any, lengths: list[int]) -> Targets:
    """Return what `y` asks for, for sequences of `lengths`.

    One entry for each sequence: labels. One array for each sequence: labels of its steps where it holds whole
    numbers or strings (n_steps,), values where it holds floats or has two dimensions. Steps of which anything is
    masked (`numpy.ma`) are not asked about.

    Raises
    ------
    InputError
        Missing, of a number or a length that does not fit, not finite, of a single class, or masked throughout.
    """
    if y is None:
        raise checks.InputError("y is None, but training needs targets; give labels, or an array for each sequence")
    if np.ndim(y[0]) == 0 and not (len(lengths) == 1 and len(y) == lengths[0]):
        labels = checks.per_sequence("y", y, len(lengths))
        classes, each = _classes(labels)
        return Targets("label", classes, list(each), [], np.zeros(0), np.ones(0), len(classes))
    arrays = [np.ma.asarray(a) for a in ([y] if np.ndim(y[0]) == 0 or _is_single(y, lengths) else y)]
    if [len(a) for a in arrays] != list(lengths):
        i = next((i for i, (a, n) in enumerate(zip(arrays, lengths, strict=False)) if len(a) != n), len(arrays))
        raise checks.InputError(
            f"y has {len(arrays)} entries and X {len(lengths)} sequences, which differ at sequence {i} in number or "
            "steps; give a row of y for each step of X"
        )
    asked = [~np.ma.getmaskarray(a).reshape(len(a), -1).any(1) for a in arrays]
    for i, steps in enumerate(asked):
        if not steps.any():
            raise checks.InputError(f"y of sequence {i} has a masked value at every step; leave the sequence out")
    every, ends = np.concatenate(asked), np.cumsum(lengths)[:-1]
    if arrays[0].ndim == 1 and arrays[0].dtype.kind in "iubU":
        classes, index = _classes(np.concatenate([a.data for a in arrays])[every])
        joined = np.zeros(len(every), np.int32)
        joined[every] = index
        return Targets("labels", classes, np.split(joined, ends), asked, np.zeros(0), np.ones(0), len(classes))
    values = checks.signals([np.ma.filled(a, 0).reshape(len(a), -1) for a in arrays])
    rows = np.concatenate(values)
    mean, scale = rows[every].mean(0), rows[every].std(0)
    scale = np.where(scale > 1e-12 * np.abs(mean), scale, 1.0)  # a constant, but for its rounding errors, stays
    of_steps = [(v - mean) / scale for v in values]
    return Targets("values", np.zeros(0), of_steps, asked, mean, scale, rows.shape[1])


def _is_single(y: Any, lengths: list[int]) -> bool:
    """Return whether y is one array (n_steps, n_outputs) for one sequence."""
    return isinstance(y, np.ndarray) and y.ndim == 2 and len(lengths) == 1 and len(y) == lengths[0]


def _classes(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    classes, index = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise checks.InputError(f"y holds the single class {classes[0]!r}; give at least two")
    return classes, index.astype(np.int32)
