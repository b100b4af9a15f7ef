"""Ben's Spiker Algorithm: spikes whose sum of filters is the input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from millpond.lsm.coding import signs
from millpond.lsm.coding.decoding import low_pass
from millpond.lsm.coding.volley import Volley, of_raster
from millpond.lsm.units import si
from millpond.reservoir import checks
from millpond.reservoir.compiled import njit

_ROUNDING = 1e-12  # with it a residual that equals the filter spikes at a threshold of 1


@dataclass(frozen=True)
class BSA:
    r"""Spikes from which a linear filter makes the input again (Ben's Spiker Algorithm).

    With the residual x, at first the input, and a filter h of L taps, decision t compares

    .. math:: e_1 = \sum_{k<L} |x_{t+k} - h_k|, \quad e_2 = \sum_{k<L} |x_{t+k}|

    and if e_1 <= e_2 - threshold it spikes and takes h off the residual from t on: Schrauwen, Van Campenhout
    (2003), doi:10.1109/IJCNN.2003.1224019. So each spike brings the absolute residual down by at least the
    threshold, and a decision needs the L - 1 samples after it. Nobody has those yet: the spike of decision t
    comes with sample t + L - 1, and everything is late by `delay`.

    The filter is a Hann window of sum 1, in place of the optimised ones of the paper. Before the first row the
    input was 0. An input that stays well below the peak of a single filter, 2 full_scale / (taps + 1), is silent.

    Parameters
    ----------
    full_scale : float
        The input of a spike at every decision; more is cut off and counted as dropped.
    taps : int
        Length L of the filter, in decisions.
    threshold : float
        In units of the filter's sum. At 1 the residual never becomes negative; lower ones spike more freely. On
        spoken words the reconstruction was best from 0.7 to 0.9.
    period : float
        Time from one decision to the next (s).
    signed : bool
        Two lines a channel, first those of the positive parts, then those of the negative. Else one, and
        negative input is silent.
    """

    full_scale: float = 5.0
    taps: int = 24
    threshold: float = 0.8
    period: float = 1e-3
    signed: bool = True

    @property
    def delay(self) -> float:
        """Time from a sample to the spike that stands for it (s)."""
        return (checks.integer("taps", self.taps, 1) - 1) * si("period", self.period, "s", above=0)

    def lines(self, n_channels: int) -> int:
        """Return the number of input lines."""
        return signs.n_lines(self.signed, n_channels)

    def rest(self, n_channels: int) -> np.ndarray:
        """Return the residual before the first row, (taps - 1, n_lines)."""
        return np.zeros((checks.integer("taps", self.taps, 1) - 1, self.lines(n_channels)))

    def encode(self, U: np.ndarray, state: np.ndarray, n_sub: int, dt: float) -> tuple[Volley, np.ndarray]:
        """Return the spikes of rows U and the residual of the samples that are not decided."""
        threshold = checks.number("threshold", self.threshold, 0, 1)
        spacing = self._spacing(n_sub, dt)
        each = n_sub // spacing
        drive = signs.parts(self.signed, U) / si("full_scale", self.full_scale, above=0)
        dropped = each * float((drive - 1)[drive > 1].sum())
        residual = np.vstack([state, np.repeat(np.minimum(drive, 1), each, axis=0)])
        raster = _spike(residual, window(self.taps), threshold)
        return of_raster(raster, spacing, dropped), residual[len(raster) :].copy()

    def decode(self, volley: Volley, n_channels: int, n_sub: int, dt: float, tau: float = 0.0) -> np.ndarray:
        """Return the spikes' filters summed up, brought forward by the delay, behind a filter of `tau` seconds.

        The last `delay` seconds have only part of their spikes.
        """
        spacing, n = self._spacing(n_sub, dt), self.lines(n_channels)
        h, spikes = window(self.taps), volley.counts(n, spacing)
        late = np.zeros((len(spikes) + len(h) - 1, n))
        for k, weight in enumerate(h):
            late[k : k + len(spikes)] += weight * spikes
        rows = late[len(h) - 1 :].reshape(-1, n_sub // spacing, n).mean(axis=1)
        return low_pass(signs.whole(self.signed, rows) * self.full_scale, n_sub * dt, tau)

    def _spacing(self, n_sub: int, dt: float) -> int:
        """Return the time steps from one decision to the next."""
        period = si("period", self.period, "s", above=0)
        spacing = max(1, round(period / dt))
        if n_sub % spacing or abs(spacing * dt - period) > 1e-9 * period:
            raise checks.InputError(
                f"period of encoder 'bsa' is {period:g} s, but it must be a whole number of time steps ({dt:g} s) and "
                f"fit into a row ({n_sub * dt:g} s) a whole number of times; choose one that does: BSA(period={dt:g})"
            )
        return spacing


def window(taps: int) -> np.ndarray:
    """Return the filter: a Hann window of `taps` taps without its zeros at the ends, of sum 1."""
    h = np.hanning(checks.integer("taps", taps, 1) + 2)[1:-1]
    return h / h.sum()


def spike_plain(residual: np.ndarray, h: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Return spikes (n_decisions, n_lines) and the residual after them: the twin of the compiled coder."""
    residual, n = residual.copy(), len(residual) - len(h) + 1
    raster = np.zeros((n, residual.shape[1]), bool)
    for t in range(n):
        ahead = residual[t : t + len(h)]
        without, with_spike = np.abs(ahead).sum(axis=0), np.abs(ahead - h[:, None]).sum(axis=0)
        raster[t] = with_spike <= without - threshold + _ROUNDING
        ahead -= h[:, None] * raster[t]
    return raster, residual


@njit(cache=True, nogil=True)
def _spike(residual, h, threshold):  # type: ignore[no-untyped-def]
    """Return the spikes; `residual` is brought up to date in place."""
    n, n_lines = residual.shape[0] - h.size + 1, residual.shape[1]
    raster = np.zeros((n, n_lines), np.bool_)
    for line in range(n_lines):
        x = residual[:, line].copy()
        for t in range(n):
            gain = 0.0
            for k in range(h.size):
                gain += abs(x[t + k]) - abs(x[t + k] - h[k])
            if gain >= threshold - _ROUNDING:
                raster[t, line] = True
                for k in range(h.size):
                    x[t + k] -= h[k]
        residual[:, line] = x
    return raster
