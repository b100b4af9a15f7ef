"""The file format of a recording: HDF5 that is also a CF contiguous ragged array.

`create` defines the format; docs/recording.md describes it as a table. Three rules ensure that every netCDF reader can
read it: each axis has a dimension scale, strings are UTF-8, and there are no booleans, half floats, or objects of
variable length other than strings.

All sizes are known before the first state is computed. Every data set is contiguous and allocated at the start, and a
run writes rows into the complete structure. A kill cannot damage the structure, and ``recorded`` marks the
sequences that are present.
"""

from __future__ import annotations

import json
from typing import Any

import h5py
import numpy as np

from millpond.reservoir.questions import Question
from millpond.reservoir.sequences import SPLITS, Sequences

FORMAT = "reservoir-recording"
VERSION = "1.1"
"""Major version: older readers would misread the file. Minor version: older readers can ignore the additions."""
LIBVER = ("v108", "v108")
"""HDF5 1.8 structures, which every netCDF-4 reader supports and which have checksums. Files with 1.10 structures
cannot be opened after a kill."""
_BARE = "This is a netCDF dimension but not a netCDF variable.%10d"
_TEXT = h5py.string_dtype("utf-8")


def dimension(group: h5py.Group, name: str, size: int) -> None:
    """Create a netCDF-4 dimension without a variable."""
    group.create_dataset(name, shape=(size,), dtype=">f4").make_scale(_BARE % size)


def axis(group: h5py.Group, name: str, values: Any, **attrs: Any) -> None:
    """Create a dimension with the coordinate `values`."""
    scale = group.create_dataset(name, data=values)
    scale.make_scale(name)
    scale.attrs.update(attrs)


def variable(
    group: h5py.Group, name: str, dims: tuple[str, ...], dtype: Any = None, data: Any = None, **attrs: Any
) -> h5py.Dataset:
    """Create a variable over `dims`, filled with `data` or allocated for later."""
    root = group.file
    scales = [group[d] if d in group else root[d] for d in dims]
    if data is not None:
        var = group.create_dataset(name, data=data, dtype=dtype)
    else:
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        plan.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        space = h5py.h5s.create_simple(tuple(s.shape[0] for s in scales))
        made = h5py.h5d.create(group.id, name.encode(), h5py.h5t.py_create(np.dtype(dtype), logical=True), space, plan)
        var = h5py.Dataset(made)
    for i, scale in enumerate(scales):
        var.dims[i].attach_scale(scale)
    var.attrs.update(attrs)
    return var


def put_rows(var: h5py.Dataset, first: int, rows: np.ndarray) -> None:
    """Write `rows`, of the type of `var`, starting at row `first`; faster than indexing with h5py."""
    memory, space = _spaces(var, first, rows)
    var.id.write(memory, space, rows)


def read_rows(var: h5py.Dataset, first: int, out: np.ndarray) -> None:
    """Read rows into `out`, of the type of `var`, starting at row `first`."""
    memory, space = _spaces(var, first, out)
    var.id.read(memory, space, out)


def _spaces(var: h5py.Dataset, first: int, rows: np.ndarray) -> tuple[Any, Any]:
    space = var.id.get_space()
    space.select_hyperslab((first,) + (0,) * (rows.ndim - 1), rows.shape)
    return h5py.h5s.create_simple(rows.shape), space


def create(
    file: h5py.File,
    sequences: Sequences,
    n_units: int,
    dtype: np.dtype,
    positions: np.ndarray | None,
    attrs: dict[str, Any],
) -> None:
    """Write the complete structure for `sequences`; states, inputs and targets are filled later."""
    file.attrs.update({"Conventions": "CF-1.11", "format": FORMAT, "format_version": VERSION, **attrs})
    n, lengths = len(sequences), sequences.lengths
    axis(file, "sequence", np.arange(n, dtype="i4"), long_name="sequence index")
    axis(file, "unit", np.arange(n_units, dtype="i4"), long_name="reservoir unit")
    axis(file, "channel", np.arange(sequences.n_channels, dtype="i4"), long_name="input channel")
    dimension(file, "sample", int(lengths.sum()))
    variable(file, "row_size", ("sequence",), data=lengths.astype("i8"), sample_dimension="sample",
             long_name="steps in each sequence")  # fmt: skip
    variable(file, "recorded", ("sequence",), data=np.zeros(n, "i1"), flag_values=np.arange(2, dtype="i1"),
             flag_meanings="no yes", long_name="states are in this file")  # fmt: skip
    variable(file, "time", ("sample",), "f8", units="s", long_name="time since the start of the sequence")
    variable(file, "states", ("sample", "unit"), dtype, units="1", coordinates="time", long_name="reservoir state")
    # keep the input's dtype: rounding could move a spike
    variable(file, "inputs", ("sample", "channel"), sequences.signals[0].dtype, units="1", coordinates="time",
             long_name="input signal")  # fmt: skip
    if sequences.targets is not None:
        dimension(file, "output", sequences.targets[0].shape[1])
        variable(file, "targets", ("sample", "output"), "f8", units="1", coordinates="time", long_name="target")
    _describe(file, sequences)
    if positions is not None:
        for letter, column in zip("xyz", positions.T, strict=False):
            variable(file, f"unit_{letter}", ("unit",), data=column.astype("f8"), units="m")


def given_size(sequences: Sequences) -> int:
    """Return an upper estimate of the bytes of a recording without the output of the model."""
    width = 8 + sequences.n_channels * 8
    width += 8 * sequences.targets[0].shape[1] if sequences.targets is not None else 0
    answers = sum(16 * int(q.counts.sum()) + 8 * len(sequences) for q in sequences.questions)
    texts = [a for a in (sequences.names, sequences.groups) if a is not None]
    return int(sequences.lengths.sum()) * width + answers + 256 * len(sequences) + sum(2 * a.nbytes for a in texts)


def _describe(file: h5py.File, sequences: Sequences) -> None:
    """Write the metadata of each sequence."""
    if sequences.labels is not None:
        classes, codes = np.unique(sequences.labels, return_inverse=True)
        fits = classes.dtype.kind in "iu" and classes.min() >= -(2**31) and classes.max() < 2**31
        values = classes if fits else np.arange(len(classes))
        variable(
            file, "label", ("sequence",), data=values[codes].astype("i4"), long_name="class",
            flag_values=values.astype("i4"), flag_meanings=" ".join(str(c).replace(" ", "_") for c in classes),
            classes=json.dumps([c.item() for c in classes]),
        )  # fmt: skip
    if sequences.split is not None:
        codes = np.array([SPLITS.index(s) for s in sequences.split], "i1")
        variable(file, "split", ("sequence",), data=codes, flag_values=np.arange(3, dtype="i1"),
                 flag_meanings=" ".join(SPLITS), long_name="part")  # fmt: skip
    if sequences.groups is not None:
        variable(
            file, "group", ("sequence",), _TEXT, [str(g) for g in sequences.groups], long_name="speaker or subject"
        )
    _ask(file, sequences.questions)
    names = sequences.names if sequences.names is not None else [str(i) for i in range(len(sequences))]
    variable(file, "sequence_name", ("sequence",), _TEXT, [str(s) for s in names], cf_role="trajectory_id")


def _ask(file: h5py.File, questions: tuple[Question, ...]) -> None:
    """Write each question to a group: number of answers per sequence, time steps and answers."""
    for k, question in enumerate(questions):
        group = file.create_group(f"questions/{k}", track_order=True)
        group.attrs.update({"long_name": question.name, "score": question.score})
        if question.pooling is not None:
            group.attrs["pooling"] = question.pooling
        dimension(group, "answer", int(question.counts.sum()))
        variable(group, "row_size", ("sequence",), data=question.counts.astype("i8"), sample_dimension="answer")
        if question.rows is not None:
            rows = np.concatenate(question.rows).astype("i8")
            variable(group, "row", ("answer",), data=rows, long_name="row at which the state is read")
        given = np.concatenate(question.answers)
        if given.dtype.kind == "f":
            variable(group, "given", ("answer",), data=given, long_name="answer")
        else:
            classes, codes = np.unique(given, return_inverse=True)
            told = json.dumps([c.item() for c in classes])
            variable(group, "given", ("answer",), data=codes.astype("i4"), long_name="index into classes", classes=told)


def asked(file: h5py.File) -> tuple[Question, ...]:
    """Return the questions in a file."""
    found: list[Question] = []
    for k in range(len(file.get("questions", ()))):
        group = file[f"questions/{k}"]
        ends = np.cumsum(group["row_size"][:])[:-1]
        given = group["given"][:]
        if "classes" in group["given"].attrs:
            given = np.array(json.loads(group["given"].attrs["classes"]))[given]
        rows = np.split(group["row"][:], ends) if "row" in group else None
        for other in found:  # questions with the same time steps share the arrays
            if rows is not None and other.rows is not None and all(map(np.array_equal, rows, other.rows)):
                rows = other.rows
        name, score, pooling = (group.attrs.get(key) for key in ("long_name", "score", "pooling"))
        found.append(Question(str(name), np.split(given, ends), rows, str(score), pooling and str(pooling)))
    return tuple(found)


def create_spikes(file: h5py.File, counts: np.ndarray) -> h5py.Group:
    """Create the group of spikes for `counts` spikes per sequence."""
    group = file.create_group("spikes", track_order=True)
    dimension(group, "spike", int(counts.sum()))
    variable(group, "row_size", ("sequence",), data=counts.astype("i8"), sample_dimension="spike")
    variable(group, "time", ("spike",), "f8", units="s", long_name="time since the start of the sequence")
    variable(group, "unit_index", ("spike",), "u4", long_name="index into unit")
    return group


def create_frames(file: h5py.File, counts: np.ndarray, shape: tuple[int, int]) -> h5py.Group:
    """Create the group of camera frames of `shape` (height, width) for `counts` frames per sequence."""
    group = file.create_group("frames", track_order=True)
    dimension(group, "frame", int(counts.sum()))
    for name, size in zip(("y", "x"), shape, strict=True):
        axis(group, name, np.arange(size, dtype="i4"), long_name="pixel")
    variable(group, "row_size", ("sequence",), data=counts.astype("i8"), sample_dimension="frame")
    variable(group, "intensity", ("frame", "y", "x"), "u1", units="1", long_name="camera frame")
    return group
