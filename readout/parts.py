"""Rows that stay where they are: each part is reduced to sums, and judges candidates, in the process that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from millpond.readout import linear, selection
from millpond.readout.moments import Moments
from millpond.readout.rows import Rows, blocks, rows_of
from millpond.readout.weights import class_weights, weighted
from millpond.recording import Recording
from millpond.reservoir import checks
from millpond.reservoir.workers import Run, Work, certain


class Asked(NamedTuple):
    """What is asked of a part: its "targets" or "labels" are learnt, from the rows behind the washout."""

    part: Any
    what: str
    washout: int
    classes: np.ndarray | None = None
    class_weights: np.ndarray | None = None


class Facts(NamedTuple):
    """What is said of a part before its rows are added up."""

    n: int
    mean: np.ndarray  # of its first rows
    n_outputs: int
    classes: np.ndarray | None
    counts: np.ndarray | None  # samples of each class
    per_sequence: bool
    flat: bool
    eps: float


@dataclass
class Reduction:
    """Parts that were asked who they are, in their order.

    Attributes
    ----------
    fold_of : list of ndarray (n_sequences,) or None
        The validation fold of each sequence of each part.
    by_row : bool
        Whether every row is left out by itself.
    """

    run: Run
    asked: list[Asked]
    fold_of: list[np.ndarray | None]
    n_folds: int
    shift: np.ndarray
    n_outputs: int
    classes: np.ndarray | None
    per_sequence: bool
    flat: bool
    eps: float

    @property
    def by_row(self) -> bool:
        """Whether no folds were made."""
        return self.fold_of[0] is None

    def moments(self) -> list[Moments]:
        """Return the moments of each fold, merged in the order of the parts."""
        total = [Moments(len(self.shift), self.n_outputs, self.shift, eps=self.eps) for _ in range(self.n_folds)]
        items = [
            (asked, fold_of, self.n_outputs, self.n_folds, self.shift)
            for asked, fold_of in zip(self.asked, self.fold_of, strict=True)
        ]
        for found in _in_order(self.run, _reduce, items):
            for fold, part in found.items():
                total[fold] = total[fold].merge(part)
        return total

    def judged(self, candidates: Any, penalties: np.ndarray, loss: selection.Loss) -> np.ndarray:
        """Return the loss (n_penalties, n_criteria) over the rows of all parts."""
        items = []
        for asked, fold_of in zip(self.asked, self.fold_of, strict=True):
            own = candidates if fold_of is None else {fold: candidates[fold] for fold in np.unique(fold_of)}
            items.append((asked, fold_of, own, penalties, loss))
        return np.sum(_answers(self.run, _judge, items), axis=0)


def reduction_of(
    run: Run, parts: Sequence[Any], what: str, washout: int, groups: Any, with_folds: bool, class_weight: Any = None
) -> Reduction:
    """Ask the parts who they are; leave out those without sequences to learn from.

    Raises
    ------
    InputError
        Parts that have nothing to learn from, or do not fit together.
    """
    if not len(parts):
        raise checks.InputError("there is no recording to fit; give at least one")
    asked = [Asked(part, what, washout) for part in parts]
    told = [(a, f) for a, f in zip(asked, _answers(run, _introduce, asked), strict=True) if f is not None]
    if not told:
        raise checks.InputError("no recording has a training sequence; give one that has")
    facts = [f for _, f in told]
    first = facts[0]
    for a, f in told:
        if (len(f.mean), f.n_outputs, f.per_sequence) != (len(first.mean), first.n_outputs, first.per_sequence):
            raise checks.InputError(
                f"{a.part} has {len(f.mean)} columns and {f.n_outputs} outputs, {told[0][0].part} {len(first.mean)} "
                f"and {first.n_outputs}, or one has {what} a step, the other a sequence; give parts of one recording"
            )
    classes = weights = None
    if what == "labels":
        classes = linear.classes_of(Rows([], False, []), np.concatenate([f.classes for f in facts]))
        counts = np.zeros(len(classes))
        for f in facts:
            counts[np.searchsorted(classes, f.classes)] += f.counts
        weights = class_weights(class_weight, classes, counts)
    sizes = [f.n for f in facts]
    folds = selection.folds_of_sequences(sum(sizes), groups) if with_folds else None
    return Reduction(
        run, [a._replace(classes=classes, class_weights=weights) for a, _ in told],
        [None] * len(sizes) if folds is None else list(np.split(folds, np.cumsum(sizes)[:-1])),
        1 if folds is None else int(folds.max()) + 1, first.mean,
        first.n_outputs if classes is None else len(classes), classes, first.per_sequence, first.flat,
        max(f.eps for f in facts),
    )  # fmt: skip


def _answers(run: Run, work: Work, items: Sequence[Any]) -> list[Any]:
    """Return what comes out of each item, in their order."""
    return list(_in_order(run, work, items))


def _in_order(run: Run, work: Work, items: Sequence[Any]) -> Iterator[Any]:
    """Yield what comes out of each item, in their order; what comes early waits."""
    early, k = {}, 0
    for at, found in certain(run(work, dict(enumerate(items)))):
        early[at] = found
        while k in early:
            yield early.pop(k)
            k += 1


@contextmanager
def _given(asked: Asked) -> Iterator[tuple[Rows, Any] | None]:
    """Yield rows of a part and what is to be learnt from them, or None where it has no training part."""
    part = asked.part
    with Recording.open(part) if isinstance(part, str | Path) else nullcontext(part) as X:
        if X.split is not None and not (X.split == "train").any():
            yield None
        else:
            X, y = linear.given(X, None, asked.what)
            yield weighted(rows_of(X), None, asked.class_weights), y


def _targets(asked: Asked, rows: Rows, y: Any) -> Any:
    convert = linear.real_targets if asked.classes is None else linear.one_hot(asked.classes)
    return linear.per_step(rows, y, convert, labels=asked.what == "labels")


def _introduce(asked: Asked, _: Any) -> Facts | None:
    with _given(asked) as found:
        if found is None:
            return None
        rows, y = found
        classes, counts = np.unique(y, return_counts=True) if asked.what == "labels" else (None, None)
        targets, per_sequence = _targets(asked._replace(classes=classes), rows, y)
        mean = next(iter(blocks(rows, targets, asked.washout)))[0].mean(0)
        flat = (np.asarray(y) if per_sequence else np.asarray(y[0])).ndim == 1
        n_outputs = 0 if asked.what == "labels" else targets[0][0:1].shape[1]
        return Facts(len(rows), mean, n_outputs, classes, counts, per_sequence, flat, rows.eps)


def _reduce(item: tuple, _: Any) -> dict[int, Moments]:
    asked, fold_of, n_outputs, n_folds, shift = item
    with _given(asked) as found:
        assert found is not None
        rows, y = found
        parts = selection.gather(rows, _targets(asked, rows, y)[0], n_outputs, asked.washout, fold_of, n_folds, shift)
    return {fold: part for fold, part in enumerate(parts) if part.n}


def _judge(item: tuple, _: Any) -> np.ndarray:
    asked, fold_of, candidates, penalties, loss = item
    with _given(asked) as found:
        assert found is not None
        rows, y = found
        return selection.judged(candidates, rows, _targets(asked, rows, y)[0], asked.washout, fold_of, penalties, loss)
