"""Warnings of a liquid that runs but cannot be of use."""

from __future__ import annotations

import warnings

DEAD_BELOW = 0.1  # Hz
SATURATED_ABOVE = 0.3  # of the highest rate that the refractory times allow
_ENOUGH = 1.0  # s of model time before an opinion is formed
_LOST = 0.01  # share of input spikes


class LiquidWarning(UserWarning):
    """A liquid that is silent or saturated, or an encoder that loses input."""


def look(rate: float, highest: float, n_input: float, n_dropped: float, duration: float) -> None:
    """Warn where something is wrong.

    Parameters
    ----------
    rate, highest : float
        Mean rate of the neurons, and the highest their refractory times allow (Hz).
    n_input, n_dropped : float
        Spikes on the input lines, and those that did not fit there.
    duration : float
        Model time (s).
    """
    if n_dropped > _LOST * (n_input + n_dropped):
        _warn(
            f"the encoder drops {n_dropped / (n_input + n_dropped):.0%} of the input's spikes, as a line fires at most "
            "once a time step and below max_rate; standardise the input or lower the encoder's rate"
        )
    if duration < _ENOUGH or not n_input:
        return
    if rate < DEAD_BELOW:
        _warn(
            f"the liquid is dead ({rate:.2g} Hz) though {n_input / duration:.3g} input spikes arrive each second; "
            "raise input_gain, or standardise the input"
        )
    elif rate > SATURATED_ABOVE * highest:
        _warn(
            f"the liquid is saturated ({rate:.0f} Hz of at most {highest:.0f} Hz); "
            "lower input_gain or recurrent_gain, or standardise the input"
        )


def no_compiler(stock: bool) -> None:
    """Warn that there is none, so that numba does the work, or Brian2's numpy target if the model is not `stock`."""
    instead = "numba computes the same spikes" if stock else "Brian2's numpy target computes the same spikes, slowly,"
    _warn(f"engine 'brian2' needs make and a C++ compiler, which are not found; {instead} instead")


def _warn(message: str) -> None:
    warnings.warn(message, LiquidWarning, stacklevel=5)
