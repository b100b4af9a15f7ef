"""Spikes of a recording in the making: a plain log beside it, since their number is known only at the end.

The log is a row of (sequence, time, unit) records. Joining it to the file makes a second file and leaves
the first alone, so a kill at any moment loses nothing.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import numpy as np

from reservoir import layout, room
from reservoir.checksums import crc

_RECORD = np.dtype([("sequence", "u4"), ("unit_index", "u4"), ("time", "f8")])


def log_path(part: Path) -> Path:
    """Return where the log of the recording in the making `part` is."""
    return Path(f"{part}.spikes")


def append(part: Path, batch: np.ndarray, spikes: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Add the spikes (times in s, unit indices) of each sequence in `batch`, sorted by time; return their checksums."""
    sums = []
    with log_path(part).open("ab") as log:
        for sequence, (times, units) in zip(batch, spikes, strict=True):
            records = np.empty(len(times), _RECORD)
            order = np.argsort(times, kind="stable")
            records["sequence"], records["time"], records["unit_index"] = sequence, times[order], units[order]
            records.tofile(log)
            sums.append(crc([records["time"], records["unit_index"]]))
    return np.array(sums, "u4")


def append_run(part: Path, run: range, counts: np.ndarray, times: np.ndarray, units: np.ndarray) -> None:
    """Add the spikes of neighbouring sequences, `counts` of each, as a recording holds them."""
    records = np.empty(len(times), _RECORD)
    records["sequence"], records["time"], records["unit_index"] = np.repeat(np.array(run, "u4"), counts), times, units
    with log_path(part).open("ab") as log:
        records.tofile(log)


def keep_recorded(part: Path, recorded: np.ndarray) -> None:
    """Drop what a killed run logged for sequences that it did not mark as recorded."""
    records = _read(part)
    kept = records[recorded[records["sequence"]] == 1]
    fresh = Path(f"{log_path(part)}.new")
    kept.tofile(fresh)
    fresh.replace(log_path(part))


def joined(file: h5py.File, part: Path) -> Path:
    """Return a new, complete file that holds all of `file` and the logged spikes."""
    whole = Path(f"{part}.whole")
    shutil.copyfile(part, whole)
    records = _read(part)
    owners = records["sequence"]
    if (owners[1:] < owners[:-1]).any():  # shards come in the order in which they are done
        records = records[np.argsort(owners, kind="stable")]
    counts = np.bincount(records["sequence"], minlength=len(file["sequence"]))
    room.ask(whole, records.nbytes + 8 * len(counts), records.nbytes + 8 * len(counts))
    with h5py.File(whole, "r+", libver=layout.LIBVER) as target:
        group = layout.create_spikes(target, counts)
        for name in ("time", "unit_index"):
            if len(records):
                group[name][:] = records[name]
        target.attrs.modify("complete", np.uint8(1))
    return whole


def _read(part: Path) -> np.ndarray:
    log = log_path(part)
    return np.fromfile(log, _RECORD) if log.exists() else np.empty(0, _RECORD)
