"""One clock for sequences that each had their own."""

from __future__ import annotations

import numpy as np

from millpond.lsm.units import si
from millpond.recording import Recording

GAP = 1.0
"""Seconds between the end of a sequence and the start of the next."""


def trials(recording: Recording) -> dict[str, np.ndarray]:
    """Return start and stop (s) of each sequence on the common clock, and what is known of it.

    Where there are spikes, the clock is theirs: a row lasts as long as the liquid runs for it.

    Returns
    -------
    dict
        ``start_time``, ``stop_time``, and where the recording has them ``sequence`` (its name), ``label``, ``group``,
        ``split``;
        arrays (n_sequences,).
    """
    lasts = recording.lengths * row_period(recording)
    starts = np.concatenate([[0.0], np.cumsum(lasts + GAP)[:-1]])
    found = {"start_time": starts, "stop_time": starts + lasts}
    known = {
        "sequence": recording.names, "label": recording.labels, "group": recording.groups, "split": recording.split,
    }  # fmt: skip
    return found | {name: values for name, values in known.items() if values is not None}


def row_period(recording: Recording) -> float:
    """Return how long a row lasts on the clock of the spikes (s), or without spikes on that of the input."""
    own = recording.provenance["config"]["params"].get("row_period")
    return recording.period if recording.spikes is None or own is None else si("row_period", own, "s", above=0)
