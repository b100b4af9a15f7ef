"""The signals that a model of spikes is given: arrays for its encoder, or spike trains."""

from __future__ import annotations

from typing import Any

from millpond.lsm.clockwork import raster
from millpond.lsm.coding import SpikeCounts, coder
from millpond.reservoir import checks
from millpond.reservoir.sequences import spike_rows
from millpond.reservoir.spike_trains import SpikeRows


def trains(model: Any, X: Any) -> list[SpikeRows] | None:
    """Return the spike trains in X as signals with the rows of `model`, or None if X contains arrays.

    Raises
    ------
    InputError
        The encoder of the model does not take spikes, or as `spike_rows`.
    """
    dt, n_sub = raster(model.dt, model.row_period)
    found = spike_rows(X, dt * n_sub, getattr(model, "n_features_in_", None))
    if found is not None and not isinstance(coder(model.encoder), SpikeCounts):
        raise checks.InputError(
            f"X contains spike trains, but encoder is {model.encoder!r}; use encoder='spikes' for spike trains"
        )
    return found
