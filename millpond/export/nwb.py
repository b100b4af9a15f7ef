"""A recording as Neurodata Without Borders, version 2 (Rübel et al. 2022, doi:10.7554/eLife.78362), by pynwb.

Units with their spikes where there are any, sequences as trials, and states and inputs as time series on the common
clock. These are copied in pieces, so that memory does not grow with them; spikes are held in memory whole.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from millpond.export.clock import row_period, trials
from millpond.recording import Recording
from millpond.reservoir import checks


def write(recording: Recording, path: Path) -> None:
    """Write `recording` to `path`: spikes, states and inputs; targets, questions, places and frames stay behind."""
    try:
        import pynwb
    except ImportError:
        raise checks.InputError("NWB files are written by pynwb; install it with pip install 'pynwb>=3'") from None
    if recording.path.is_dir():
        raise checks.InputError(f"{recording.path} contains shards; merge them first with 'millpond merge'")
    found = trials(recording)
    origin = recording.provenance
    model = recording.attrs["substrate"]
    file = pynwb.NWBFile(
        session_description=f"{model}, a simulated reservoir: {len(recording)} sequences end to end",
        identifier=str(recording.attrs["fingerprint"]),
        session_start_time=datetime.fromisoformat(recording.attrs["history"].split()[0].rstrip(":")),
        source_script=str(origin["command"]),
        source_script_file_name="command",
        notes=json.dumps(
            {
                "config": origin["config"],
                "environment": origin["environment"],
                "preparation": origin["preparation"],
                "git_commit": origin["git_commit"],
            }
        ),
    )
    for name in [name for name in found if name in _ABOUT]:
        file.add_trial_column(name, _ABOUT[name])
    for k in range(len(recording)):
        file.add_trial(**{name: values[k].item() for name, values in found.items()})
    if recording.spikes is not None:
        _add_units(file, recording, found["start_time"])
    with h5py.File(recording.path) as source:
        rows = np.concatenate([np.arange(n) for n in recording.lengths])
        clock = row_period(recording) * rows + np.repeat(found["start_time"], recording.lengths)
        for name, about in (("states", f"states of {model}, a column for each unit"), ("inputs", "what drove it")):
            series = pynwb.TimeSeries(
                name=name, data=_in_pieces(source[name]), timestamps=clock, unit="1", description=about
            )
            file.add_acquisition(series)
        with pynwb.NWBHDF5IO(path, "w") as target:
            target.write(file)


_ABOUT = {
    "sequence": "its name", "label": "its class", "group": "speaker or subject",
    "split": "train, validation or test",
}  # fmt: skip


def _add_units(file: Any, recording: Recording, starts: np.ndarray) -> None:
    assert recording.spikes is not None
    each = list(recording.spikes)
    times = np.concatenate([start + t for start, (t, _) in zip(starts, each, strict=True)])
    order = np.argsort(units := np.concatenate([u for _, u in each]), kind="stable")
    ends = np.cumsum(np.bincount(units, minlength=recording.n_units))
    for k, own in enumerate(np.split(times[order], ends[:-1])):
        file.add_unit(id=k, spike_times=own)


def _in_pieces(variable: h5py.Dataset) -> Any:
    from hdmf.data_utils import GenericDataChunkIterator

    class Pieces(GenericDataChunkIterator):
        def _get_data(self, selection: tuple[slice, ...]) -> np.ndarray:
            return variable[selection]

        def _get_maxshape(self) -> tuple[int, ...]:
            return tuple(variable.shape)

        def _get_dtype(self) -> np.dtype:
            return np.dtype(variable.dtype)

    return Pieces()
