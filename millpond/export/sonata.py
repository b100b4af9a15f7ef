"""Spikes as SONATA has them (Dai et al. 2020, doi:10.1371/journal.pcbi.1007696), and the trials beside them.

``/spikes/NAME/timestamps`` (ms) and ``node_ids``, sorted by time, as the format's guide asks
(github.com/AllenInstitute/sonata). SONATA knows no trials: they are in a group of their own, which its readers pass by.
"""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from millpond.export.clock import trials
from millpond.recording import Recording
from millpond.reservoir import checks

_MAGIC, _VERSION = 0x0A7A, (0, 1)
_SORTING = h5py.enum_dtype({"none": 0, "by_id": 1, "by_time": 2}, basetype="u1")


def write(recording: Recording, path: Path) -> None:
    """Write the spikes of all sequences to `path`, the population called as the substrate."""
    if recording.spikes is None:
        raise checks.InputError(
            f"{recording.path} has no spikes, and SONATA export supports only spikes; export its states with --to nwb"
        )
    found = trials(recording)
    with h5py.File(path, "w") as file:
        file.attrs["magic"], file.attrs["version"] = np.uint32(_MAGIC), np.array(_VERSION, "u4")
        spikes = file.create_group(f"spikes/{recording.attrs['substrate']}")
        spikes.attrs.create("sorting", 2, dtype=_SORTING)
        n = int(recording.spikes.lengths.sum())
        timestamps = spikes.create_dataset("timestamps", (n,), "f8")
        timestamps.attrs["units"] = "milliseconds"
        node_ids = spikes.create_dataset("node_ids", (n,), "u8")
        first = 0
        for start, (times, units) in zip(found["start_time"], recording.spikes, strict=True):
            timestamps[first : first + len(times)] = 1000 * (start + times)
            node_ids[first : first + len(times)] = units
            first += len(times)
        group = file.create_group("trials")
        for name, values in found.items():
            group[name] = values.astype(h5py.string_dtype()) if values.dtype.kind == "U" else values
        for name in ("start_time", "stop_time"):
            group[name].attrs["units"] = "seconds"
