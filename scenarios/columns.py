"""Time series with several columns, read from text tables, .npy, .npz and Parquet files."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from millpond.reservoir.checks import InputError
from millpond.scenarios.dates import Step, dates_of, first_irregular, grid, step_of, steps_from
from millpond.scenarios.tables import OF_TIME, empty_lines, number_of, rows_of

SHORTEST = 50
"""Smallest number of rows of a series."""
_CALENDAR = {"year", "jahr", "datum", "month", "day", "zeit"}


@dataclass
class Table:
    """Columns of numbers with equal steps.

    Parameters
    ----------
    names : list of str
    values : ndarray (n_steps, n_columns)
        NaN where a value is missing.
    where : list of str
        Description of each row, such as "line 3".
    time_name : str
    times : list of datetime, ndarray (n_steps,) or None
    notes : list of str
        What was changed.
    """

    names: list[str]
    values: np.ndarray
    where: list[str]
    time_name: str = "step"
    times: list[datetime] | np.ndarray | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def step(self) -> Step:
        """Time between two rows."""
        return Step(1.0) if self.times is None else step_of(self.times)


def read(path: Path, columns: Sequence[str] = (), inputs: Sequence[str] = (), *, interpolate: bool = False,
         resample: bool = False) -> tuple[Table, int]:  # fmt: skip
    """Return the columns of a file, those to forecast first, and their number.

    Parameters
    ----------
    path : Path
        A text table (CSV, TSV), or a .npy, .npz or .parquet file.
    columns : sequence of str
        Columns to forecast; by default all columns of numbers that are not inputs.
    inputs : sequence of str
        Columns that are only used as inputs.
    interpolate : bool
        Replace missing values by linear interpolation. Rows before the first and after the last value are removed.
    resample : bool
        Interpolate linearly to equal steps of the median length. Rows are sorted by time.

    Raises
    ------
    InputError
        The file cannot be read, a column does not exist, a value is missing, or times are not equally spaced. The
        message names the line.
    """
    if not path.is_file():
        raise InputError(f"there is no file '{path}'; give a CSV, TSV, .npy, .npz or .parquet file")
    kinds = {".npy": _of_numpy, ".npz": _of_npz, ".parquet": _of_parquet}
    table = kinds.get(path.suffix.lower(), _of_text)(path)
    table, n = _chosen(path, table, columns, inputs)
    table = _ordered(path, table, resample)
    table = _filled(path, table, interpolate)
    if resample and table.times is not None and first_irregular(table.times) is not None:
        table = _resampled(table)
    if len(table.values) < SHORTEST:
        raise InputError(
            f"'{path}' has {len(table.values)} rows, but at least {SHORTEST} are needed; give a longer series"
        )
    return table, n


def _of_text(path: Path) -> Table:
    rows, delimiter = rows_of(path, comments=True)
    if not rows:
        raise InputError(f"'{path}' is empty; give a table with one row for each time step")
    width = max(len(row) for _, row in rows)
    comma = delimiter != ","
    first = rows[0][1]
    texts = [[row[j] for _, row in rows[1:]] for j in range(width) if all(len(row) > j for _, row in rows)]
    headed = len(rows) > 1 and any(
        number_of(first[j], comma) is None and sum(number_of(e, comma) is not None for e in column) * 2 > len(column)
        for j, column in enumerate(texts)
    )
    names = [name or f"column {j + 1}" for j, name in enumerate(first)] if headed else []
    names = names or [f"column {j + 1}" for j in range(width)]
    body = rows[1:] if headed else rows
    for line, row in body:
        if len(row) != len(names):
            raise InputError(
                f"'{path}' is not a table (line {line} has {len(row)} entries, but {len(names)} are needed); "
                "give each line as many"
            )
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise InputError(f"'{path}' has several columns with the name '{min(repeated)}'; give each its own name")
    for line in empty_lines(path):
        if body[0][0] < line < body[-1][0]:
            body.append((line, [""] * len(names)))
    body.sort(key=lambda each: each[0])
    columns = {name: [row[j] for _, row in body] for j, name in enumerate(names)}
    titles = first if headed else [""] * len(names)
    return _from_columns(path, columns, dict(zip(names, titles, strict=True)), [n for n, _ in body], comma)


def _from_columns(path: Path, columns: dict[str, list[str]], titles: dict[str, str], lines: list[int],
                  decimal_comma: bool) -> Table:  # fmt: skip
    """Find the column of dates or times; convert the others to numbers."""
    where = [f"line {n}" for n in lines]
    numbers: dict[str, list[float | None]] = {}
    time_name = "step"
    times: list[datetime] | np.ndarray | None = None
    for name, column in columns.items():
        found = [number_of(entry, decimal_comma) for entry in column]
        good = sum(v is not None and v == v for v in found)
        dates = None
        if times is None and 2 * good < len(found):
            dates = dates_of([entry for entry in column if entry])
            if dates is not None and len(dates) < len(column):
                line = next(n for n, entry in zip(where, column, strict=True) if not entry)
                raise InputError(f"'{path}' has no date in {line}; add the row, or delete the line and use --resample")
        if dates is not None:
            time_name, times = name, dates
        elif good:
            numbers[name] = found
    if times is None:
        for name, column_ in list(numbers.items()):
            if len(numbers) > 1 and titles[name].lower() in OF_TIME | _CALENDAR and _increases(column_, titles[name]):
                time_name, times = titles[name] or "index", np.array(numbers.pop(name), float)
                break
    for name, found in numbers.items():
        for k, value in enumerate(found):
            if value is None:
                raise InputError(
                    f"'{path}' has '{columns[name][k]:.20}' in {where[k]}, column '{name}'; put a number there"
                )
    if not numbers:
        raise InputError(f"'{path}' has no column of numbers; put one number of the series on each line")
    return Table(list(numbers), np.array(list(numbers.values()), float).T, where, time_name, times)


def _increases(column: list[float | None], title: str) -> bool:
    """Return whether a column is a time: all values are there and increase, or mostly do if it has a name."""
    if None in column or not np.isfinite(np.array(column, float)).all():
        return False
    up = np.diff(np.array(column, float)) > 0
    return bool(up.all() or (title and up.mean() > 0.9))


def _of_numpy(path: Path) -> Table:
    return _of_arrays(path, {"": _loaded(path)})


def _of_npz(path: Path) -> Table:
    return _of_arrays(path, _loaded(path))


def _loaded(path: Path) -> Any:
    try:
        if path.suffix.lower() == ".npz":
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        return np.load(path, allow_pickle=False)
    except Exception:  # a damaged file raises many kinds of errors
        raise InputError(f"'{path}' is not an array of numbers; save one with numpy.save(path, x)") from None


def _of_arrays(path: Path, arrays: dict[str, np.ndarray]) -> Table:
    names: list[str] = []
    parts: list[np.ndarray] = []
    times: list[datetime] | np.ndarray | None = None
    time_name = "step"
    for name, array in arrays.items():
        if array.dtype.kind == "M" and array.ndim == 1:
            time_name, times = name, array.astype("datetime64[us]").tolist()
            continue
        if array.dtype.kind not in "fiub" or array.ndim not in (1, 2) or not array.size:
            raise InputError(
                f"'{path}' contains an array of type {array.dtype} and shape {array.shape}, but numbers of shape "
                "(n_steps,) or (n_steps, n_columns) are needed; save such an array"
            )
        if array.ndim == 2 and array.shape[0] == 1:
            array = array.T
        array = array.reshape(len(array), -1)
        parts.append(array.astype(float))
        width = array.shape[1]
        names += [name or "column 1"] if width == 1 else [f"{name or 'column'} {j + 1}" for j in range(width)]
    lengths = {len(part) for part in parts} | ({len(times)} if times is not None else set())
    if len(lengths) != 1 or not parts:
        raise InputError(
            f"'{path}' has arrays of {sorted(lengths)} rows, but equal lengths are needed; save them apart"
        )
    values = np.hstack(parts)
    values[np.isinf(values)] = np.nan
    return Table(names, values, [f"row {k}" for k in range(len(values))], time_name, times)


def _of_parquet(path: Path) -> Table:
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise InputError(f"'{path}' is a Parquet file, for which pyarrow is needed; install pyarrow") from None
    try:
        found = parquet.read_table(path)
    except Exception as error:  # pyarrow has its own errors
        raise InputError(f"'{path}' cannot be read as Parquet ({type(error).__name__}); write it again") from None
    arrays = {}
    for name in found.column_names:
        array = np.asarray(found[name].to_numpy())
        if array.dtype.kind in "fiubM":
            arrays[str(name)] = array
    return _of_arrays(path, arrays)


def _chosen(path: Path, table: Table, columns: Sequence[str], inputs: Sequence[str]) -> tuple[Table, int]:
    """Return the table with the columns to forecast, then the inputs."""
    for name in (*columns, *inputs):
        if name not in table.names:
            raise InputError(f"'{path}' has no column '{name}'; its columns of numbers are {', '.join(table.names)}")
    both = set(columns) & set(inputs)
    if both:
        raise InputError(f"column '{min(both)}' is given with --column and with --inputs; leave one of them out")
    chosen = list(dict.fromkeys(columns)) or [name for name in table.names if name not in inputs]
    if not chosen:
        raise InputError(f"all columns of '{path}' are inputs; leave at least one column to forecast")
    order = [*chosen, *dict.fromkeys(inputs)]
    table.values = table.values[:, [table.names.index(name) for name in order]]
    table.names = order
    return table, len(chosen)


def _ordered(path: Path, table: Table, resample: bool) -> Table:
    """Check that times increase in equal steps; with `resample`, sort them."""
    if table.times is None:
        return table
    numbers = steps_from(table.times)
    falls = np.flatnonzero(np.diff(numbers) <= 0)
    if len(falls) and not resample:
        k = int(falls[0]) + 1
        what = "repeats the time of" if numbers[k] == numbers[k - 1] else "is earlier than"
        raise InputError(f"'{path}': {table.where[k]} {what} the row before; sort the rows, or use --resample")
    if len(falls):
        order = np.argsort(numbers, kind="stable")
        numbers = numbers[order]
        equal = np.flatnonzero(np.diff(numbers) == 0)
        if len(equal):
            k = int(order[equal[0] + 1])
            raise InputError(f"'{path}': {table.where[k]} repeats the time of another row; remove one of them")
        table.values, table.where = table.values[order], [table.where[k] for k in order]
        times = table.times
        table.times = times[order] if isinstance(times, np.ndarray) else [times[k] for k in order]
        table.notes.append("The rows were sorted by time.")
    odd = first_irregular(table.times)
    if odd is not None and not resample:
        raise InputError(
            f"'{path}' has irregular times: {table.where[odd]} is not one step ({table.step}) after the row before; "
            "use --resample to interpolate"
        )
    return table


def _filled(path: Path, table: Table, interpolate: bool) -> Table:
    """Interpolate missing values, or raise InputError with the first."""
    missing = np.isnan(table.values)
    if not missing.any():
        return table
    row, j = (int(k) for k in np.argwhere(missing)[0])
    if not interpolate:
        raise InputError(
            f"'{path}' has no value in {table.where[row]}, column '{table.names[j]}' ({missing.sum()} missing in all); "
            "fill it in, or use --interpolate"
        )
    if missing.all(0).any():
        raise InputError(f"column '{table.names[int(missing.all(0).argmax())]}' of '{path}' has no value; leave it out")
    full = np.flatnonzero(~missing.any(1)) if len(table.names) > 1 else np.flatnonzero(~missing[:, 0])
    if not len(full):
        raise InputError(f"'{path}' has no row in which all columns have values; choose fewer columns with --column")
    kept = slice(int(full[0]), int(full[-1]) + 1)
    removed = len(table.values) - (kept.stop - kept.start)
    table.values, table.where = table.values[kept], table.where[kept]
    table.times = None if table.times is None else table.times[kept]
    missing = missing[kept]
    at = np.arange(len(table.values)) if table.times is None else steps_from(table.times)
    for k in range(table.values.shape[1]):
        gaps = missing[:, k]
        table.values[gaps, k] = np.interp(at[gaps], at[~gaps], table.values[~gaps, k])
    ends = f", and {removed} rows at the ends were removed" if removed else ""
    table.notes.append(f"{missing.sum()} missing values were interpolated{ends}.")
    return table


def _resampled(table: Table) -> Table:
    assert table.times is not None
    step = table.step
    times = grid(table.times, step)
    at, old = steps_from(times), steps_from(table.times)
    n = len(table.values)
    table.values = np.column_stack([np.interp(at, old, column) for column in table.values.T])
    table.times, table.where = times, [f"row {k}" for k in range(len(at))]
    table.notes.append(f"{n} rows were interpolated to {len(at)} rows with the step {step}.")
    return table
