"""Recording states to disk with bounded memory; interrupted recordings resume, in one process or in many."""

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
from millpond.reservoir.sequences import Sequences, spike_rows
from millpond.reservoir.workers import WorkerPool


def record(
    model: Reservoir,
    sequences: Any,
    path: str | Path,
    *,
    dtype: str = "float32",
    overwrite: bool = False,
    preparation: dict[str, Any] | None = None,
    progress: bool | None = None,
    workers: WorkerPool | None = None,
    watch: filling.Watch | None = None,
) -> Recording:
    """Drive `model` with every sequence and write inputs, states and other output to one HDF5 file.

    A recording is identified by its model, its sequences and the source code of the model and of Millpond's kernels.
    If `path` contains another recording, the call raises InputError.

    States are written to ``path.part``, which is renamed to `path` when complete. If the process is killed (also by
    ``kill -9``), the partial file can be opened and contains every sequence that was reported as done. The same call
    then resumes and produces the same bytes of states.

    Parameters
    ----------
    model : Reservoir
        A model that is not fitted is fitted here, on the training part of `sequences` if they have a split.
    sequences : Sequences, list of ndarray (n_steps, n_channels), or ndarray
    path : str or Path
    dtype : {"float32", "float64"}
        Precision of the states on disk.
    overwrite : bool
        Delete `path` and ``path.part`` first. Resuming an interrupted call does not need this.
    preparation : dict, optional
        Description of how the sequences were made, stored as JSON. ``millpond train`` and ``play`` read the
        description that Millpond's own tasks store, which has the key ``task``.
    progress : bool, optional
        Show a progress bar. The default is True if standard error is a terminal.
    workers : callable, optional
        Worker pool (see `reservoir.workers`). Each worker writes shards into ``path.shards``, and this process copies
        them into the file. The result has the same bytes.
    watch : function (index, states), optional
        Called with the index of a sequence and its next states (n_steps, n_units), in the precision of the model.
        Sequences that are already recorded are not computed again, and the function does not receive them. Not
        available with `workers`.

    Returns
    -------
    Recording
        Open for reading.

    Raises
    ------
    InputError
        A signal is invalid, `path` contains another recording or one of other code, another process writes it, the disk
        is full, or a shard is missing, damaged or belongs to another recording.

    Notes
    -----
    The memory contains the inputs and about 16 MB of states. A longer sequence is recorded in chunks, which gives the
    same states for a model whose only output is states. The guarantee covers a kill of the process. After a power
    failure the last seconds may be missing.
    """
    sequences = _as_sequences(sequences)
    checks.option("dtype", dtype, ("float32", "float64"))
    path = Path(path)
    checks.has_folder(path)
    _fit_if_needed(model, sequences)
    model.checked_signals(sequences[:1])  # report a wrong number of channels before creating a file
    code = source.code(model)
    identity = making.Identity(mark_of(model, sequences, dtype, code), code)
    if overwrite:
        making.discard(path)
        shards.clear(shards.folder_of(path))

    def filled(file: h5py.File, part: Path) -> None:
        if workers is None:
            sharing.compute(file, part, model, sequences, progress, watch)
        else:
            folder = shards.folder_of(path, identity.mark)
            held = sharing.Held(model, folder, identity, dtype, preparation)
            sharing.share_out(file, part, sequences, held, workers, progress)

    making.make(path, identity, lambda: outline_of(model, sequences, dtype, identity.mark, preparation), filled)
    shards.clear(shards.folder_of(path))
    return Recording([h5py.File(path, "r")], path)  # already validated, or written by this process


def record_shard(
    model: Reservoir,
    sequences: Any,
    run: range,
    folder: str | Path,
    *,
    dtype: str = "float32",
    preparation: dict[str, Any] | None = None,
) -> Path:
    """Record consecutive sequences as a shard of the recording of all sequences.

    This is for workers that share only a folder. Each worker records some of the runs of
    `millpond.recording.shards.cut`. `Recording.open(folder)` then reads all shards, and `millpond.recording.merge`
    merges them into one file. A repeated call resumes, or returns the complete shard.

    Parameters
    ----------
    model : Reservoir
        A fitted model. Each worker can fit it with the same seed and sequences.
    sequences : Sequences, list of ndarray (n_steps, n_channels), or ndarray
        All sequences.
    run : range
        Indices of the sequences to record.
    folder : str or Path
    dtype, preparation
        As for `record`.

    Returns
    -------
    Path
        The complete shard.

    Raises
    ------
    InputError
        The model is not fitted, and as `record`.
    """
    sequences = _as_sequences(sequences)
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


def _as_sequences(given: Any) -> Sequences:
    """Return `given` as `Sequences` of arrays."""
    trains = spike_rows(given, getattr(given, "period", 1.0))
    if trains is not None:
        raise checks.InputError(
            "the sequences are spike trains, which a recording does not store yet; "
            "record .counts(row_period) of each with encoder='spikes', or use transform"
        )
    return given if isinstance(given, Sequences) else Sequences(given)


def _fit_if_needed(model: Reservoir, sequences: Sequences) -> None:
    try:
        check_is_fitted(model)
    except NotFittedError:
        training = sequences if sequences.split is None else sequences[sequences.split == "train"]
        model.fit(training if len(training) else sequences)
