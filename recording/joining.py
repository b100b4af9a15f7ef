"""Adding the spikes to a partial recording: a new group is created and the spikes are copied into it.

This changes HDF5 structures, which a kill must not leave in an inconsistent state. Therefore all bytes except the rows,
which do not change, are copied to an undo file first. The next call that finds an undo file restores them.
"""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np

from millpond.recording import extents, layout, room, spikes
from millpond.reservoir import checks


def undo_path(part: Path) -> Path:
    """Return the path of the undo file of the partial recording `part`."""
    return Path(f"{part}.undo")


def undone(part: Path) -> None:
    """Restore a file to the state before its spikes were added, if a call was killed in between.

    The caller must hold the lock of the file.
    """
    undo = undo_path(part)
    if not undo.exists() or not part.exists():
        return
    with h5py.File(undo, "r") as file:
        left = _but_rows(file)
    extents.copy(undo, part, [(run, run.start) for run in left])
    os.truncate(part, undo.stat().st_size)
    undo.unlink()


def join(file: h5py.File, part: Path) -> None:
    """Add the group of spikes to `file`, in which all sequences are recorded, from the spike files.

    Raises
    ------
    InputError
        Spikes of some sequences are missing.
    """
    pieces = spikes.pieces(part)
    lost = np.ones(len(file["row_size"]), bool)
    for piece in pieces:
        lost[piece.run.start : piece.run.stop] = False
    if lost.any():
        raise checks.InputError(
            f"spikes of {lost.sum()} sequences, the first {lost.argmax()}, are missing in {spikes.folder_of(part)}; "
            "repeat the call, which computes them again"
        )
    each = [piece.counts() for piece in pieces]
    counts = np.concatenate(each)
    file.flush()
    _keep_undo(file, part)
    n_bytes = int(counts.sum()) * sum(dtype.itemsize for dtype in spikes.COLUMNS.values()) + 8 * len(counts)
    room.ask(part, n_bytes, n_bytes)
    group = layout.create_spikes(file, counts)
    file.flush()
    columns = {name: extents.of(group[name]) for name in spikes.COLUMNS}
    first = 0
    for piece, own in zip(pieces, each, strict=True):
        n = int(own.sum())
        there = {name: extent.at(first) for name, extent in columns.items()}
        extents.copy(piece.path, part, [(run, there[name]) for name, run in piece.columns(n).items() if run])
        first += n


def _keep_undo(file: h5py.File, part: Path) -> None:
    """Copy all bytes except the rows to the undo file, which is sparse."""
    undo = undo_path(part)
    fresh = Path(f"{undo}.new")
    try:
        with fresh.open("wb") as raw:
            raw.truncate(part.stat().st_size)
        extents.copy(part, fresh, [(run, run.start) for run in _but_rows(file)])
        fresh.replace(undo)
    finally:
        fresh.unlink(missing_ok=True)


def _but_rows(file: h5py.File) -> list[range]:
    """Return the byte ranges of a partial file outside the rows of states, frames, inputs, times and targets."""
    rows = [file[name] for name in ("states", "inputs", "time", "targets", "frames/intensity") if name in file]
    taken = [range(begin := extents.of(var).begin, begin + var.id.get_storage_size()) for var in rows]
    return extents.complement(taken, Path(file.filename).stat().st_size)
