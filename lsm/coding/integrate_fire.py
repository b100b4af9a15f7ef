"""Rates by integration: as many spikes as the integral of the input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from millpond.lsm.coding import signs
from millpond.lsm.coding.decoding import low_pass
from millpond.lsm.coding.volley import Volley, sorted_by_step
from millpond.lsm.units import si
from millpond.reservoir.compiled import njit


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
        return signs.n_lines(self.signed, n_channels)

    def rest(self, n_channels: int) -> np.ndarray:
        """Return the phases before the first row: spread evenly over the middle half."""
        golden = 0.6180339887498949
        return 0.25 + 0.5 * (np.arange(self.lines(n_channels)) * golden % 1)

    def encode(self, U: np.ndarray, state: np.ndarray, n_sub: int, dt: float) -> tuple[Volley, np.ndarray]:
        """Return the spikes of rows U and the phases after them."""
        rate, top = si("rate", self.rate, "Hz", above=0), si("max_rate", self.max_rate, "Hz", above=0)
        advance = signs.parts(self.signed, U) * (rate * dt)
        limit = min(top * dt, 1.0)
        dropped = n_sub * float((advance - limit)[advance > limit].sum()) if advance.size else 0.0
        np.minimum(advance, limit, out=advance)
        phase = state.copy()
        starts, lines = _fire(advance, phase, n_sub)
        return Volley(starts, lines, dropped), phase

    def rates(self, U: np.ndarray) -> np.ndarray:
        """Return the rates of the lines (n_rows, n_lines) for rows U (Hz)."""
        return np.minimum(self.asked(U), si("max_rate", self.max_rate, "Hz", above=0))

    def asked(self, U: np.ndarray) -> np.ndarray:
        """Return the rates (Hz) that lines would have for rows U if there were no highest one."""
        return signs.parts(self.signed, U) * si("rate", self.rate, "Hz", above=0)

    def decode(self, volley: Volley, n_channels: int, n_sub: int, dt: float, tau: float = 0.0) -> np.ndarray:
        """Return the input that the rates of the lines stand for, behind a filter of `tau` seconds.

        A line's part is off by at most (1 - a) / (rate n_sub dt), with a = exp(-n_sub dt / tau): one spike.
        """
        counts = signs.whole(self.signed, volley.counts(self.lines(n_channels), n_sub))
        return low_pass(counts / (si("rate", self.rate, "Hz", above=0) * n_sub * dt), n_sub * dt, tau)


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
    return sorted_by_step(starts, at[:n], who[:n])
