"""Spike trains as data: the times and units of events, without a time step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from millpond.reservoir import checks


@dataclass(frozen=True, eq=False)
class SpikeTrains:
    """The spikes of `n_units` units, recorded together for `duration` seconds.

    Spikes are sorted by time, and by unit where times are equal. The arrays are read-only.

    Parameters
    ----------
    times : array (n_spikes,)
        In s, at least 0 and less than `duration`, in any order.
    units : array of int (n_spikes,)
        The unit (channel, neuron) of each spike, from 0 to ``n_units - 1``.
    n_units : int
    duration : float
        In s.

    Raises
    ------
    InputError
        A time is not finite or outside the duration, a unit does not exist, or the lengths differ.

    Examples
    --------
    >>> trains = SpikeTrains([0.02, 0.005], [1, 0], n_units=3, duration=0.03)
    >>> trains.times.tolist(), trains.units.tolist()
    ([0.005, 0.02], [0, 1])
    >>> trains.counts(0.01).tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """

    times: np.ndarray
    units: np.ndarray
    n_units: int
    duration: float

    def __post_init__(self) -> None:
        put = object.__setattr__  # the fields are frozen after this method
        put(self, "n_units", checks.integer("n_units", self.n_units, 1))
        put(self, "duration", checks.number("duration", self.duration, above=0))
        times = checks.matrix("times", self.times, (None,))
        units = checks.matrix("units", self.units, (None,))
        if len(times) != len(units):
            raise checks.InputError(
                f"there are {len(times)} times but {len(units)} units; give a time and a unit for each spike"
            )
        bad = np.flatnonzero((times < 0) | (times >= self.duration))
        if len(bad):
            raise checks.InputError(
                f"times[{bad[0]}] is {times[bad[0]]:g} s, but it must be at least 0 and less than duration "
                f"({self.duration:g} s); give times in s (microseconds divided by 1e6), or another duration"
            )
        bad = np.flatnonzero((units < 0) | (units >= self.n_units) | (units != np.floor(units)))
        if len(bad):
            raise checks.InputError(
                f"units[{bad[0]}] is {units[bad[0]]:g}, but it must be a whole number from 0 to {self.n_units - 1}; "
                "count units from 0, and set n_units to the number of units"
            )
        order = np.lexsort((units, times))
        for name, values in (("times", times[order]), ("units", units[order].astype(np.int32))):
            values.flags.writeable = False
            put(self, name, values)

    def __len__(self) -> int:
        """Return the number of spikes."""
        return len(self.times)

    def __repr__(self) -> str:
        return f"<SpikeTrains: {len(self)} spikes of {self.n_units} units in {self.duration:g} s>"

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise checks.InputError("SpikeTrains have no time steps; call .counts(period) for an array of spike counts")

    def counts(self, period: float) -> np.ndarray:
        """Return the spike counts in rows of `period` s, (n_rows, n_units); the last row may end after `duration`."""
        return np.asarray(SpikeRows(self, period))

    @classmethod
    def from_counts(cls, counts: Any, period: float) -> SpikeTrains:
        """Return trains with the given spike counts (n_rows, n_units); the spikes of a row have equal distances.

        Raises
        ------
        InputError
            An entry is negative or no whole number.
        """
        counts, period = checks.matrix("counts", counts, (None, None)), checks.number("period", period, above=0)
        bad = np.argwhere((counts < 0) | (counts != np.floor(counts)))
        if len(bad):
            row, unit = bad[0]
            raise checks.InputError(
                f"counts[{row}, {unit}] is {counts[row, unit]:g}, but counts are whole numbers of at least 0; round it"
            )
        rows, units = np.nonzero(counts)
        each = counts[rows, units].astype(int)
        rank = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
        times = (np.repeat(rows, each) + (rank + 0.5) / np.repeat(each, each)) * period
        return cls(times, np.repeat(units, each), counts.shape[1], len(counts) * period)


class SpikeRows:
    """Spike trains as a signal: `len` and `shape` are those of spike counts in rows of `period` seconds.

    ``numpy.asarray`` returns the counts, so that any model can take this signal. A model that processes spikes uses
    `trains`, and no counts are made.

    Parameters
    ----------
    trains : SpikeTrains
    period : float
        In s.
    first, stop : int
        The rows of the whole that this part contains.
    """

    dtype = np.dtype(np.float64)
    ndim = 2

    def __init__(self, trains: SpikeTrains, period: float, first: int = 0, stop: int | None = None) -> None:
        self.trains, self.period, self.first = trains, checks.number("period", period, above=0), first
        n_rows = max(1, int(np.ceil(trains.duration / period - 1e-9)))
        self.stop = n_rows if stop is None else min(stop, n_rows)

    def __len__(self) -> int:
        return self.stop - self.first

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and units."""
        return len(self), self.trains.n_units

    @property
    def nbytes(self) -> int:
        """Memory of the spikes."""
        return self.trains.times.nbytes + self.trains.units.nbytes

    def __getitem__(self, rows: slice) -> SpikeRows:
        """Return consecutive rows."""
        first, stop, _ = rows.indices(len(self))
        return SpikeRows(self.trains, self.period, self.first + first, self.first + stop)

    def in_steps(self, n_sub: int) -> tuple[np.ndarray, np.ndarray]:
        """Return step and unit of each spike for `n_sub` steps in a row; steps count from the first row of this part.

        A spike belongs to the step that contains its time. A time less than a thousandth of a step before the next one
        belongs to that one, because times are rounded. Brian2's `SpikeGeneratorGroup` uses the same rule.
        """
        steps = np.floor(self.trains.times / self.period * n_sub + 1e-3).astype(np.int64)
        steps = np.minimum(steps, max(1, int(np.ceil(self.trains.duration / self.period - 1e-9))) * n_sub - 1)
        begin, end = np.searchsorted(steps, [self.first * n_sub, self.stop * n_sub])
        return steps[begin:end] - self.first * n_sub, self.trains.units[begin:end]

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        rows, units = self.in_steps(1)
        counts = np.zeros(self.shape, dtype or np.float64)
        np.add.at(counts, (rows, units), 1)
        return counts
