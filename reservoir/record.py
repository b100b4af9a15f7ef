"""Streaming states to disk: bounded memory, safe to kill, picked up where it stopped."""

from __future__ import annotations

import glob
import json
import os
import re
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from reservoir import checks, checksums, examine, layout, provenance, room, spikes
from reservoir.contract import Reservoir
from reservoir.filling import fill, sealed, write_given
from reservoir.recording import Recording, part_path
from reservoir.sequences import Sequences


def record(
    model: Reservoir,
    sequences: Any,
    path: str | Path,
    *,
    dtype: str = "float32",
    overwrite: bool = False,
    preparation: dict[str, Any] | None = None,
    progress: bool | None = None,
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
        Throw away what is at `path` and ``path.part``, if it is another recording.
    preparation : dict, optional
        How the sequences were made, as plain data: kept as JSON. What Millpond's own tasks put there, with the
        key ``task``, is read by ``millpond train`` and ``play``.
    progress : bool, optional
        Show a bar; by default where a person is looking.

    Returns
    -------
    Recording
        Open for reading.

    Raises
    ------
    InputError
        Bad signals, another recording at `path`, another process writing it, or a full disk.

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
    if not path.parent.is_dir():
        raise checks.InputError(f"there is no folder {path.parent} to put {path.name} in; make it first")
    _fit_if_needed(model, sequences)
    model._checked(sequences[:1])  # the wrong number of channels is told before a file is begun
    facts = (dtype, sequences.period, *(None if v is None else list(map(str, v)) for v in
             (sequences.labels, sequences.groups, sequences.split, sequences.names)),
             *([q.name, q.score, *(list(map(str, a)) for a in (*q.answers, *(q.rows or ())))]
               for q in sequences.questions))  # fmt: skip
    mark = provenance.fingerprint(model, [*sequences.signals, *(sequences.targets or ())], *facts)
    part = part_path(path)
    if overwrite:
        _refuse_if_written(part)
        for old in (path, part, spikes.log_path(part)):
            old.unlink(missing_ok=True)
    if path.exists():
        return _finished(path, mark)
    if not part.exists():
        _create(part, model, sequences, np.dtype(dtype), mark, preparation or {})
    try:
        with _locked(part) as file:
            _check_same(file, mark, path)
            try:
                fill(file, part, model, sequences, progress)
            except checks.InputError:
                if not file["recorded"][:].any():  # nothing to go on from, and it would be in the way
                    part.unlink()
                raise
            (spikes.joined(file, part) if "spikes" in model.shows else sealed(file, part)).replace(path)
            _clear(part)
    except OSError as error:
        raise checks.InputError(
            f"writing {part} failed ({_reason(error)}); make room and repeat the call: it goes on from there"
        ) from error
    return Recording.open(path)


def _fit_if_needed(model: Reservoir, sequences: Sequences) -> None:
    try:
        check_is_fitted(model)
    except NotFittedError:
        training = sequences if sequences.split is None else sequences[sequences.split == "train"]
        model.fit(training if len(training) else sequences)


def _finished(path: Path, mark: str) -> Recording:
    recording = Recording.open(path)
    if recording.attrs.get("fingerprint") == mark:
        _clear(part_path(path))  # of a kill after the renaming
        return recording
    recording.close()
    raise checks.InputError(
        f"{path} holds a recording of another model, seed or set of sequences; choose another path or overwrite it"
    )


def _clear(part: Path) -> None:
    """Remove what a whole recording leaves behind, and what calls left that were killed before they began."""
    for leftover in (spikes.log_path(part), part):
        leftover.unlink(missing_ok=True)
    for begun in part.parent.glob(f"{glob.escape(part.name)}.*.new"):
        try:
            h5py.File(begun, "r+").close()
        except BlockingIOError:
            continue  # another process is at it
        except OSError:
            pass
        begun.unlink(missing_ok=True)


def _check_same(file: h5py.File, mark: str, path: Path) -> None:
    if file.attrs.get("fingerprint") != mark:
        raise checks.InputError(
            f"{part_path(path)} is a stopped recording of another model, seed or set of sequences; "
            "choose another path or overwrite it"
        )


def _locked(part: Path) -> h5py.File:
    """Open for writing; HDF5 locks the file until it is closed or the process dies."""
    try:
        file = h5py.File(part, "r+", libver=layout.LIBVER)
    except BlockingIOError:
        raise checks.InputError(
            f"{part} is being written by another process; wait for it or choose another path"
        ) from None
    except OSError:
        raise _NoRecordingError(f"{part} is not a stopped recording; delete it or choose another path") from None
    if problem := examine.problem(part):
        file.close()
        raise _NoRecordingError(f"{part} {problem}; delete it or choose another path")
    return file


class _NoRecordingError(checks.InputError):
    pass


def _refuse_if_written(part: Path) -> None:
    try:
        _locked(part).close()
    except _NoRecordingError:
        pass  # nothing there, or nothing worth keeping


def _create(
    part: Path, model: Reservoir, sequences: Sequences, dtype: np.dtype, mark: str, preparation: dict[str, Any]
) -> None:
    """Write the empty structure under a name of its own and link it into place, so that it is never seen half-made."""
    spikes.log_path(part).unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{part.name}.", suffix=".new", dir=part.parent)
    os.close(handle)
    try:
        given = layout.given_size(sequences) + len(json.dumps(preparation))
        room.ask(Path(name), given + int(sequences.lengths.sum()) * model.n_units_ * dtype.itemsize, given)
        with h5py.File(name, "w", track_order=True, libver=layout.LIBVER) as file:
            layout.create(
                file, sequences, model.n_units_, dtype, model.unit_positions_, _attributes(model, sequences, mark)
            )
            if "frames" in model.shows:
                layout.create_frames(file, -(-sequences.lengths // model.frames_every), model.frame_shape_)
            _describe_origin(file, model, preparation)
            shown = ["states", *(n for n in ("spikes", "frames") if n in model.shows)]
            checksums.create(file, [*shown, "inputs", "time", *(["targets"] if sequences.targets is not None else [])])
            write_given(file, sequences)
            checksums.describe(file)
        Path(name).chmod(0o666 & ~_umask())
        os.link(name, part)
    except FileExistsError:
        pass  # another process was first; the lock decides who goes on
    except OSError as error:
        raise checks.InputError(
            f"{part} cannot be made ({_reason(error)}); make room there or choose another path"
        ) from error
    finally:
        Path(name).unlink(missing_ok=True)


def _reason(error: OSError) -> str:
    """Return what the system said; HDF5 hides that among its own numbers."""
    said = re.search(r"error message = '([^']+)'", str(error))
    return said[1] if said else error.strerror or str(error)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


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


def _describe_origin(file: h5py.File, model: Reservoir, preparation: dict[str, Any]) -> None:
    commit, dirty = provenance.git_commit()
    group = file.create_group("provenance", track_order=True)
    text = h5py.string_dtype("utf-8")
    group.create_dataset("config", data=json.dumps(provenance.config(model), indent=1), dtype=text)
    group.create_dataset("environment", data=json.dumps(provenance.environment(), indent=1), dtype=text)
    group.create_dataset("preparation", data=json.dumps(preparation), dtype=text)
    group.attrs.update({"git_commit": commit, "git_dirty": np.uint8(dirty), "command": provenance.typed(sys.argv)})
