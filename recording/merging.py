"""Merging of shards into one file: each is validated, compared with its checksums and copied in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np

from millpond.recording import checksums, examine, filling, layout, making, shards, spikes
from millpond.recording.outline import Outline
from millpond.recording.reader import Recording
from millpond.reservoir import checks

_BLOCK_SPIKES = 2**18
_BLOCK_BYTES = 2**22  # block size: read, checksum and write while the block is in the processor cache
_POSITIONS = ("unit_x", "unit_y", "unit_z")


def merge(folder: str | Path, path: str | Path) -> Recording:
    """Merge the shards in `folder` into one recording; the shards are not changed.

    The result is identical to that of `record`, with the provenance of the first shard. A call that was interrupted
    resumes when it is repeated.

    Returns
    -------
    Recording
        Open for reading.

    Raises
    ------
    InputError
        Sequences are missing, a shard is damaged, incomplete or belongs to another recording, and as `record`.
    """
    path = Path(path)
    with Recording.open(folder) as view:
        if not view.path.is_dir():
            raise checks.InputError(f"{view.path} is a single file; give the folder of the shards")
        for shard in view.files:
            if checksums.GROUP not in shard:
                raise checks.InputError(f"{shard.filename} holds no checksums, so it cannot be merged; make it again")
        mark = view.attrs["fingerprint"]
        identity = making.Identity(mark, view.provenance.get("code", {}))
        runs = view.runs

        def taken(file: h5py.File, part: Path) -> None:
            with filling.opened(file, part, view.spikes is not None) as target:
                recorded = file["recorded"][:]
                for run, shard in runs.items():
                    if not recorded[run.start : run.stop].all():
                        take(target, shard, run, mark)

        making.make(path, identity, lambda: _outline(view), taken)
    return Recording.open(path)


def take(target: filling.Target, path: Path, run: range, mark: str) -> None:
    """Copy the shard at `path` with the sequences `run` into a partial recording and mark them as recorded.

    Raises
    ------
    InputError
        The shard is missing, incomplete, damaged or belongs to another recording.
    """
    file = target.file
    again = f"delete it and make it again: it is the shard of sequences {run.start} to {run.stop - 1}"
    with _opened(path, again) as shard:
        belongs = shards.place_of(shard) == (run.start, len(file["row_size"]), mark) and np.array_equal(
            shard["row_size"][:], file["row_size"][run.start : run.stop]
        )
        if not belongs or not _same_given(shard, file, run):
            raise checks.InputError(f"{path} belongs to another recording than {file.filename}; {again}")
        if not shard.attrs["complete"]:
            raise checks.InputError(f"{path} is incomplete; {again}")
        sums = {name: _copied(shard, target, name, run) for name in target.starts}
        if target.log is not None:
            sums["spikes"] = _copied_spikes(shard["spikes"], target.log, run)
        for name, found in sums.items():
            _refuse_damage(shard, name, found, again)
    filling.mark(file, run, sums)


@contextmanager
def _opened(path: Path, again: str) -> Iterator[h5py.File]:
    if not path.exists():
        raise checks.InputError(f"{path} is missing; {again.removeprefix('delete it and ')}")
    if problem := examine.problem(path):
        raise checks.InputError(f"{path} {problem}; {again}")
    try:
        file = h5py.File(path, "r")
    except OSError:
        raise checks.InputError(f"{path} is being written, or is not readable; {again}") from None
    with file:
        if checksums.GROUP not in file:
            raise checks.InputError(f"{path} holds no checksums; {again}")
        yield file


def _same_given(shard: h5py.File, file: h5py.File, run: range) -> bool:
    """Return whether a shard has the same structure and inputs, compared by checksums."""
    if shards.kind(shard) != shards.kind(file):
        return False
    ours, theirs = file.get(checksums.GROUP, {}), shard[checksums.GROUP]
    given = [name for name in ("inputs", "time", "targets") if name in ours]
    return all(n in theirs and np.array_equal(theirs[n][:], ours[n][run.start : run.stop]) for n in given)


def _copied(shard: h5py.File, target: filling.Target, name: str, run: range) -> np.ndarray:
    """Copy all rows of states or frames; return their checksums."""
    (where,) = checksums.COLUMNS[name]
    source, var, edges = shard[where], target.file[where], target.starts[name][run.start : run.stop + 1]
    width = source.dtype.itemsize * int(np.prod(source.shape[1:]))
    buffer = np.empty((max(1, _BLOCK_BYTES // width), *source.shape[1:]), source.dtype)
    running = checksums.Running(np.diff(edges) * width)
    for start in range(0, len(source), len(buffer)):
        block = buffer[: len(source) - start]
        layout.read_rows(source, start, block)
        running.add(block)
        layout.put_rows(var, int(edges[0]) + start, block)
    return running.sums


def _copied_spikes(group: h5py.Group, log: IO[bytes], run: range) -> np.ndarray:
    """Append all spikes to the log in bounded memory; return their checksums."""
    writer, first = spikes.Writer(log, run), 0
    for i, n in zip(run, group["row_size"][:].tolist(), strict=True):
        for at in range(first, first + n, _BLOCK_SPIKES):
            block = slice(at, min(at + _BLOCK_SPIKES, first + n))
            writer.add(i, *(group[name][block] for name in spikes.COLUMNS))
        first += n
    return writer.end()


def _refuse_damage(shard: h5py.File, name: str, found: np.ndarray, again: str) -> None:
    kept = shard[checksums.GROUP].get(name)
    wrong = np.flatnonzero(found != kept[:]) if kept is not None else np.arange(len(found))
    if len(wrong):
        names = shard["sequence_name"].asstr()[:]
        named = ", ".join(f"{i} ({names[i]})" for i in wrong[:10])
        raise checks.InputError(f"{shard.filename} is damaged ({name} of its sequences {named} differ); {again}")


def _outline(view: Recording) -> Outline:
    """Return the outline of the complete recording."""
    first = view.files[0]
    columns = [first[name][:] for name in _POSITIONS if name in first]
    shows = tuple(name for name in ("spikes", "frames") if name in first)
    frames: Any = None
    if "frames" in shows:
        counts = np.concatenate([file["frames/row_size"][:] for file in view.files])
        frames = counts, first["frames/intensity"].shape[1:]
    raw = {k: v for k, v in first.attrs.items() if k not in ("Conventions", "format", "format_version")}
    attrs = shards.of_whole(raw) | {"complete": np.uint8(0)}
    return Outline(
        view.sequences, view.n_units, first["states"].dtype, np.column_stack(columns) if columns else None,
        shows, frames, attrs, {"code": {}} | view.provenance,
    )  # fmt: skip
