"""A recording in the making: begun whole in ``path.part``, locked, and put in its place when it is full."""

from __future__ import annotations

import glob
import json
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from reservoir import checks, checksums, examine, joining, layout, room, spikes
from reservoir.filling import write_given
from reservoir.outline import Outline
from reservoir.recording import Recording, part_path

_lock = threading.Lock()
_written: set[Path] = set()  # files that threads of this process write


class BeingWrittenError(checks.InputError):
    """Another process is at that file."""


class _NoRecordingError(checks.InputError):
    pass


def make(
    path: Path, mark: str, outline: Callable[[], Outline], fill: Callable[[h5py.File, Path], None]
) -> None:
    """Make the recording `path` with the fingerprint `mark`, or go on with one that was stopped.

    `outline` is asked where nothing is there yet; `fill` writes all that is not recorded into the file, which is given
    to it with its path, and has its spikes join it.

    Raises
    ------
    InputError
        Another recording at `path`, another process writing it, or a full disk.
    """
    checks.has_folder(path)
    part = part_path(path)
    if path.is_file():
        _check_finished(path, mark)
        _clear(part)  # of a kill after the renaming
        return
    if path.is_dir():
        raise checks.InputError(f"{path} is a folder, not a recording; choose another path")
    begun = not part.exists() and _create(part, outline())
    try:
        with _only_here(part), _as_it_was(part, begun) as file:
            _check_same(file, mark, path)
            if not file["recorded"][:].any():
                spikes.clear(part)  # of another recording, if there are any
            try:
                fill(file, part)
            except checks.InputError:
                if not file["recorded"][:].any():  # nothing to go on from, and it would be in the way
                    part.unlink(missing_ok=True)
                    spikes.clear(part)
                raise
            file.attrs.modify("complete", np.uint8(1))
            file.flush()
            part.replace(path)
            _clear(part)
    except OSError as error:
        raise checks.InputError(
            f"writing {part} failed ({_reason(error)}); make room and repeat the call: it goes on from there"
        ) from error


@contextmanager
def _only_here(part: Path) -> Iterator[None]:
    """Hold a file against other threads of this process, which HDF5 does not lock it against."""
    with _lock:
        if part.absolute() in _written:
            raise BeingWrittenError(f"{part} is being written by another thread; wait for it or choose another path")
        _written.add(part.absolute())
    try:
        yield
    finally:
        _written.discard(part.absolute())


def discard(path: Path) -> None:
    """Remove the recording `path` and what was begun of it, unless another process is at it."""
    part = part_path(path)
    try:
        _locked(part).close()
    except _NoRecordingError:
        pass  # nothing there, or nothing worth keeping
    path.unlink(missing_ok=True)
    _clear(part)


def _check_finished(path: Path, mark: str) -> None:
    with Recording.open(path) as recording:
        if recording.attrs.get("fingerprint") != mark:
            raise checks.InputError(
                f"{path} holds a recording of another model, seed or set of sequences; "
                "choose another path or overwrite it"
            )


def _check_same(file: h5py.File, mark: str, path: Path) -> None:
    if file.attrs.get("fingerprint") != mark:
        raise checks.InputError(
            f"{part_path(path)} is a stopped recording of another model, seed or set of sequences; "
            "choose another path or overwrite it"
        )


def _clear(part: Path) -> None:
    """Remove what a whole recording leaves behind, and what calls left that were killed before they began."""
    for leftover in (part, joining.undo_path(part)):
        leftover.unlink(missing_ok=True)
    spikes.clear(part)
    for begun in part.parent.glob(f"{glob.escape(part.name)}.*.new"):
        try:
            h5py.File(begun, "r+").close()
        except BlockingIOError:
            continue  # another process is at it
        except OSError:
            pass
        begun.unlink(missing_ok=True)


def _locked(part: Path, own: bool = False) -> h5py.File:
    """Open for writing; HDF5 locks the file until it is closed or the process dies.

    It is examined first, unless this process has just written it.
    """
    try:
        file = h5py.File(part, "r+", libver=layout.LIBVER)
    except BlockingIOError:
        raise BeingWrittenError(
            f"{part} is being written by another process; wait for it or choose another path"
        ) from None
    except OSError:
        raise _NoRecordingError(f"{part} is not a stopped recording; delete it or choose another path") from None
    if not own and (problem := examine.problem(part)):
        file.close()
        raise _NoRecordingError(f"{part} {problem}; delete it or choose another path")
    return file


def _as_it_was(part: Path, own: bool) -> h5py.File:
    """Open for writing a file whose spikes have not begun to join it."""
    joining.undone(part)
    return _locked(part, own)


def _create(part: Path, outline: Outline) -> bool:
    """Write the empty structure under a name of its own and link it into place, so that it is never seen half-made.

    Returns
    -------
    bool
        False where another process was first; the lock decides who goes on.
    """
    handle, name = tempfile.mkstemp(prefix=f"{part.name}.", suffix=".new", dir=part.parent)
    os.close(handle)
    sequences = outline.sequences
    try:
        given = layout.given_size(sequences) + len(json.dumps(outline.origin["preparation"]))
        states = int(sequences.lengths.sum()) * outline.n_units * outline.dtype.itemsize
        room.ask(Path(name), given + states, given)
        with h5py.File(name, "w", track_order=True, libver=layout.LIBVER) as file:
            layout.create(file, sequences, outline.n_units, outline.dtype, outline.positions, outline.attrs)
            if outline.frames is not None:
                layout.create_frames(file, *outline.frames)
            _describe_origin(file, outline.origin)
            shown = ["states", *outline.shows, "inputs", "time"]
            checksums.create(file, [*shown, *(["targets"] if sequences.targets is not None else [])])
            write_given(file, sequences)
            checksums.describe(file)
        Path(name).chmod(0o666 & ~_umask())
        if not part.exists():
            joining.undo_path(part).unlink(missing_ok=True)  # of another recording, that was taken away
        os.link(name, part)
        return True
    except FileExistsError:
        return False
    except OSError as error:
        raise checks.InputError(
            f"{part} cannot be made ({_reason(error)}); make room there or choose another path"
        ) from error
    finally:
        Path(name).unlink(missing_ok=True)


def _describe_origin(file: h5py.File, origin: dict[str, Any]) -> None:
    group = file.create_group("provenance", track_order=True)
    text = h5py.string_dtype("utf-8")
    for name, indent in (("config", 1), ("environment", 1), ("preparation", None)):
        group.create_dataset(name, data=json.dumps(origin[name], indent=indent), dtype=text)
    group.attrs.update({"git_commit": origin["git_commit"], "git_dirty": np.uint8(origin["git_dirty"]),
                        "command": origin["command"]})  # fmt: skip


def _reason(error: OSError) -> str:
    """Return what the system said; HDF5 hides that among its own numbers."""
    said = re.search(r"error message = '([^']+)'", str(error))
    return said[1] if said else error.strerror or str(error)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
