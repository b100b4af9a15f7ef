"""Recording with a worker pool: workers write shards, which the coordinator copies into one file.

Only the coordinator, the process that calls `record`, writes the file. Workers write shards into a folder named after
the fingerprint of the recording, so shards of an interrupted run cannot get into another recording.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from millpond.recording import filling, making, merging, shards
from millpond.recording.outline import outline_of
from millpond.recording.reader import part_path
from millpond.reservoir import checks, provenance, source
from millpond.reservoir.interface import Reservoir
from millpond.reservoir.progress import bar
from millpond.reservoir.sequences import Sequences
from millpond.reservoir.workers import WorkerPool, certain, serial

_PATIENCE = 60  # seconds to wait for another process that writes a shard: a lost worker may run for a while


class Held(NamedTuple):
    """The data of every worker."""

    model: Reservoir
    folder: Path
    """Settings of shards."""
    identity: making.Identity
    dtype: str
    preparation: dict[str, Any] | None
    target: filling.Target | None = None
    """The target of the coordinator; not sent to other processes."""

    def __reduce__(self) -> Any:
        return Held, (*self[:-1], None)


class _Item(NamedTuple):
    """The data that is sent for each run."""

    sequences: Sequences
    run: range
    of: int


def share_out(
    file: h5py.File, part: Path, sequences: Sequences, held: Held, workers: WorkerPool, progress: bool | None
) -> None:
    """Let a worker pool record the remaining sequences."""
    with filling.opened(file, part, "spikes" in held.model.shows) as target:
        n, recorded = len(sequences), file["recorded"][:]
        runs = shards.left(shards.cut(sequences.lengths, held.model.n_units_), recorded)
        items = {run: _Item(piece(sequences, run), run, n) for run in runs}
        held.folder.mkdir(parents=True, exist_ok=True)
        try:
            with (
                (workers if items else serial)(held._replace(target=target)) as run_all,
                bar(n, "recording", int(recorded.sum()), progress) as advance,
            ):
                for run, shard in certain(run_all(_work, items)):
                    if shard is not None:
                        merging.take(target, shard, run, held.identity.mark)
                        shard.unlink()
                    advance(len(run))
        finally:
            for folder in (held.folder, held.folder.parent):
                with suppress(OSError):
                    folder.rmdir()  # if it is empty
    shards.refuse_gaps(shards.left(runs, file["recorded"][:]), n, str(held.folder))


def _work(item: _Item, held: Held) -> Path | None:
    """Record a run directly into the file (in the coordinator), or return the path of its shard (in a worker)."""
    run = item.run
    if held.target is None:
        _check_code(held)
        place = shards.Place(run.start, item.of, held.identity.mark)
        return shard(held.model, item.sequences, place, held.folder, held.dtype, held.preparation)
    for _ in filling.fill(held.target, held.model, item.sequences, np.arange(run.start, run.stop), run.start):
        pass
    return None


def compute(
    file: h5py.File, part: Path, model: Reservoir, sequences: Sequences, progress: bool | None,
    watch: filling.Watch | None = None,
) -> None:  # fmt: skip
    """Record the remaining sequences in this process."""
    with filling.opened(file, part, "spikes" in model.shows, watch) as target:
        todo, n = np.flatnonzero(file["recorded"][:] == 0), len(sequences)
        with bar(n, "recording", n - len(todo), progress) as advance:
            for n_done in filling.fill(target, model, sequences, todo):
                advance(n_done)


def _check_code(held: Held) -> None:
    """Raise InputError if this worker has other code than the coordinator."""
    here, there = ({k: v for k, v in code.items() if k != "__main__"}
                   for code in (source.code(held.model), held.identity.code))  # fmt: skip
    if differs := source.difference(there, here):
        raise checks.InputError(
            f"a worker runs other code than this process (modules that differ: {differs}); use the same code"
        )


def piece(sequences: Sequences, run: range) -> Sequences:
    """Return the sequences of `run` with their names in the complete recording."""
    piece = sequences[run.start : run.stop]
    return piece if piece.names is not None else replace(piece, names=np.array([str(i) for i in run]))


def shard(model: Reservoir, piece: Sequences, place: shards.Place, folder: Path, dtype: str, preparation: Any) -> Path:
    """Write or reuse the shard of the sequences `piece` in `folder`; wait if another process is writing it."""
    run = range(place.first, place.first + len(piece))
    path = shards.path_in(folder, run)
    code = source.code(model)
    identity = making.Identity(provenance.digest([], "shard", *place, len(piece)), code)
    since, seen = time.monotonic(), 0.0
    while True:
        try:
            making.make(
                path, identity, lambda: outline_of(model, piece, dtype, identity.mark, preparation, place.attributes),
                lambda file, part: compute(file, part, model, piece, False),
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
