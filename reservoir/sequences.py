"""A set of signals with their labels, targets, groups, split and names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from millpond.reservoir import checks
from millpond.reservoir.arrays import check_orientation, n_dimensions, unpacked
from millpond.reservoir.questions import Question, about
from millpond.reservoir.spike_trains import SpikeRows, SpikeTrains

FIELDS = ("labels", "targets", "groups", "split", "names")
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False)
class Sequences:
    """A set of signals with labels, targets, groups, split, names and questions.

    Parameters
    ----------
    signals : list of ndarray (n_steps, n_channels), ndarray (n_sequences, n_steps, n_channels), or list of SpikeTrains
        The sequences; their lengths may differ. Spike trains remain events. A time step of them is a row of `period`;
        models that do not process spikes receive the spike counts of each row.
    period : float
        Sampling period in seconds.
    labels : array (n_sequences,) of int or str, optional
        The class of each sequence.
    targets : list of ndarray (n_steps, n_outputs), optional
        Desired output of a readout at each time step.
    groups : array (n_sequences,) of str, optional
        Origin of each sequence (speaker, subject). A group must not be on both sides of a split.
    split : array (n_sequences,) of {"train", "validation", "test"}, optional
        The part each sequence belongs to.
    names : array (n_sequences,) of str, optional
        A name for each sequence, for messages and tables.
    questions : tuple of Question
        Further questions about the sequences, in addition to labels and targets.

    Raises
    ------
    InputError
        A signal is empty or not finite, or a list does not fit the number of sequences.

    Examples
    --------
    >>> words = Sequences([np.zeros((5, 2)), np.zeros((7, 2))], period=0.01, labels=["yes", "no"])
    >>> len(words), words.n_channels, words.lengths.tolist()
    (2, 2, [5, 7])
    >>> words[words.labels == "no"].lengths.tolist()
    [7]
    """

    signals: list[np.ndarray]
    period: float = 1.0
    labels: np.ndarray | None = None
    targets: list[np.ndarray] | None = None
    groups: np.ndarray | None = None
    split: np.ndarray | None = None
    names: np.ndarray | None = None
    questions: tuple[Question, ...] = ()

    def __post_init__(self) -> None:
        put = object.__setattr__  # the fields are frozen after this method
        if self.names is not None:
            put(self, "names", checks.per_sequence("names", self.names, len(self.signals)))
        put(self, "period", checks.number("period", self.period, above=0))
        spikes = spike_rows(self.signals, self.period)
        listed = hasattr(self.signals, "__len__") and hasattr(self.signals, "__getitem__")
        single = listed and all(getattr(x, "dtype", None) == np.float32 for x in self.signals)
        put(self, "signals", spikes or checks.signals(
            self.signals, dtype=np.float32 if single else np.float64, names=self.names  # type: ignore[arg-type]
        ))  # fmt: skip
        for field in ("labels", "groups", "split"):
            values = getattr(self, field)
            if values is not None:
                put(self, field, checks.per_sequence(field, values, len(self)))
        for part in np.unique(self.split) if self.split is not None else ():
            checks.option("split", str(part), SPLITS)
        if self.targets is not None:
            put(self, "targets", self._checked_targets())
        names = [question.name for question in self.questions]
        for k, question in enumerate(self.questions):
            question.check(self.lengths)
            if question.name in names[:k]:
                raise checks.InputError(f"two questions have the name '{question.name}'; give each a different name")

    def _checked_targets(self) -> list[np.ndarray]:
        assert self.targets is not None
        targets = [np.reshape(t, (len(t), -1)) for t in self.targets]
        if len(targets) != len(self):
            raise checks.InputError(
                f"targets has {len(targets)} entries, but there are {len(self)} sequences; give one array for each"
            )
        for i, (target, x) in enumerate(zip(targets, self.signals, strict=True)):
            if len(target) != len(x):
                raise checks.InputError(
                    f"targets of sequence {i} have {len(target)} steps, but its signal has {len(x)}; give one per step"
                )
        return checks.signals(targets)

    def __len__(self) -> int:
        return len(self.signals)

    def __repr__(self) -> str:
        lengths, held = self.lengths, [name for name in FIELDS if getattr(self, name) is not None]
        steps = f"{lengths.min()}" if lengths.min() == lengths.max() else f"{lengths.min()} to {lengths.max()}"
        also = f", with {', '.join(held)}" if held else ""
        return f"<Sequences: {len(self)} of {steps} steps, {self.n_channels} channels, period {self.period:g} s{also}>"

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        """Return the signals as an object array (n_sequences,)."""
        if dtype not in (None, np.dtype(object)):
            raise checks.InputError(f"Sequences cannot become one array of {dtype}; use its field signals")
        signals = np.empty(len(self), object)
        signals[:] = self.signals
        return signals

    def __getitem__(self, which: Any) -> Sequences:
        """Return the sequences selected by an index array, a mask or a slice, with all their fields."""
        chosen = np.atleast_1d(np.arange(len(self))[which])
        picked: dict[str, Any] = {"signals": [self.signals[i] for i in chosen]}
        if self.targets is not None:
            picked["targets"] = [self.targets[i] for i in chosen]
        for field in ("labels", "groups", "split", "names"):
            values = getattr(self, field)
            picked[field] = None if values is None else values[chosen]
        picked["questions"] = about(self.questions, chosen)
        return replace(self, **picked)

    def with_signals(self, signals: Sequence[np.ndarray]) -> Sequences:
        """Return a copy with other `signals`."""
        return replace(self, signals=list(signals))

    @property
    def spiking(self) -> bool:
        """Whether the signals are spike trains."""
        return isinstance(self.signals[0], SpikeRows)

    @property
    def n_channels(self) -> int:
        """Number of channels of every signal."""
        return self.signals[0].shape[1]

    @property
    def lengths(self) -> np.ndarray:
        """Number of time steps of each sequence, shape (n_sequences,)."""
        return np.array([len(x) for x in self.signals])


def as_signals(
    X: Any, n_channels: int | None = None, dtype: Any = np.float64, who: str = "this model"
) -> list[np.ndarray]:
    """Return the checked signals of an array, a list or a `Sequences`.

    Raises
    ------
    InputError
        As `checks.signals`. Also if the number of channels is unknown and a batch has more channels than time steps,
        because it may be ordered (n, channel, time).
    """
    if isinstance(X, Sequences):
        if X.spiking:
            return Counts(spike_rows(X, X.period, n_channels) or [], dtype)  # type: ignore[return-value]
        return checks.signals(X.signals, n_channels, dtype, X.names, who)  # type: ignore[arg-type]
    X = unpacked(flat(X))
    if isinstance(X, np.ndarray) and X.ndim == 3 and n_channels is None:
        check_orientation(X)
    return checks.signals(X, n_channels, dtype, None, who)


class Counts(Sequence[np.ndarray]):
    """The spike counts of many spike trains; each array (n_steps, n_units) is made when it is used."""

    def __init__(self, rows: Sequence[SpikeRows], dtype: Any) -> None:
        self._rows, self._dtype = rows, dtype

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return Counts(self._rows[i], self._dtype)
        return np.asarray(self._rows[i], self._dtype)


def spike_rows(X: Any, period: float, n_units: int | None = None) -> list[SpikeRows] | None:
    """Return the spike trains in X as signals with rows of `period` s, or None if X contains no spike trains.

    Raises
    ------
    InputError
        Some sequences are no spike trains, the numbers of units differ, or `Sequences` have another period.
    """
    X = flat(X)
    entries = X.signals if isinstance(X, Sequences) else [X] if isinstance(X, SpikeTrains | SpikeRows) else X
    kinds = SpikeTrains | SpikeRows
    if not isinstance(entries, list | tuple) or not any(isinstance(entry, kinds) for entry in entries):
        return None
    found: list[SpikeRows] = []
    for i, entry in enumerate(entries):
        if not isinstance(entry, kinds):
            raise checks.InputError(
                f"sequence {i} is a {type(entry).__name__}, but sequence 0 or a later one is SpikeTrains; "
                "give sequences of one kind"
            )
        rows = entry if isinstance(entry, SpikeRows) else SpikeRows(entry, period)
        if abs(rows.period - period) > 1e-9 * period:
            raise checks.InputError(
                f"the sequences have a period of {rows.period:g} s, but a row of this model has {period:g} s; "
                "give both the same value"
            )
        n_units = rows.shape[1] if n_units is None else n_units
        if rows.shape[1] != n_units:
            raise checks.InputError(
                f"sequence {i} has {rows.shape[1]} units, but {n_units} are needed; give all SpikeTrains this n_units"
            )
        found.append(rows)
    return found


def flat(X: Any) -> Any:
    """Convert a list of `Sequences`, which scikit-learn creates by indexing, to a list of their signals."""
    if isinstance(X, list | tuple) and len(X) and isinstance(X[0], Sequences):
        return [signal for part in X for signal in part.signals]
    return X


def like(X: Any, results: list[np.ndarray]) -> Any:
    """Return `results`, one array per sequence, in the same kind of container as `X`."""
    if isinstance(X, Sequences):
        return X.with_signals(results)
    if isinstance(X, SpikeTrains | SpikeRows):
        return results[0]
    if isinstance(X, list | tuple) and len(X) and isinstance(X[0], SpikeTrains | SpikeRows):
        return results
    X = unpacked(flat(X))
    if isinstance(X, np.ndarray):
        return np.stack(results) if X.ndim == 3 else results[0]
    return results if n_dimensions(X[0]) == 2 else results[0]
