"""What a readout is trained on, as one stream of rows: arrays, lists of sequences, recordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from millpond.recording import Recording
from millpond.recording.reader import Ragged
from millpond.reservoir import Sequences, checks
from millpond.reservoir.arrays import n_dimensions, unpacked
from millpond.reservoir.sequences import flat

if TYPE_CHECKING:
    from millpond.readout.weights import Weights

IN_MEMORY = 2**28  # bytes of rows kept at hand; more are read again in every pass
BLOCK = 512  # rows in memory at a time: 4 MB at 1000 columns, which the third cache holds


@dataclass
class Rows:
    """The rows of a training or test set.

    Attributes
    ----------
    sequences : sequence of ndarray (n_steps, n_columns)
        In memory or read from disk one at a time.
    is_table : bool
        One 2-D array was given: its rows are samples (and, for washout, one series).
    names : sequence of str
        How errors call each sequence.
    weights : Weights or None
        How much each row counts in a fit; all the same if None.
    """

    sequences: Sequence[np.ndarray] | Ragged
    is_table: bool
    names: Sequence[str]
    weights: Weights | None = None

    @property
    def n_columns(self) -> int:
        """Number of columns of every row."""
        return np.shape(self.sequences[0])[1]

    @property
    def n_elements(self) -> int:
        """Number of values of all rows."""
        return self.n_columns * sum(map(self.n_steps, range(len(self))))

    def __getitem__(self, i: int) -> np.ndarray:
        x = self.sequences[i]
        return x if self.is_table else checks.signal(x, self.names[i], dtype=_float(x))  # a table is checked already

    @property
    def eps(self) -> float:
        """Relative rounding error of the numbers that the rows are stored in."""
        return float(np.finfo(np.float32 if _float(self.sequences[0]) == np.float32 else np.float64).eps)

    def n_steps(self, i: int) -> int:
        """Return the number of rows of sequence i; one on disk is not read for that."""
        lengths = getattr(self.sequences, "lengths", None)
        return len(self.sequences[i]) if lengths is None else int(lengths[i])

    def __len__(self) -> int:
        return len(self.sequences)


def rows_of(X: Any) -> Rows:
    """Return the rows of a table, a list, a 3-D array, `Sequences` or a `Recording`."""
    if isinstance(X, Recording):
        return Rows(X.states, False, [f"sequence {i} of {X.path}" for i in range(len(X))])
    X = X.signals if isinstance(X, Sequences) else unpacked(flat(X))
    if isinstance(X, np.ndarray) and X.ndim == 3 and len(X):
        return Rows(list(X), False, _Numbered())
    is_set = not isinstance(X, np.ndarray) and not hasattr(X, "toarray") and hasattr(X, "__getitem__")
    if is_set and not isinstance(X, str | bytes | dict) and len(X) and n_dimensions(X[0]) == 2:
        return Rows(X, False, _Numbered())
    return Rows(checks.signals(X, dtype=_float(X)), True, ["X"])


def blocks(
    rows: Rows, targets: Any, washout: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]]:
    """Yield (rows, their targets, their owners, their weights), float64, at most `BLOCK` rows at a time.

    `targets[i]` is the array (n_steps, n_outputs) of sequence i. The owner of a row is its sequence, or in
    a table the row itself. Weights are None where all rows count the same; rows of weight 0 are left out. The yielded
    rows are in a buffer, which the caller may overwrite and the next block fills again.
    """
    for x, y, owner in _unweighted(rows, targets, washout):
        if rows.weights is None:
            yield x, y, owner, None
            continue
        weight = rows.weights.of(y, owner)
        kept = weight > 0
        if kept.any():
            yield x[kept], y[kept], owner[kept], weight[kept]


def all_rows(
    rows: Rows, targets: Any, washout: int, most: int = IN_MEMORY
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return rows, targets and roots of the weights in one piece, or None where the rows take over `most` bytes."""
    if 8 * rows.n_elements > most:
        return None
    found = [(x.copy(), y, np.ones(len(x)) if w is None else w) for x, y, _, w in blocks(rows, targets, washout)]
    x, y, weight = (np.concatenate(part) for part in zip(*found, strict=True))
    return x, y, np.sqrt(weight)


def _unweighted(rows: Rows, targets: Any, washout: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    buffer = np.empty((BLOCK, rows.n_columns))
    used = 0
    held: list[tuple[np.ndarray, np.ndarray]] = []
    for i in range(len(rows)):
        x, y = rows[i], targets[i]
        if washout >= len(x):
            raise checks.InputError(
                f"{rows.names[i]} has {len(x)} steps, but washout is {washout}; lower it or drop that sequence"
            )
        start = washout
        while start < len(x):
            n = min(len(x) - start, len(buffer) - used)
            buffer[used : used + n] = x[start : start + n]
            held.append((y[start : start + n], np.arange(start, start + n) if rows.is_table else np.full(n, i)))
            start, used = start + n, used + n
            if used == len(buffer):
                yield buffer, *_joined(held)
                used, held = 0, []
    if used:
        yield buffer[:used], *_joined(held)


class Repeated:
    """Targets of sequences that have one row of values each: item i gives that row at every step."""

    def __init__(self, values: np.ndarray) -> None:
        self._values = values

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, i: int) -> Any:
        return _Same(self._values[i])


class _Same:
    def __init__(self, value: np.ndarray) -> None:
        self._value = value

    def __getitem__(self, steps: slice) -> np.ndarray:
        return np.broadcast_to(self._value, (steps.stop - steps.start, len(self._value)))


class _Numbered(Sequence):
    def __getitem__(self, i: Any) -> Any:
        return f"sequence {i}"

    def __len__(self) -> int:
        raise TypeError("an unlimited sequence of names has no length")


def _joined(held: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate([y for y, _ in held]), np.concatenate([i for _, i in held])


def _float(X: Any) -> np.dtype:
    return np.dtype(np.float32 if getattr(X, "dtype", None) == np.float32 else np.float64)


def concat(inputs: Any, states: Any) -> Any:
    """Return, sequence by sequence, the columns of the input before those of the states.

    Parameters
    ----------
    inputs, states : sequence of ndarray (n_steps, ...), or two ndarrays (n_steps, ...)
        Lists, or the lazy `inputs` and `states` of a recording.

    Returns
    -------
    ndarray, or a lazy list of ndarray
        Joined when asked for, so that nothing is held in memory.

    Examples
    --------
    >>> concat(np.ones((4, 1)), np.zeros((4, 3))).shape
    (4, 4)
    """
    if isinstance(inputs, np.ndarray) and inputs.ndim == 2:
        return np.hstack([inputs, states])
    if len(inputs) != len(states):
        raise checks.InputError(
            f"there are {len(inputs)} inputs, but {len(states)} states; give one of each per sequence"
        )
    return _Joined(inputs, states)


class _Joined(Sequence):
    def __init__(self, left: Sequence, right: Sequence) -> None:
        self._left, self._right = left, right

    def __len__(self) -> int:
        return len(self._left)

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        return np.hstack([self._left[i], self._right[i]])
