"""A recording made by many: runs of its sequences go to workers, whose bytes come into the one file.

A worker on the machine of who asked puts rows into the file itself. Elsewhere, where two systems would write one file
through a network, it makes a shard, which is copied.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from reservoir import checks, extents, filling, joining, making, merging, provenance, shards, spikes
from reservoir.contract import Reservoir
from reservoir.crews import Crew, alone, certain
from reservoir.outline import outline_of
from reservoir.progress import bar
from reservoir.recording import part_path
from reservoir.sequences import Sequences

_PATIENCE = 60  # seconds without a word from another process that is at a shard: a lost worker may live on a while


class Held(NamedTuple):
    """What every worker holds."""

    model: Reservoir
    folder: Path
    """Of shards."""
    mark: str
    dtype: str
    preparation: dict[str, Any] | None


class _Here(NamedTuple):
    """What a worker on this machine holds besides: where the rows go, and in which file."""

    held: Held
    target: filling.Target
    file: extents.Identity | None


class _Item(NamedTuple):
    """What is sent for each run."""

    sequences: Sequences
    run: range
    of: int
    starts: filling.Starts


def share_out(
    file: h5py.File, part: Path, sequences: Sequences, held: Held, crew: Crew, progress: bool | None
) -> None:
    """Have a crew fill what is not recorded, and the spikes join what is."""
    shows_spikes = "spikes" in held.model.shows
    if shows_spikes:
        spikes.keep_recorded(file, part)
    n, starts, recorded = len(sequences), filling.starts_of(file), file["recorded"][:]
    runs = shards.left(shards.cut(sequences.lengths, held.model.n_units_), recorded)
    target, mark = filling.target_of(file, part), filling.marks(file)
    here = _Here(held, target, extents.identity(target.part))
    items = {run: _Item(piece(sequences, run), run, n, starts.part(run)) for run in runs}
    try:
        with (crew if items else alone)(here) as run_all, bar(n, "recording", int(recorded.sum()), progress) as advance:
            for run, found in certain(run_all(_work, items)):
                if isinstance(found, Path):
                    merging.take(file, part, found, run, held.mark)
                    found.unlink()
                else:
                    mark(run, found)
                advance(len(run))
    finally:
        with suppress(OSError):
            held.folder.rmdir()  # if nothing is in it
    shards.refuse_gaps(shards.left(runs, file["recorded"][:]), n, str(held.folder))
    if shows_spikes:
        joining.join(file, part)


def _work(item: _Item, here: _Here) -> filling.Sums | Path:
    """Return the checksums of what was put into the file, or where the file is not seen, a shard."""
    held, run = here.held, item.run
    if here.file is None or extents.identity(here.target.part) != here.file:
        held.folder.mkdir(exist_ok=True)
        place = shards.Place(run.start, item.of, held.mark)
        return shard(held.model, item.sequences, place, held.folder, held.dtype, held.preparation)
    signals, lengths = item.sequences.signals, item.sequences.lengths
    found = []
    for batch in filling.batches(np.arange(len(run)), lengths, filling.rows_at_a_time(held.model.n_units_)):
        own, starts = signals[batch.start : batch.stop], item.starts.part(batch)
        found.append(filling.write(here.target, held.model, own, run[batch.start : batch.stop], starts))
    return {name: np.concatenate([sums[name] for sums in found]) for name in found[0]}


def piece(sequences: Sequences, run: range) -> Sequences:
    """Return the sequences of `run`, with the names they have in the whole."""
    piece = sequences[run.start : run.stop]
    return piece if piece.names is not None else replace(piece, names=np.array([str(i) for i in run]))


def shard(
    model: Reservoir, piece: Sequences, place: shards.Place, folder: Path, dtype: str, preparation: Any
) -> Path:
    """Make the shard of the sequences `piece` in `folder`, or find it there; wait for one that another makes."""
    run = range(place.first, place.first + len(piece))
    path = shards.path_in(folder, run)
    mark = provenance.digest([], "shard", *place, len(piece))
    since, seen = time.monotonic(), 0.0
    while True:
        try:
            making.make(
                path, mark, lambda: outline_of(model, piece, dtype, mark, preparation, place.attributes),
                lambda file, part: filling.fill(file, part, model, piece, False),
            )  # fmt: skip
            return path
        except making.BeingWrittenError:
            part = part_path(path)
            written = part.stat().st_mtime if part.exists() else 0.0
            if written != seen:
                since, seen = time.monotonic(), written
            elif time.monotonic() > since + _PATIENCE:
                raise
            time.sleep(0.1)
        except checks.InputError as error:
            raise checks.InputError(f"the shard of sequences {run.start} to {run.stop - 1}: {error}") from error
