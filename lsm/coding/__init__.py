"""From rows of numbers to spikes on input lines.

A coder has `lines(n_channels)`, the number of input lines; `rest(n_channels)`, its state before the first
row; and ``encode(U, state, n_sub, dt)``, which turns rows of `n_sub` time steps each into a `Volley` and
the state after it. It looks at no later row, and chunks give the same spikes as the whole. Lines are in
blocks of a line for each channel.

One that can be read back also has ``decode(volley, n_channels, n_sub, dt, tau=0)``: the rows as far as the
spikes tell, behind a filter of `tau` seconds; and one whose spikes come late has `delay` (s). One that hands
on rates in the place of spikes has ``graded = True``.
"""

from __future__ import annotations

from typing import Any

from millpond.lsm.coding.bsa import BSA
from millpond.lsm.coding.decoding import reconstruction_error
from millpond.lsm.coding.graded import Graded
from millpond.lsm.coding.integrate_fire import IntegrateFire
from millpond.lsm.coding.latency import Latency
from millpond.lsm.coding.onset_offset import OnsetOffset
from millpond.lsm.coding.poisson import Poisson
from millpond.lsm.coding.population import Population
from millpond.lsm.coding.spike_counts import SpikeCounts, counts_of_events
from millpond.lsm.coding.threshold_crossing import ThresholdCrossing
from millpond.lsm.coding.volley import Volley
from millpond.reservoir import checks

__all__ = [
    "CODERS", "coder", "Volley", "reconstruction_error", "counts_of_events",
    "IntegrateFire", "Poisson", "BSA", "ThresholdCrossing", "OnsetOffset", "Latency", "Population", "SpikeCounts",
    "Graded",
]  # fmt: skip

CODERS = {
    "integrate-fire": IntegrateFire,
    "poisson": Poisson,
    "bsa": BSA,
    "threshold-crossing": ThresholdCrossing,
    "onset-offset": OnsetOffset,
    "latency": Latency,
    "population": Population,
    "spikes": SpikeCounts,
    "graded": Graded,
}


def coder(encoder: Any) -> Any:
    """Return the coder that a name or a coder itself stands for."""
    if hasattr(encoder, "encode") and not isinstance(encoder, str):
        return encoder
    return CODERS[checks.option("encoder", encoder, CODERS)]()
