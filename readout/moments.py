"""All that ridge regression needs to know of its rows, added up block by block and mergeable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.linalg import blas

_EPS = float(np.finfo(float).eps)
_ROUNDINGS = 16  # a column that moves by fewer rounding errors of its own mean is constant


@dataclass
class Moments:
    """Sums over rows x (n_columns) and their targets y (n_outputs).

    While there are fewer rows than columns the rows themselves are kept; from then on their Gram matrix,
    which is smaller. Sums are taken about `shift`, a row close to the mean: about zero, states with a
    large constant part would lose their digits when the mean is taken out.

    Attributes
    ----------
    shift : ndarray (n_columns,)
        Empty before the first row.
    n : int
        Number of rows.
    sum_x, sum_y : ndarray (n_columns,), (n_outputs,)
    xy : ndarray (n_columns, n_outputs)
    gram : ndarray (n_columns, n_columns) or None
        Its upper triangle alone is filled.
    rows : list of (ndarray (k, n_columns), ndarray (k, n_outputs), ndarray (k,)), or None once there is a Gram matrix
        Rows about the shift, their targets, and the roots of their weights.
    eps : float
        Relative rounding error of the numbers that the rows were stored in.
    weight : float
        Sum of the weights of the rows; without weights their number.
    cancelled : ndarray (n_columns,)
        Sums of squares that `without` subtracted from: their rounding error remains.
    """

    n_columns: int
    n_outputs: int
    shift: np.ndarray = field(default_factory=lambda: np.zeros(0))
    n: int = 0
    gram: np.ndarray | None = None
    rows: list[tuple[np.ndarray, np.ndarray, np.ndarray]] | None = field(default_factory=list)
    eps: float = _EPS

    def __post_init__(self) -> None:
        self.weight: float = self.n
        self.cancelled = np.zeros(self.n_columns)
        self.sum_x = np.zeros(self.n_columns)
        self.sum_y = np.zeros(self.n_outputs)
        self.xy = np.zeros((self.n_columns, self.n_outputs))

    def __getstate__(self) -> dict[str, Any]:
        """Return what is sent to another process: of the Gram matrix the half that is filled."""
        half = None if self.gram is None else np.concatenate([c[: k + 1] for k, c in enumerate(self.gram.T)])
        return vars(self) | {"gram": half}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        if self.gram is not None:
            half, self.gram = self.gram, np.zeros((self.n_columns, self.n_columns), order="F")
            ends = np.cumsum(np.arange(1, self.n_columns + 1))
            for k, column in enumerate(np.split(half, ends[:-1])):
                self.gram[: k + 1, k] = column

    def add(self, x: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None) -> None:
        """Add rows x (k, n_columns) with targets y (k, n_outputs) and weights (k,); x is float64 and is overwritten."""
        if not len(self.shift):
            self.shift = x.mean(0)
        x -= self.shift
        root = np.ones(len(x)) if weight is None else np.sqrt(weight)
        self.n += len(x)
        self.weight += len(x) if weight is None else float(weight.sum())
        self.sum_y += y.sum(0) if weight is None else weight @ y
        if self.rows is not None and self.n <= self.n_columns:
            self.sum_x += x.sum(0) if weight is None else weight @ x
            self.rows.append((x.copy(), np.array(y, dtype=np.float64), root))
            return
        self._make_gram()
        self.sum_x += self._add_products(x, y, root)

    def merge(self, other: Moments) -> Moments:
        """Return the moments of both sets of rows."""
        both = Moments(self.n_columns, self.n_outputs, self.shift, eps=max(self.eps, other.eps))
        if self.rows is not None and other.rows is not None:
            for part in (self, other):
                for x, y, root in part.rows or ():
                    both.add(x + part.shift, y, None if (root == 1).all() else root**2)
            return both
        both._make_gram()
        assert both.gram is not None
        for part in (self.with_gram(), other.with_gram()):
            moved = part.shift - both.shift
            cross = np.outer(part.sum_x, moved)
            both.gram += part.gram
            both.gram += np.triu(cross + cross.T + part.weight * np.outer(moved, moved))
            both.xy += part.xy + np.outer(moved, part.sum_y)
            both.sum_x += part.sum_x + part.weight * moved
            both.sum_y += part.sum_y
            both.n += part.n
            both.weight += part.weight
            both.cancelled += part.cancelled
        return both

    def without(self, part: Moments) -> Moments:
        """Return the moments of the other rows than those of `part`, which are among these, about the same shift."""
        assert self.gram is not None
        left, n = part.with_gram(), self.n - part.n
        others = Moments(self.n_columns, self.n_outputs, self.shift, n, self.gram - left.gram, None, self.eps)
        others.weight, others.cancelled = self.weight - left.weight, np.diag(self.gram) + self.cancelled
        others.sum_x, others.sum_y, others.xy = self.sum_x - left.sum_x, self.sum_y - left.sum_y, self.xy - left.xy
        return others

    def with_gram(self) -> Moments:
        """Return these moments with the Gram matrix in place of the rows."""
        if self.rows is None:
            return self
        same = Moments(self.n_columns, self.n_outputs, self.shift, self.n, None, self.rows, self.eps)
        same.weight, same.sum_x, same.sum_y = self.weight, self.sum_x, self.sum_y
        same._make_gram()
        return same

    def mean(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean row and the mean target."""
        return self.shift + self.sum_x / self.weight, self.sum_y / self.weight

    def variance(self) -> np.ndarray:
        """Return the variance of each column; 0 where the column is constant."""
        if self.rows is not None:
            squares = sum(((root[:, None] * x) ** 2).sum(0) for x, _, root in self.rows)
        else:
            assert self.gram is not None
            squares = np.diag(self.gram)
        variance = np.maximum(squares / self.weight - (self.sum_x / self.weight) ** 2, 0)
        largest = np.maximum(squares, self.cancelled) / self.weight
        return np.where(constant(variance, self.mean()[0], largest, self.eps), 0.0, variance)

    def centred(self) -> tuple[np.ndarray, np.ndarray]:
        """Return Gram matrix and products with the targets about the mean; needs the Gram matrix."""
        assert self.gram is not None
        mean = self.sum_x / self.weight
        upper = np.triu(self.gram - self.weight * np.outer(mean, mean))
        return upper + np.triu(upper, 1).T, self.xy - np.outer(mean, self.sum_y)

    def _make_gram(self) -> None:
        if self.gram is None:
            self.gram = np.zeros((self.n_columns, self.n_columns), order="F")
            for x, y, root in self.rows or ():
                self._add_products(x.copy(), y, root)
            self.rows = None

    def _add_products(self, x: np.ndarray, y: np.ndarray, root: np.ndarray) -> np.ndarray:
        """Add the products of weighted rows x with themselves and with y; return their sum, which is then cheap."""
        if (root != 1).any():
            x *= root[:, None]
        # symmetric rank-k update: half the work of a matrix product
        self.gram = blas.dsyrk(1.0, x.T, beta=1.0, c=self.gram, overwrite_c=1)
        right = x.T @ np.column_stack([root[:, None] * y, root])
        self.xy += right[:, :-1]
        return right[:, -1]


def constant(variance: np.ndarray, mean: np.ndarray, squares: np.ndarray, eps: float) -> np.ndarray:
    """Return which columns change by rounding errors alone.

    Each column is compared with its own rounding errors, not with other columns: units do not matter.

    Parameters
    ----------
    variance, mean : ndarray (n_columns,)
    squares : ndarray (n_columns,)
        Mean squares that the variance was computed from by subtraction.
    eps : float
        Relative rounding error of the numbers as they were stored.
    """
    return np.asarray(variance <= _ROUNDINGS * _EPS * squares + (_ROUNDINGS * eps * mean) ** 2)
