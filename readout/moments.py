"""All that ridge regression needs to know of its rows, added up block by block and mergeable."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.linalg import blas


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
    rows : list of (ndarray (k, n_columns), ndarray (k, n_outputs)), or None once there is a Gram matrix
    """

    n_columns: int
    n_outputs: int
    shift: np.ndarray = field(default_factory=lambda: np.zeros(0))
    n: int = 0
    gram: np.ndarray | None = None
    rows: list[tuple[np.ndarray, np.ndarray]] | None = field(default_factory=list)

    def __post_init__(self) -> None:
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

    def add(self, x: np.ndarray, y: np.ndarray) -> None:
        """Add rows x (k, n_columns) with targets y (k, n_outputs); x is float64 and is overwritten."""
        if not len(self.shift):
            self.shift = x.mean(0)
        x -= self.shift
        self.n += len(x)
        self.sum_y += y.sum(0)
        if self.rows is not None and self.n <= self.n_columns:
            self.sum_x += x.sum(0)
            self.rows.append((x.copy(), np.array(y, dtype=np.float64)))
            return
        self._make_gram()
        self.sum_x += self._add_products(x, y)

    def merge(self, other: Moments) -> Moments:
        """Return the moments of both sets of rows."""
        both = Moments(self.n_columns, self.n_outputs, self.shift)
        if self.rows is not None and other.rows is not None:
            for part in (self, other):
                for x, y in part.rows or ():
                    both.add(x + part.shift, y)
            return both
        both._make_gram()
        assert both.gram is not None
        for part in (self.with_gram(), other.with_gram()):
            moved = part.shift - both.shift
            cross = np.outer(part.sum_x, moved)
            both.gram += part.gram
            both.gram += np.triu(cross + cross.T + part.n * np.outer(moved, moved))
            both.xy += part.xy + np.outer(moved, part.sum_y)
            both.sum_x += part.sum_x + part.n * moved
            both.sum_y += part.sum_y
            both.n += part.n
        return both

    def without(self, part: Moments) -> Moments:
        """Return the moments of the other rows than those of `part`, which are among these, about the same shift."""
        assert self.gram is not None
        left = part.with_gram()
        others = Moments(self.n_columns, self.n_outputs, self.shift, self.n - part.n, self.gram - left.gram, None)
        others.sum_x, others.sum_y, others.xy = self.sum_x - left.sum_x, self.sum_y - left.sum_y, self.xy - left.xy
        return others

    def with_gram(self) -> Moments:
        """Return these moments with the Gram matrix in place of the rows."""
        if self.rows is None:
            return self
        same = Moments(self.n_columns, self.n_outputs, self.shift, self.n, None, self.rows)
        same.sum_x, same.sum_y = self.sum_x, self.sum_y
        same._make_gram()
        return same

    def mean(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean row and the mean target."""
        return self.shift + self.sum_x / self.n, self.sum_y / self.n

    def scale(self) -> np.ndarray:
        """Return the standard deviation of each column; infinity, and so no weight, where it does not move."""
        if self.rows is not None:
            squares = sum((x * x).sum(0) for x, _ in self.rows)
        else:
            assert self.gram is not None
            squares = np.diag(self.gram)
        variance = squares / self.n - (self.sum_x / self.n) ** 2
        scale = np.sqrt(np.maximum(variance, 0))
        return np.where(scale > 1e-6 * scale.max(initial=0), scale, np.inf) if scale.any() else np.ones_like(scale)

    def centred(self) -> tuple[np.ndarray, np.ndarray]:
        """Return Gram matrix and products with the targets about the mean; needs the Gram matrix."""
        assert self.gram is not None
        mean = self.sum_x / self.n
        upper = np.triu(self.gram - self.n * np.outer(mean, mean))
        return upper + np.triu(upper, 1).T, self.xy - np.outer(mean, self.sum_y)

    def _make_gram(self) -> None:
        if self.gram is None:
            self.gram = np.zeros((self.n_columns, self.n_columns), order="F")
            for x, y in self.rows or ():
                self._add_products(x, y)
            self.rows = None

    def _add_products(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Add the products of rows x with themselves and with y; return the sum of x, which comes along free."""
        # symmetric rank-k update: half the work of a matrix product
        self.gram = blas.dsyrk(1.0, x.T, beta=1.0, c=self.gram, overwrite_c=1)
        right = x.T @ np.column_stack([y, np.ones(len(x))])
        self.xy += right[:, :-1]
        return right[:, -1]
