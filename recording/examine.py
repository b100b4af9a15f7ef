"""Validation of an untrusted file before any of its contents is used or loaded into memory.

Each data set must be stored contiguously in the file (no filters, no external links, not more bytes than the file
has) and have the shape and type of docs/recording.md. Lengths, indices and classes must be consistent. Therefore
nothing larger than the file is allocated, and no other file is opened.
"""

from __future__ import annotations

import errno
import json
import math
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from millpond.recording import layout
from millpond.recording.guard import Guarded
from millpond.reservoir.questions import POOLINGS, SCORES
from millpond.reservoir.sequences import SPLITS

_ROOT = {
    "row_size": ("iu", "sequence"), "recorded": ("iu", "sequence"), "time": ("f", "sample"),
    "states": ("f", "sample unit"), "inputs": ("f", "sample channel"), "sequence_name": ("S", "sequence"),
}  # fmt: skip
_ALSO = {
    "targets": ("f", "sample output"), "label": ("iu", "sequence"), "split": ("iu", "sequence"),
    "group": ("S", "sequence"), "unit_x": ("f", "unit"), "unit_y": ("f", "unit"), "unit_z": ("f", "unit"),
}  # fmt: skip
_SPIKES = {"row_size": ("iu", "sequence"), "time": ("f", "spike"), "unit_index": ("iu", "spike")}
_FRAMES = {"row_size": ("iu", "sequence"), "intensity": ("iu", "frame y x")}
_QUESTION = {"row_size": ("iu", "sequence"), "given": ("iuf", "answer")}
_CHECKSUMS = dict.fromkeys(("states", "inputs", "time", "targets", "spikes", "frames"), ("u", "sequence"))
_ORIGIN = {"config": ("S", ""), "environment": ("S", "")}
_KINDS = {"i": "whole numbers", "u": "whole numbers", "f": "numbers", "S": "text"}
_BLOCK = 2**16
_REFERENCE = 16  # bytes on disk of a variable-length string
_MOST_OF_ATTRIBUTE = 2**20  # bytes


class _UnsoundError(Exception):
    pass


def problem(path: Path) -> str | None:
    """Return why the HDF5 file at `path` is not a recording, as the end of a sentence, or None.

    Raises
    ------
    OSError
        Too many files are open, so the file cannot be checked.
    """
    try:
        with Guarded(path) as raw, h5py.File(raw, "r") as file:
            _Examination(file, path.stat().st_size).run()
    except _UnsoundError as found:
        return str(found)
    except Exception as error:  # h5py raises various errors for damaged bytes
        if isinstance(error, OSError) and error.errno == errno.EMFILE:
            raise
        said = str(error).strip().replace("\n", " ") or type(error).__name__
        return f"is damaged ({said:.120})"
    return None


class _Examination:
    """State of the validation: sizes of dimensions and number of bytes so far."""

    def __init__(self, file: h5py.File, n_bytes: int) -> None:
        self.file, self.n_bytes = file, n_bytes
        self.claimed, self.text_left = 0, 2 * n_bytes
        self.sizes: dict[str, int] = {}

    def run(self) -> None:
        file = self.file
        if self.attribute(file, "format", str, "") != layout.FORMAT:
            raise _UnsoundError(
                "is an HDF5 file but not a recording (it has no attribute format='reservoir-recording')"
            )
        version = self.attribute(file, "format_version", str, "")
        if version.split(".")[0] != layout.VERSION.split(".")[0]:
            raise _UnsoundError(f"has format version {version:.20}, but this program reads {layout.VERSION}")
        if missing := [n for n in _ROOT if n not in file] or [a for a in ("dt", "complete") if a not in file.attrs]:
            raise _UnsoundError(f"lacks {', '.join(missing)}, so it is not a complete recording")
        for name in file.attrs:
            self.attribute(file, name, None)
        if not 0 < self.attribute(file, "dt", float) < math.inf:
            raise _UnsoundError("has a dt that is not a positive time step")
        self.rows()
        self.labels()
        for name in {"spikes", "frames"} & set(file):
            group = self.group(file, name)
            found = self.datasets(group, _SPIKES if name == "spikes" else _FRAMES)
            self.total(found["row_size"], self.sizes[f"{group.name}/{'spike' if name == 'spikes' else 'frame'}"], 0)
        self.questions()
        self.origin()
        if "checksum" in file:
            group = self.group(file, "checksum")
            self.datasets(group, {}, _CHECKSUMS)
            self.attribute(group, "description", int)

    def rows(self) -> None:
        found = self.datasets(self.file, _ROOT, _ALSO)
        n_rows = self.sizes["sample"]
        if not self.sizes["sequence"]:
            raise _UnsoundError("holds no sequence")
        self.total(found["row_size"], n_rows, 1)
        self.lengths = found["row_size"][:]
        recorded = found["recorded"][:]
        if self.attribute(self.file, "complete", int) not in (0, 1) or not set(np.unique(recorded)) <= {0, 1}:
            raise _UnsoundError("has values in 'recorded' that are neither 0 nor 1")
        if self.file.attrs["complete"] and not recorded.all():
            raise _UnsoundError("is marked as complete, but lacks the states of some sequences")
        for name in {"sequence_name", "group"} & set(found):
            self.text(found[name])
        if "split" in found and not _within(found["split"][:], len(SPLITS)):
            raise _UnsoundError("has a sequence in a part of the split that does not exist")

    def labels(self) -> None:
        if "label" not in self.file:
            return
        label = self.file["label"]
        classes = _classes(self.attribute(label, "classes", str))
        values = np.asarray(self.attribute(label, "flag_values", None))
        if values.dtype.kind not in "iu" or values.shape != (len(classes),) or (np.diff(values.astype("O")) <= 0).any():
            raise _UnsoundError("has labels whose flag_values do not fit their classes")
        if not np.isin(label[:], values).all():
            raise _UnsoundError("has labels of no class")

    def questions(self) -> None:
        if "questions" not in self.file:
            return
        every, names = self.group(self.file, "questions"), set()
        if set(every) != {str(k) for k in range(len(every))}:
            raise _UnsoundError("has questions that are not numbered from 0")
        for k in range(len(every)):
            group = self.group(every, str(k))
            found = self.datasets(group, _QUESTION, {"row": ("iu", "answer")})
            self.total(found["row_size"], self.sizes[f"{group.name}/answer"], 0)
            counts, given = found["row_size"][:], found["given"]
            if "row" not in found and (counts != 1).any():
                raise _UnsoundError(f"has a question ({k}) with answers that belong to no time step")
            if "row" in found and not _within(found["row"][:], np.repeat(self.lengths, counts)):
                raise _UnsoundError(f"has a question ({k}) about time steps that do not exist")
            names.add(self.attribute(group, "long_name", str))
            score = self.attribute(group, "score", str)
            told = _classes(self.attribute(given, "classes", str)) if "classes" in given.attrs else None
            if "pooling" in group.attrs and ("row" in found or self.attribute(group, "pooling", str) not in POOLINGS):
                raise _UnsoundError(f"has a question ({k}) with an unknown pooling")
            if score not in SCORES or (score != "accuracy" and told is not None and told.dtype.kind == "U"):
                raise _UnsoundError(f"has a question ({k}) with a score that does not apply to it")
            if told is not None and (given.dtype.kind == "f" or not _within(given[:], len(told))):
                raise _UnsoundError(f"has a question ({k}) with answers of no class")
            if told is None and not np.isfinite(given[:]).all():
                raise _UnsoundError(f"has a question ({k}) with an answer that is not a number")
        if len(names) < len(every):
            raise _UnsoundError("has two questions with the same name")

    def origin(self) -> None:
        if "provenance" not in self.file:
            raise _UnsoundError("lacks provenance, so it is not a complete recording")
        group = self.group(self.file, "provenance")
        told = {name: _json(self.text(var)) for name, var in
                self.datasets(group, _ORIGIN, {"preparation": ("S", "")}).items()}  # fmt: skip
        if not all(isinstance(value, dict) for value in told.values()):
            raise _UnsoundError("has no origin")
        if not isinstance(told["config"].get("params"), dict) or not isinstance(told["config"].get("class"), str):
            raise _UnsoundError("has no model in its origin")
        for name in group.attrs:
            self.attribute(group, name, {"git_commit": str, "git_dirty": int, "command": str}.get(name))

    def group(self, parent: h5py.Group, name: str) -> h5py.Group:
        found = self.item(parent, name)
        if not isinstance(found, h5py.Group):
            raise _UnsoundError(f"has a {name} that is not a group")
        return found

    def item(self, parent: h5py.Group, name: str) -> Any:
        if not isinstance(parent.get(name, getlink=True), h5py.HardLink):
            raise _UnsoundError(f"has an external link instead of {name}")
        return parent[name]

    def datasets(
        self, group: h5py.Group, needed: dict[str, tuple[str, str]], also: dict[str, tuple[str, str]] | None = None
    ) -> dict[str, h5py.Dataset]:
        """Return the validated data sets of a group; `needed` and `also` give their types and dimensions."""
        if missing := [name for name in needed if name not in group]:
            raise _UnsoundError(f"lacks {', '.join(missing)} in {group.name}, so it is not a complete recording")
        found = {}
        for name, (kinds, dims) in (needed | (also or {})).items():
            if name in group:
                found[name] = self.dataset(group, name, kinds, dims.split())
        return found

    def dataset(self, group: h5py.Group, name: str, kinds: str, dims: list[str]) -> h5py.Dataset:
        found = self.item(group, name)
        where = f"{group.name.rstrip('/')}/{name}"[1:]
        if not isinstance(found, h5py.Dataset):
            raise _UnsoundError(f"has a {where} that is not a data set")
        kind = "S" if h5py.check_string_dtype(found.dtype) is not None else found.dtype.kind
        odd = kind != "S" and found.dtype.itemsize not in ((4, 8) if kind == "f" else (1, 2, 4, 8))
        if kind not in kinds or odd:
            raise _UnsoundError(f"has {where} of type {found.dtype}, where {_KINDS[kinds[0]]} should be")
        if found.shape is None or len(found.shape) != len(dims):
            raise _UnsoundError(f"has {where} of shape {found.shape}, where ({', '.join(dims)}) is needed")
        self.lies_plainly(found, where)
        for dim, size in zip(dims, found.shape, strict=True):
            key = dim if dim in ("sequence", "sample", "unit") else f"{group.name}/{dim}"
            if self.sizes.setdefault(key, size) != size:
                raise _UnsoundError(f"is inconsistent ({where} has {size} along {dim}, others have {self.sizes[key]})")
        return found

    def lies_plainly(self, var: h5py.Dataset, where: str) -> None:
        plan = var.id.get_create_plist()
        if plan.get_layout() not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT) or plan.get_external_count():
            raise _UnsoundError(f"has {where} chunked, compressed, virtual or external instead of contiguous")
        text = h5py.check_string_dtype(var.dtype)
        size = _REFERENCE if text is not None and text.length is None else var.id.get_type().get_size()
        n_bytes = math.prod(var.shape) * size
        self.claimed += n_bytes
        begin = (var.id.get_offset() if plan.get_layout() == h5py.h5d.CONTIGUOUS else 0) if n_bytes else 0
        if self.claimed > self.n_bytes or begin is None or begin + n_bytes > self.n_bytes:
            raise _UnsoundError(f"is truncated or has wrong sizes ({where} has {n_bytes} bytes of {self.n_bytes})")
        if n_bytes and var.id.get_storage_size() != n_bytes:
            raise _UnsoundError(f"has {where} that was never written")

    def total(self, counts: h5py.Dataset, wanted: int, least: int) -> None:
        """Validate counts block by block, because a sparse file can contain more zeros than fit into memory."""
        total = 0
        for first in range(0, len(counts), _BLOCK):
            block = counts[first : first + _BLOCK]
            if int(block.min()) < least or int(block.max()) > wanted:
                raise _UnsoundError(
                    f"is inconsistent ({counts.name[1:]} holds {block.min()} to {block.max()}, of {wanted})"
                )
            total += int(block.sum(dtype="i8"))
        if total != wanted:
            raise _UnsoundError(f"is inconsistent ({counts.name[1:]} sums to {total}, but there are {wanted})")

    def text(self, var: h5py.Dataset) -> str:
        """Validate strings in small groups, because many can share the same bytes in a file; return the last."""
        last = ""
        for first in range(0, var.size, 64):
            block = np.atleast_1d(var.asstr()[first : first + 64] if var.shape else var.asstr()[()])
            self.spell(sum(map(len, block)), var.name[1:])
            last = str(block[-1])
        return last

    def spell(self, n: int, where: str) -> None:
        self.text_left -= n
        if self.text_left < 0:
            raise _UnsoundError(f"has text in {where} beyond its declared length")

    def attribute(self, item: Any, name: str, kind: Any, default: Any = None) -> Any:
        """Return an attribute of type `kind`; None allows a number, text, or an array of them."""
        if name not in item.attrs:
            if default is not None:
                return default
            raise _UnsoundError(f"lacks the attribute {name} of {item.name}, so it is not a complete recording")
        raw = h5py.h5a.open(item.id, name.encode())
        size = math.prod(raw.shape or ()) * raw.get_type().get_size()
        if (
            raw.shape is None
            or len(raw.shape) > 1
            or size > _MOST_OF_ATTRIBUTE
            or (raw.shape and raw.dtype.kind == "O")
        ):
            raise _UnsoundError(f"has an attribute {name} that is neither a number nor text")
        value = item.attrs[name]
        self.spell(len(value) if isinstance(value, str) else 0, name)
        whole = int | np.integer
        wanted = {None: object, str: str, int: whole, float: whole | float | np.floating}[kind]
        if not isinstance(value, wanted):
            raise _UnsoundError(f"has an attribute {name} that is not a {'text' if kind is str else 'number'}")
        return value


def _within(values: np.ndarray, below: Any) -> bool:
    return bool(((values >= 0) & (values < below)).all())


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _UnsoundError("contains invalid JSON") from None


def _classes(text: str) -> np.ndarray:
    listed = _json(text)
    if not isinstance(listed, list) or not listed or not all(isinstance(c, str | int | float) for c in listed):
        raise _UnsoundError("has classes that are not a list of names")
    found = np.array(listed)
    if found.dtype.kind not in "biufU" or len(set(found.tolist())) < len(listed):
        raise _UnsoundError("has classes that are not a list of names")
    return found
