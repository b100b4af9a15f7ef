"""From rows of numbers to spikes on input lines.

A coder has `lines(n_channels)`, the number of input lines; `rest(n_channels)`, its state before the first
row; and ``encode(U, state, n_sub, dt)``, which turns rows of `n_sub` time steps each into a `Volley` and
the state after it. It looks at no later row, and chunks give the same spikes as the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from lsm.units import si
from reservoir import checks


@dataclass(frozen=True, eq=False)
class Volley:
    """Spikes on input lines, ordered by time step.

    Attributes
    ----------
    starts : ndarray of int64 (n_steps + 1,)
        Spikes of step t are ``lines[starts[t]:starts[t + 1]]``.
    lines : ndarray of int32 (n_spikes,)
    dropped : float
        Spikes that did not fit.
    """

    starts: np.ndarray
    lines: np.ndarray
    dropped: float = 0.0

    @property
    def steps(self) -> np.ndarray:
        """Time step of each spike."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))


@dataclass(frozen=True)
class IntegrateFire:
    """Each channel drives integrate-and-fire units, one for its positive part and one for its negative.

    a <- a + rate * max(0, +-u) dt; a spike when a reaches 1, which is then taken off: the number of spikes
    follows the integral of the input to within one spike. Units start at different phases.

    Parameters
    ----------
    rate : float
        Spikes per second for an input of 1 (one standard deviation of a standardised channel).
    signed : bool
        Two lines a channel, first those of the positive parts, then those of the negative. Else one, and
        negative input is silent.
    max_rate : float
        No line spikes more often (Hz), nor more than once a time step.
    """

    rate: float = 60.0
    signed: bool = True
    max_rate: float = 1000.0

    def lines(self, n_channels: int) -> int:
        """Return the number of input lines."""
        return 2 * n_channels if self.signed else n_channels

    def rest(self, n_channels: int) -> np.ndarray:
        """Return the phases before the first row: spread evenly over the middle half."""
        golden = 0.6180339887498949
        return 0.25 + 0.5 * (np.arange(self.lines(n_channels)) * golden % 1)

    def encode(self, U: np.ndarray, state: np.ndarray, n_sub: int, dt: float) -> tuple[Volley, np.ndarray]:
        """Return the spikes of rows U and the phases after them."""
        rate, top = si("rate", self.rate, "Hz", above=0), si("max_rate", self.max_rate, "Hz", above=0)
        if self.signed:
            U = np.hstack([U, -U])
        advance = np.maximum(U, 0) * (rate * dt)
        limit = min(top * dt, 1.0)
        dropped = n_sub * float((advance - limit)[advance > limit].sum()) if advance.size else 0.0
        np.minimum(advance, limit, out=advance)
        phase = state.copy()
        starts, lines = _fire(advance, phase, n_sub)
        return Volley(starts, lines, dropped), phase


@dataclass(frozen=True)
class SpikeCounts:
    """Input that is spikes already: each number is how many spikes a line has in that row, spread evenly."""

    def lines(self, n_channels: int) -> int:
        """Return the number of input lines."""
        return n_channels

    def rest(self, n_channels: int) -> None:
        """Return the state before the first row: there is none."""
        return

    def encode(self, U: np.ndarray, state: None, n_sub: int, dt: float) -> tuple[Volley, None]:
        """Return the spikes of rows U."""
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


CODERS = {"integrate-fire": IntegrateFire, "spikes": SpikeCounts}


def coder(encoder: Any) -> Any:
    """Return the coder that a name or a coder itself stands for."""
    if hasattr(encoder, "encode") and not isinstance(encoder, str):
        return encoder
    return CODERS[checks.option("encoder", encoder, CODERS)]()


def counts_of_events(
    times: np.ndarray, channels: np.ndarray, n_channels: int, duration: float, row_period: float
) -> np.ndarray:
    """Return how many events each channel has in each row, (n_rows, n_channels): input for encoder "spikes".

    Parameters
    ----------
    times : ndarray (n_events,)
        In s, from 0 to `duration`; events beyond it are left out.
    channels : ndarray of int (n_events,)
    n_channels : int
    duration, row_period : float
        In s. With `row_period` equal to the time step of the liquid every event keeps its time.
    """
    n_rows = max(1, int(np.ceil(si("duration", duration, "s", above=0) / si("row_period", row_period, "s") - 1e-9)))
    # a time on the edge of a row belongs to the row it begins, whatever its rounding
    rows = np.floor(np.asarray(times, float) / float(row_period) + 1e-6).astype(int)
    counts = np.zeros((n_rows, checks.integer("n_channels", n_channels, 1)))
    inside = (rows >= 0) & (rows < n_rows)
    np.add.at(counts, (rows[inside], np.asarray(channels, int)[inside]), 1)
    return counts


def fire_plain(advance: np.ndarray, phase: np.ndarray, n_sub: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return steps and lines of spikes and the phases after, one step at a time: the twin of the compiled coder."""
    steps, lines = [], []
    phase = phase.copy()
    for t in range(len(advance) * n_sub):
        phase = phase + advance[t // n_sub]
        for line in np.flatnonzero(phase >= 1):
            phase[line] -= 1
            steps.append(t)
            lines.append(line)
    return np.array(steps, int), np.array(lines, int), phase


@njit(cache=True, nogil=True)
def _fire(advance, phase, n_sub):  # type: ignore[no-untyped-def]
    """Find the spikes of whole rows in closed form, then sort them by step; `phase` moves on in place."""
    n_rows, n_lines = advance.shape
    starts = np.zeros(n_rows * n_sub + 1, np.int64)
    total = np.int64(0)
    for row in range(n_rows):
        for line in range(n_lines):
            total += np.int64(phase[line] + n_sub * advance[row, line]) + 1
    at = np.empty(total, np.int64)
    who = np.empty(total, np.int32)
    n = 0
    for row in range(n_rows):
        for line in range(n_lines):
            a = advance[row, line]
            if a <= 0:
                continue
            end = phase[line] + n_sub * a
            count = np.int64(end)
            for k in range(1, count + 1):
                step = row * n_sub + min(max(np.int64(np.ceil((k - phase[line]) / a)), 1), n_sub) - 1
                at[n] = step
                who[n] = line
                starts[step + 1] += 1
                n += 1
            phase[line] = end - count
    return _sorted(starts, at[:n], who[:n])


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
    return _sorted(starts, at, who)


@njit(cache=True, nogil=True)
def _sorted(starts, at, who):  # type: ignore[no-untyped-def]
    """Return lines in order of their step (a counting sort), with where each step starts."""
    for t in range(starts.size - 1):
        starts[t + 1] += starts[t]
    place = starts[:-1].copy()
    lines = np.empty(who.size, np.int32)
    for k in range(who.size):
        lines[place[at[k]]] = who[k]
        place[at[k]] += 1
    return starts, lines
