"""Creation of a recording: ``path.part`` gets the complete structure, is locked, filled and renamed."""

from __future__ import annotations

import glob
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from millpond.recording import checksums, examine, joining, layout, room, spikes
from millpond.recording.filling import write_given
from millpond.recording.outline import Outline
from millpond.recording.reader import Recording, part_path
from millpond.reservoir import checks, locking, source


class BeingWrittenError(checks.InputError):
    """Another process is writing the file."""


class Identity(NamedTuple):
    """Identity of a recording: a hash of model, sequences and code, and the code hashes for error messages."""

    mark: str
    code: dict[str, str]


def make(
    path: Path, identity: Identity, outline: Callable[[], Outline], fill: Callable[[h5py.File, Path], None]
) -> None:
    """Create the recording `path`, or resume an interrupted one.

    `outline` is called if no file exists yet. `fill` receives the file and its path, writes all sequences that are not
    recorded, and adds the spikes.

    Raises
    ------
    InputError
        `path` contains another recording or one of other code, another process writes it, or the disk is full.
    """
    checks.has_folder(path)
    part = part_path(path)
    if path.is_dir():
        raise checks.InputError(f"{path} is a folder, not a recording; choose another path")
    if path.is_file() and not _leftovers(part):
        _check_finished(path, identity)
        return
    try:
        with _written(part):
            if path.is_file():
                _check_finished(path, identity)
                _clear(part)  # left by a kill after the renaming
                return
            own = not part.exists()
            if own:
                _create(part, outline())
            with _as_it_was(part, own) as file:
                _check_same(file, identity, part, "is an interrupted recording")
                _fill(file, part, fill)
                file.attrs.modify("complete", np.uint8(1))
                file.flush()
                part.replace(path)
            _clear(part)
    except OSError as error:
        raise checks.InputError(
            f"writing {part} failed ({_reason(error)}); free some space and repeat the call, which resumes"
        ) from error


def _fill(file: h5py.File, part: Path, fill: Callable[[h5py.File, Path], None]) -> None:
    if not file["recorded"][:].any():
        spikes.clear(part)  # files of another recording, if any
    try:
        fill(file, part)
    except checks.InputError:
        if not file["recorded"][:].any():  # nothing recorded yet: delete the empty .part file
            part.unlink(missing_ok=True)
            spikes.clear(part)
        raise


@contextmanager
def _written(part: Path) -> Iterator[None]:
    with locking.written(part) as ours:
        if not ours:
            raise BeingWrittenError(f"{part} is being written by another process; wait for it or choose another path")
        yield


def discard(path: Path) -> None:
    """Remove the recording `path` and its partial file, unless another process writes it."""
    part = part_path(path)
    checks.has_folder(path)
    with _written(part):
        path.unlink(missing_ok=True)
        _clear(part)


def _check_finished(path: Path, identity: Identity) -> None:
    with Recording.open(path) as recording:
        _check_same(recording.files[0], identity, path, "contains a recording")


def _check_same(file: h5py.File, identity: Identity, path: Path, what: str) -> None:
    """Raise InputError if a file belongs to another model, other sequences or other code than `identity`."""
    if file.attrs.get("fingerprint") == identity.mark:
        return
    remedy = "choose another path, or overwrite it (--overwrite, in Python overwrite=True)"
    before = source.kept(file["provenance"].attrs.get("code"))
    if before is None:
        raise checks.InputError(
            f"{path} {what} of another model, seed or set of sequences, or of a Millpond version that stored no "
            f"record of its code; {remedy}"
        )
    if differs := source.difference(before, identity.code):
        raise checks.InputError(
            f"{path} {what} made by different code (modules that differ: {differs}); restore that code, {remedy}"
        )
    raise checks.InputError(f"{path} {what} of another model, seed or set of sequences; {remedy}")


def _leftovers(part: Path) -> list[Path]:
    """Return the files that killed calls have left next to a recording."""
    left = [part, joining.undo_path(part), spikes.folder_of(part), *part.parent.glob(f"{glob.escape(part.name)}.*.new")]
    return [path for path in left if path.exists()]


def _clear(part: Path) -> None:
    """Remove temporary files of a complete recording and of calls that were killed at the start."""
    for leftover in _leftovers(part):
        if not leftover.is_dir():
            leftover.unlink(missing_ok=True)
    spikes.clear(part)


def _opened(part: Path, own: bool) -> h5py.File:
    """Open for writing; validate the file first, unless this process has just written it."""
    try:
        file = h5py.File(part, "r+", libver=layout.LIBVER)
    except BlockingIOError:
        raise BeingWrittenError(
            f"{part} is open in another process; close it there, wait for it or choose another path"
        ) from None
    except OSError:
        raise checks.InputError(f"{part} is not an interrupted recording; delete it or choose another path") from None
    if not own and (problem := examine.problem(part)):
        file.close()
        raise checks.InputError(f"{part} {problem}; delete it or choose another path")
    return file


def _as_it_was(part: Path, own: bool) -> h5py.File:
    """Open a file for writing to which no spikes have been added."""
    joining.undone(part)
    return _opened(part, own)


def _create(part: Path, outline: Outline) -> None:
    """Write the empty structure to a temporary file and rename it atomically."""
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
        joining.undo_path(part).unlink(missing_ok=True)  # files of another recording that was removed
        Path(name).replace(part)
    except OSError as error:
        raise checks.InputError(
            f"{part} cannot be created ({_reason(error)}); free some space or choose another path"
        ) from error
    finally:
        Path(name).unlink(missing_ok=True)


def _describe_origin(file: h5py.File, origin: dict[str, Any]) -> None:
    group = file.create_group("provenance", track_order=True)
    text = h5py.string_dtype("utf-8")
    for name, indent in (("config", 1), ("environment", 1), ("preparation", None)):
        group.create_dataset(name, data=json.dumps(origin[name], indent=indent), dtype=text)
    group.attrs.update({"git_commit": origin["git_commit"], "git_dirty": np.uint8(origin["git_dirty"]),
                        "command": origin["command"], "code": json.dumps(origin["code"])})  # fmt: skip


def _reason(error: OSError) -> str:
    """Return the system error message, which HDF5 includes in a longer text."""
    said = re.search(r"error message = '([^']+)'", str(error))
    return said[1] if said else error.strerror or str(error)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
