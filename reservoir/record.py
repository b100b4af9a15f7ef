"""Streaming states to disk: bounded memory, safe to kill, picked up where it stopped, here or by many workers."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from reservoir import checks, making, merging, provenance, shards, spikes
from reservoir.contract import Reservoir
from reservoir.crews import Crew, certain
from reservoir.filling import fill
from reservoir.progress import bar
from reservoir.recording import Recording, part_path
from reservoir.sequences import Sequences

_PATIENCE = 60  # seconds without a word from another process that is at a shard: a lost worker may live on a while


def record(
    model: Reservoir,
    sequences: Any,
    path: str | Path,
    *,
    dtype: str = "float32",
    overwrite: bool = False,
    preparation: dict[str, Any] | None = None,
    progress: bool | None = None,
    crew: Crew | None = None,
) -> Recording:
    """Drive `model` with every sequence and keep inputs, states and what else it shows in one HDF5 file.

    The work goes on in ``path.part``, which becomes `path` when it is whole. Stopped in the middle (also
    by ``kill -9``), that file opens and holds every sequence that was reported done, and the same call
    goes on from there and ends with the same bytes of states.

    Parameters
    ----------
    model : Reservoir
        Fitted, or it is fitted here: on the training part of `sequences` where they have a split.
    sequences : Sequences, list of ndarray (n_steps, n_channels), or ndarray
    path : str or Path
    dtype : {"float32", "float64"}
        Precision of the states on disk.
    overwrite : bool
        Throw away what is at `path` and ``path.part``, whatever it is; a stopped call goes on without it.
    preparation : dict, optional
        How the sequences were made, as plain data: kept as JSON. What Millpond's own tasks put there, with the
        key ``task``, is read by ``millpond train`` and ``play``.
    progress : bool, optional
        Show a bar; by default where a person is looking.
    crew : callable, optional
        Who does it, as `reservoir.crews` says, in place of this process: its workers write shards into
        ``path.shards``, which go into the file as they come. The bytes are the same.

    Returns
    -------
    Recording
        Open for reading.

    Raises
    ------
    InputError
        Bad signals, another recording at `path`, another process writing it, a full disk, or a shard that is
        missing, damaged or of another recording.

    Notes
    -----
    Memory is the inputs and about 16 MB of states. A sequence longer than that is recorded in
    chunks, which for a substrate that shows states alone gives the same states. The promise covers the
    death of the process; after a power cut the last seconds may be missing.
    """
    if not isinstance(sequences, Sequences):
        sequences = Sequences(sequences)
    checks.option("dtype", dtype, ("float32", "float64"))
    path = Path(path)
    checks.has_folder(path)
    _fit_if_needed(model, sequences)
    model._checked(sequences[:1])  # the wrong number of channels is told before a file is begun
    mark = _mark(model, sequences, dtype)
    folder = shards.folder_of(path)
    if overwrite:
        making.discard(path)
        shards.clear(folder)

    def filled(file: h5py.File, part: Path) -> None:
        if crew is None:
            fill(file, part, model, sequences, progress)
        else:
            _share_out(file, part, sequences, _Held(model, folder, mark, dtype, preparation), crew, progress)

    making.make(path, mark, lambda: _outline(model, sequences, dtype, mark, preparation), filled,
                "spikes" in model.shows)  # fmt: skip
    shards.clear(folder)
    return Recording([h5py.File(path, "r")], path)  # examined already, or written here


def record_shard(
    model: Reservoir,
    sequences: Any,
    run: range,
    folder: str | Path,
    *,
    dtype: str = "float32",
    preparation: dict[str, Any] | None = None,
) -> Path:
    """Record some neighbours among the sequences as a shard of the recording that all of them would make.

    For workers that share a folder and nothing else: each takes some of the runs of `reservoir.shards.cut`;
    `Recording.open(folder)` then reads all shards, and `reservoir.merge` makes one file of them. Called again, it goes
    on, or returns what is whole.

    Parameters
    ----------
    model : Reservoir
        Fitted: by each worker, from the same seed and sequences, or once.
    sequences : Sequences, list of ndarray (n_steps, n_channels), or ndarray
        All of them.
    run : range
        Which of them to record.
    folder : str or Path
    dtype, preparation
        As for `record`.

    Returns
    -------
    Path
        The shard, whole.

    Raises
    ------
    InputError
        A model that is not fitted, and as `record`.
    """
    if not isinstance(sequences, Sequences):
        sequences = Sequences(sequences)
    checks.option("dtype", dtype, ("float32", "float64"))
    if not 0 <= run.start < run.stop <= len(sequences) or run.step != 1:
        raise checks.InputError(f"there is no {run} among {len(sequences)} sequences; take one that 'cut' gives")
    try:
        check_is_fitted(model)
    except NotFittedError:
        raise checks.InputError(
            f"{type(model).__name__} is not fitted; fit it on what all workers know, so that they have the same"
        ) from None
    place = shards.Place(run.start, len(sequences), _mark(model, sequences, dtype))
    return _recorded(model, _piece(sequences, run), place, Path(folder), dtype, preparation)


class _Held(NamedTuple):
    """What every worker holds."""

    model: Reservoir
    folder: Path
    mark: str
    dtype: str
    preparation: dict[str, Any] | None


class _Item(NamedTuple):
    """What is sent for each shard."""

    sequences: Sequences
    first: int
    of: int


def _share_out(
    file: h5py.File, part: Path, sequences: Sequences, held: _Held, crew: Crew, progress: bool | None
) -> None:
    """Have a crew make the shards of what is not recorded, and take each into the file as it comes."""
    recorded = file["recorded"][:]
    n, lengths = len(sequences), sequences.lengths
    items = {
        run: _Item(_piece(sequences, run), run.start, n)
        for run in shards.left(shards.cut(lengths, held.model.n_units_), recorded)
    }
    if "spikes" in held.model.shows:
        spikes.keep_recorded(part, recorded)
    if items:
        held.folder.mkdir(exist_ok=True)
        try:
            with bar(n, "recording", int(recorded.sum()), progress) as advance, crew(held) as run_all:
                for run, shard in certain(run_all(_work, items)):
                    merging.take(file, part, Path(shard), run, held.mark)
                    Path(shard).unlink()
                    advance(len(run))
        finally:
            with suppress(OSError):
                held.folder.rmdir()  # if nothing is in it
    undone = file["recorded"][:]
    shards.refuse_gaps(shards.left(shards.cut(lengths, held.model.n_units_), undone), n, str(held.folder))


def _work(item: _Item, held: _Held) -> Path:
    place = shards.Place(item.first, item.of, held.mark)
    return _recorded(held.model, item.sequences, place, held.folder, held.dtype, held.preparation)


def _piece(sequences: Sequences, run: range) -> Sequences:
    """Return the sequences of `run`, with the names they have in the whole."""
    piece = sequences[run.start : run.stop]
    return piece if piece.names is not None else replace(piece, names=np.array([str(i) for i in run]))


def _recorded(
    model: Reservoir, piece: Sequences, place: shards.Place, folder: Path, dtype: str, preparation: Any
) -> Path:
    run = range(place.first, place.first + len(piece))
    path = shards.path_in(folder, run)
    mark = provenance.digest([], "shard", *place, len(piece))
    since, seen = time.monotonic(), 0.0
    while True:
        try:
            making.make(
                path, mark, lambda: _outline(model, piece, dtype, mark, preparation, place.attributes),
                lambda file, part: fill(file, part, model, piece, False), "spikes" in model.shows,
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


def _fit_if_needed(model: Reservoir, sequences: Sequences) -> None:
    try:
        check_is_fitted(model)
    except NotFittedError:
        training = sequences if sequences.split is None else sequences[sequences.split == "train"]
        model.fit(training if len(training) else sequences)


def _mark(model: Reservoir, sequences: Sequences, dtype: str) -> str:
    """Return the fingerprint of a recording of `sequences` by `model`."""
    facts = (dtype, sequences.period, *(None if v is None else list(map(str, v)) for v in
             (sequences.labels, sequences.groups, sequences.split, sequences.names)),
             *([q.name, q.score, *(list(map(str, a)) for a in (*q.answers, *(q.rows or ())))]
               for q in sequences.questions))  # fmt: skip
    return provenance.fingerprint(model, [*sequences.signals, *(sequences.targets or ())], *facts)


def _outline(
    model: Any, sequences: Sequences, dtype: str, mark: str, preparation: dict[str, Any] | None, place: Any = None
) -> making.Outline:
    shows = tuple(name for name in ("spikes", "frames") if name in model.shows)
    frames = (-(-sequences.lengths // model.frames_every), model.frame_shape_) if "frames" in shows else None
    commit, dirty = provenance.git_commit()
    origin = {
        "config": provenance.config(model), "environment": provenance.environment(), "preparation": preparation or {},
        "git_commit": commit, "git_dirty": dirty, "command": provenance.typed(sys.argv),
    }  # fmt: skip
    return making.Outline(
        sequences, model.n_units_, np.dtype(dtype), model.unit_positions_, shows, frames,
        _attributes(model, sequences, mark) | (place or {}), origin,
    )  # fmt: skip


def _attributes(model: Reservoir, sequences: Sequences, mark: str) -> dict[str, Any]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    seed = getattr(model, "random_state", None)
    attrs = {
        "title": f"states of {type(model).__name__}",
        "substrate": type(model).__module__.split(".")[0],
        "source": f"millpond {provenance.environment()['millpond']}",
        "history": f"{now} {provenance.typed(sys.argv)}",
        "dt": np.float64(sequences.period),
        "fingerprint": mark,
        "complete": np.uint8(0),
    }
    return attrs | ({"seed": np.int64(seed)} if isinstance(seed, int | np.integer) and seed < 2**63 else {})
