"""Input that is spikes already."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from millpond.lsm.coding.decoding import low_pass
from millpond.lsm.coding.volley import Volley, in_order, sorted_by_step
from millpond.lsm.units import si, si_array
from millpond.reservoir import checks
from millpond.reservoir.compiled import njit
from millpond.reservoir.spike_trains import SpikeRows


@dataclass(frozen=True)
class SpikeCounts:
    """Input that is spikes already: `SpikeTrains` at their times, or spike counts per row, spread evenly.

    A line transmits at most one spike in a time step; others are dropped.
    """

    def lines(self, n_channels: int) -> int:
        """Return the number of input lines."""
        return n_channels

    def rest(self, n_channels: int) -> None:
        """Return the state before the first row: there is none."""
        return

    def encode(self, U: np.ndarray | SpikeRows, state: None, n_sub: int, dt: float) -> tuple[Volley, None]:
        """Return the spikes of rows U."""
        if isinstance(U, SpikeRows):
            steps, lines = np.unique(np.stack(U.in_steps(n_sub)), axis=1)
            return in_order(steps, lines, len(U) * n_sub, float(len(U.in_steps(n_sub)[0]) - len(steps))), None
        counts = np.rint(U).astype(np.int64)
        bad = np.argwhere((counts != U) | (counts < 0))
        if len(bad):
            row, line = bad[0]
            raise checks.InputError(
                f"the input is {U[row, line]:g} at step {row}, channel {line}, but encoder 'spikes' takes numbers of "
                "spikes, 0, 1, 2 ...; round it, or choose encoder 'integrate-fire'"
            )
        kept = np.minimum(counts, n_sub)
        starts, lines = _spread(kept, n_sub)
        return Volley(starts, lines, float((counts - kept).sum())), None

    def decode(self, volley: Volley, n_channels: int, n_sub: int, dt: float, tau: float = 0.0) -> np.ndarray:
        """Return the counts, behind a filter of `tau` seconds."""
        return low_pass(volley.counts(n_channels, n_sub), n_sub * dt, tau)


def counts_of_events(
    times: np.ndarray, channels: np.ndarray, n_channels: int, duration: float, row_period: float
) -> np.ndarray:
    """Return how many events each channel has in each row, (n_rows, n_channels): input for encoder "spikes".

    Parameters
    ----------
    times : ndarray (n_events,)
        In s, from 0 to `duration`, in any order; a Brian2 quantity has units of its own.
    channels : ndarray of int (n_events,)
        From 0 to ``n_channels - 1``.
    n_channels : int
    duration, row_period : float
        In s. With `row_period` equal to the time step of the liquid every event keeps its time.

    Returns
    -------
    ndarray (n_rows, n_channels) of float64
        An event at `duration` itself is in the last row.

    Raises
    ------
    InputError
        A time before 0 or after `duration`, a channel that is not there or no whole number, or lists of unequal length.
    """
    n_channels = checks.integer("n_channels", n_channels, 1)
    end, period = si("duration", duration, "s", above=0), si("row_period", row_period, "s", above=0)
    n_rows = max(1, int(np.ceil(end / period - 1e-9)))
    at, lines = _event_times(times, end), _event_channels(channels, n_channels)
    if len(at) != len(lines):
        raise checks.InputError(f"there are {len(at)} times but {len(lines)} channels; give both for each event")
    # a time on the edge of a row belongs to the row it begins, whatever its rounding
    rows = np.minimum(np.floor(at / period + 1e-6).astype(int), n_rows - 1)
    counts = np.zeros((n_rows, n_channels))
    np.add.at(counts, (rows, lines), 1)
    return counts


def _event_times(times: np.ndarray, end: float) -> np.ndarray:
    """Return the times of events as an array (s), each between 0 and `end`."""
    at = checks.matrix("times", si_array("times", times, "s"), (None,))
    bad = np.flatnonzero((at < 0) | (at > end * (1 + 1e-9)))
    if len(bad):
        raise checks.InputError(
            f"times[{bad[0]}] is {at[bad[0]]:g} s, but events lie between 0 and duration ({end:g} s); "
            "give times in s (microseconds divided by 1e6), and leave out events beyond the duration"
        )
    return at


def _event_channels(channels: np.ndarray, n_channels: int) -> np.ndarray:
    """Return the channels of events as whole numbers from 0 to `n_channels` - 1."""
    lines = checks.matrix("channels", channels, (None,))
    bad = np.flatnonzero((lines < 0) | (lines >= n_channels) | (lines != np.floor(lines)))
    if len(bad):
        raise checks.InputError(
            f"channels[{bad[0]}] is {lines[bad[0]]:g}, but it must be a whole number from 0 to {n_channels - 1}; "
            "count channels from 0, and set n_channels to how many there are"
        )
    return lines.astype(int)


@njit(cache=True, nogil=True)
def _spread(counts, n_sub):  # type: ignore[no-untyped-def]
    n_rows, n_lines = counts.shape
    starts = np.zeros(n_rows * n_sub + 1, np.int64)
    total = counts.sum()
    at = np.empty(total, np.int64)
    who = np.empty(total, np.int32)
    n = 0
    for row in range(n_rows):
        for line in range(n_lines):
            for k in range(counts[row, line]):
                step = row * n_sub + (2 * k + 1) * n_sub // (2 * counts[row, line])
                at[n] = step
                who[n] = line
                starts[step + 1] += 1
                n += 1
    return sorted_by_step(starts, at, who)
