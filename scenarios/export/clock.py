"""One clock for sequences that each had their own."""

from __future__ import annotations

import numpy as np

from reservoir import Recording

GAP = 1.0
"""Seconds between the end of a sequence and the start of the next."""


def trials(recording: Recording) -> dict[str, np.ndarray]:
    """Return start and stop (s) of each sequence on the common clock, and what is known of it.

    Returns
    -------
    dict
        ``start_time``, ``stop_time``, and where the recording has them ``sequence`` (its name), ``label``, ``group``,
        ``split``;
        arrays (n_sequences,).
    """
    lasts = recording.lengths * recording.period
    starts = np.concatenate([[0.0], np.cumsum(lasts + GAP)[:-1]])
    found = {"start_time": starts, "stop_time": starts + lasts}
    known = {
        "sequence": recording.names, "label": recording.labels, "group": recording.groups, "split": recording.split,
    }  # fmt: skip
    return found | {name: values for name, values in known.items() if values is not None}
