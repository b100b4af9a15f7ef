"""Streaming states to disk: bounded memory, safe to kill, picked up where it stopped, here or by many workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from millpond.recording import filling, making, shards, sharing
from millpond.recording.outline import mark_of, outline_of
from millpond.recording.reader import Recording
from millpond.reservoir import checks, source
from millpond.reservoir.interface import Reservoir
from millpond.reservoir.sequences import Sequences
from millpond.reservoir.workers import Crew


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

    A recording is known by its model, its sequences and the source code of both the substrate and Millpond's kernels.
    A call that finds another one at `path` is refused.

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
        Workers that share the work, as `reservoir.workers` says. Each writes shards into ``path.shards``, and this
        process copies them into the file. The bytes are the same.

    Returns
    -------
    Recording
        Open for reading.

    Raises
    ------
    InputError
        Bad signals, another recording at `path` or one of other code, another process writing it, a full disk, or a
        shard that is missing, damaged or of another recording.

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
    code = source.code(model)
    identity = making.Identity(mark_of(model, sequences, dtype, code), code)
    if overwrite:
        making.discard(path)
        shards.clear(shards.folder_of(path))

    def filled(file: h5py.File, part: Path) -> None:
        if crew is None:
            filling.fill(file, part, model, sequences, progress)
        else:
            folder = shards.folder_of(path, identity.mark)
            held = sharing.Held(model, folder, identity, dtype, preparation)
            sharing.share_out(file, part, sequences, held, crew, progress)

    making.make(path, identity, lambda: outline_of(model, sequences, dtype, identity.mark, preparation), filled)
    shards.clear(shards.folder_of(path))
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

    For workers that share a folder and nothing else: each takes some of the runs of `millpond.recording.shards.cut`;
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
        raise checks.InputError(f"there is no {run} among {len(sequences)} sequences; use one that 'cut' returns")
    try:
        check_is_fitted(model)
    except NotFittedError:
        raise checks.InputError(
            f"{type(model).__name__} is not fitted; fit it on the same data in all workers, so that they use one model"
        ) from None
    place = shards.Place(run.start, len(sequences), mark_of(model, sequences, dtype, source.code(model)))
    return sharing.shard(model, sharing.piece(sequences, run), place, Path(folder), dtype, preparation)


def _fit_if_needed(model: Reservoir, sequences: Sequences) -> None:
    try:
        check_is_fitted(model)
    except NotFittedError:
        training = sequences if sequences.split is None else sequences[sequences.split == "train"]
        model.fit(training if len(training) else sequences)
