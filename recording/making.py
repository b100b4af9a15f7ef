"""Creation of a recording: ``path.part`` gets the complete structure, is locked, filled and renamed.

The structure of a file does not change while it is filled. Spikes, whose number is known only at the end, are added to
a copy, which is then renamed to the final name. A kill at any moment leaves a partial file that can be opened.
"""

from __future__ import annotations

import glob
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from millpond.recording import checksums, examine, layout, spikes
from millpond.recording.filling import write_given
from millpond.recording.outline import Outline
from millpond.recording.reader import Recording, part_path
from millpond.reservoir import checks, locking, source

_STRUCTURE = 2**18  # bytes, about ten times the size of names, attributes and heaps of a small file


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

    `outline` is called if no file exists yet. `fill` receives the file and its path, and writes all sequences that are
    not recorded.

    Raises
    ------
    InputError
        `path` contains another recording or one of other code, another process writes it, or the disk is full.
    """
    part = _checked_part(path)
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
            with _opened(part, own) as file:
                _check_same(file, identity, part, "is an interrupted recording")
                _fill(file, part, fill)
                if spikes.log_path(part).exists():
                    file.flush()
                    _copy_with_spikes(part, path)
                else:
                    _complete(file)
                    part.replace(path)
            _clear(part)
    except OSError as error:
        raise checks.InputError(
            f"writing {part} failed ({_reason(error)}); free some space and repeat the call, which resumes"
        ) from error


def _fill(file: h5py.File, part: Path, fill: Callable[[h5py.File, Path], None]) -> None:
    if not file["recorded"][:].any():
        _clear(part, but=part)  # files of another recording, if any
    try:
        fill(file, part)
    except checks.InputError:
        if not file["recorded"][:].any():  # nothing recorded yet: delete the empty .part file
            _clear(part)
        raise


def _complete(file: h5py.File) -> None:
    file.attrs.modify("complete", np.uint8(1))
    file.flush()


def _copy_with_spikes(part: Path, path: Path) -> None:
    """Write a complete copy of the partial file `part` with its spikes to `path`."""
    with _replacing(part, path) as copy:
        shutil.copyfile(part, copy)
        n_bytes = spikes.size(part)
        _check_space(copy, n_bytes, n_bytes)
        with h5py.File(copy, "r+", libver=layout.LIBVER) as file:
            spikes.add(file, part)
            _complete(file)


@contextmanager
def _replacing(part: Path, path: Path) -> Iterator[Path]:
    """Yield the name of a temporary file, which is renamed to `path` if the context ends without error."""
    handle, name = tempfile.mkstemp(prefix=f"{part.name}.", suffix=".new", dir=part.parent)
    os.close(handle)
    try:
        yield Path(name)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _check_space(path: Path, n_bytes: int, n_now: int) -> None:
    """Raise OSError if `path` cannot grow by `n_bytes`, or if `n_now` of them cannot be allocated now.

    The overhead of HDF5 is added; the file is not changed. libhdf5 (2.0.0) crashes the process if it cannot write a
    cached structure.
    """
    with path.open("r+b") as file:
        before = os.fstat(file.fileno()).st_size
        try:
            file.truncate(before + n_bytes + _STRUCTURE)  # a hole checks the limits without writing
            if hasattr(os, "posix_fallocate"):  # Linux
                os.posix_fallocate(file.fileno(), before, n_now + _STRUCTURE)
        finally:
            file.truncate(before)


def _checked_part(path: Path) -> Path:
    """Return the path of the partial file; raise InputError if `path` cannot be written."""
    checks.has_folder(path)
    if path.is_dir():
        raise checks.InputError(f"the path is '{path}', which is a folder; give the name of a file, such as states.h5")
    return part_path(path)


@contextmanager
def _written(part: Path) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            ours = stack.enter_context(locking.written(part))
        except OSError as error:  # a read-only folder
            raise checks.InputError(
                f"the folder {part.parent} cannot be written ({_reason(error)}); choose another path"
            ) from error
        if not ours:
            raise BeingWrittenError(f"{part} is being written by another process; wait for it or choose another path")
        yield


def discard(path: Path) -> None:
    """Remove the recording `path` and its partial file, unless another process writes it."""
    part = _checked_part(path)
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
    """Return the files that killed calls have left next to a recording, also those of Millpond 0.1."""
    named = (part, spikes.log_path(part), Path(f"{part}.undo"), *part.parent.glob(f"{glob.escape(part.name)}.*.new"))
    return [path for path in named if path.exists()]


def _clear(part: Path, but: Path | None = None) -> None:
    """Remove temporary files of a complete recording and of calls that were killed, except `but`."""
    for leftover in _leftovers(part):
        if leftover.is_dir():  # spikes of Millpond 0.1
            shutil.rmtree(leftover)
        elif leftover != but:
            leftover.unlink(missing_ok=True)


def _opened(part: Path, own: bool) -> h5py.File:
    """Open for writing; validate the file first, unless this process has just written it."""
    plan = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    plan.set_libver_bounds(h5py.h5f.LIBVER_V18, h5py.h5f.LIBVER_V18)
    plan.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
    plan.set_sieve_buf_size(0)  # rows are written at once, so that a full disk is reported by the call that writes them
    try:
        file = h5py.File(h5py.h5f.open(os.fsencode(part), h5py.h5f.ACC_RDWR, plan))
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


def _create(part: Path, outline: Outline) -> None:
    """Write the empty structure to a temporary file and rename it atomically."""
    sequences = outline.sequences
    try:
        with _replacing(part, part) as fresh:
            given = layout.given_size(sequences) + len(json.dumps(outline.origin["preparation"]))
            states = int(sequences.lengths.sum()) * outline.n_units * outline.dtype.itemsize
            _check_space(fresh, given + states, given)
            with h5py.File(fresh, "w", track_order=True, libver=layout.LIBVER) as file:
                layout.create(file, sequences, outline.n_units, outline.dtype, outline.positions, outline.attrs)
                if outline.frames is not None:
                    layout.create_frames(file, *outline.frames)
                _describe_origin(file, outline.origin)
                shown = ["states", *outline.shows, "inputs", "time"]
                checksums.create(file, [*shown, *(["targets"] if sequences.targets is not None else [])])
                write_given(file, sequences)
                checksums.describe(file)
    except OSError as error:
        raise checks.InputError(
            f"{part} cannot be created ({_reason(error)}); free some space or choose another path"
        ) from error


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
