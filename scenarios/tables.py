"""Text tables: delimiter, quotes, encoding and header are detected automatically."""

from __future__ import annotations

import csv
import math
import unicodedata
from pathlib import Path

import numpy as np

from millpond.reservoir.checks import InputError

_DELIMITERS = (",", ";", "\t", "|")
_NONE = "\x1f"  # delimiter of a table with one column, in which entries may contain spaces
_ENCODINGS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "-"}
OF_TIME = {"", "date", "time", "timestamp", "datetime", "index", "step", "t"}  # names of index columns

Rows = list[tuple[int, list[str]]]


def rows_of(path: Path, comments: bool = False) -> tuple[Rows, str]:
    """Return the lines of a table as (line number, entries), and the delimiter.

    The delimiter is the most frequent of comma, semicolon, tab and bar in the first line. If there is
    none, tables of numbers (with `comments`) are separated by spaces, and others have one column. Entries may be in
    double quotes. They are stripped and in Unicode's composed form (NFC). Empty lines are skipped.

    Parameters
    ----------
    path : Path
        In UTF-8, or in UTF-16 with a byte order mark, with any line endings.
    comments : bool
        Whether text after # is a comment.

    Raises
    ------
    InputError
        The file is not text in these encodings.
    """
    lines = _lines(path)
    try:
        if comments:
            lines = [line.partition("#")[0].strip(" ") for line in lines]
        first = "".join(next((line for line in lines if line.strip()), "").split('"')[::2])  # outside of quotes
        delimiter = max(_DELIMITERS, key=first.count)
        if delimiter not in first:
            delimiter = " " if comments else _NONE
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        found = [(reader.line_num, [unicodedata.normalize("NFC", entry.strip()) for entry in row]) for row in reader]
    except csv.Error:
        raise InputError(f"'{path}' is not a table of text; save it as CSV in UTF-8") from None
    return [(number, row) for number, row in found if any(row)], delimiter


def empty_lines(path: Path) -> list[int]:
    """Return the numbers of lines without any character but white space and delimiters."""
    return [k for k, line in enumerate(_lines(path), 1) if not line.strip(" " + "".join(_DELIMITERS))]


def _lines(path: Path) -> list[str]:
    content = path.read_bytes()
    encoding = next((name for mark, name in _ENCODINGS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError(f"'{path}' is not a table of text; save it as CSV in UTF-8")
    return text.splitlines()


def number_of(entry: str, decimal_comma: bool = False) -> float | None:
    """Return the finite number of an entry, nan if it is missing, or None if it is not a number."""
    if entry.lower() in _MISSING:
        return math.nan
    try:
        value = float(entry.replace(",", ".") if decimal_comma else entry)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in entry else None


def one_series(path: Path) -> np.ndarray:
    """Return the only series of numbers (n_steps,) in a text table or a .npy file, as float64.

    The first line may be a header. Columns without numbers, such as dates, are ignored. Increasing columns
    with the name time, date, timestamp, datetime, index, step or t, or without a name, are ignored if another remains.

    Raises
    ------
    InputError
        There are several columns of numbers, a missing value, or an entry that is not a number. The message names the
        line or column.
    """
    if path.suffix.lower() == ".npy":
        return _of_numpy(path)
    rows, delimiter = rows_of(path, comments=True)
    if not rows:
        raise InputError(f"{path} is not a series of numbers (it is empty); put one number on each line")
    decimal_comma = delimiter != ","
    width = max(len(row) for _, row in rows)
    for line, row in rows:
        if len(row) != width:
            raise InputError(
                f"{path} is not a series of numbers (line {line} has {len(row)} entries, another has {width}); "
                "give each line as many"
            )
    values = [[number_of(entry, decimal_comma) for entry in row] for _, row in rows]
    columns = [list(column) for column in zip(*values, strict=True)]
    numeric = [j for j, column in enumerate(columns) if any(v is not None and v == v for v in column)]
    headed = any(values[0][j] is None for j in numeric) and len(rows) > 1
    header = rows[0][1] if headed else [f"column {j + 1}" for j in range(width)]
    if headed:
        rows, columns = rows[1:], [column[1:] for column in columns]
    kept = [j for j in numeric if not (header[j].lower() in OF_TIME and _increases(columns[j]))] or numeric
    if not kept:
        raise InputError(f"{path} is not a series of numbers (no column holds any); put one number on each line")
    if len(kept) > 1:
        names = ", ".join(header[j] for j in kept)
        raise InputError(
            f"{path} has {len(kept)} columns of numbers ({names}), but one series is needed; "
            f"save one of them to a separate file{_command(path, delimiter, kept[0])}"
        )
    [chosen] = kept
    for (line, row), value in zip(rows, columns[chosen], strict=True):
        if value is None or value != value:
            what = "no value" if value is not None else f"'{row[chosen]:.20}'"
            raise InputError(f"{path} is not a series of numbers (line {line} has {what}); put a number there")
    return np.array(columns[chosen], float)


def _increases(column: list[float | None]) -> bool:
    return None not in column and bool((np.diff(np.array(column, float)) > 0).all())


def _command(path: Path, delimiter: str, column: int) -> str:
    """Return a hint for extracting a column in the shell."""
    flag = {"\t": "", " ": "-d' ' "}.get(delimiter, f"-d'{delimiter}' ")
    return f", as with cut {flag}-f{column + 1} {path.name} > column.csv"


def _of_numpy(path: Path) -> np.ndarray:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)  # a memory map cannot be larger than the file
    except (ValueError, OSError, EOFError, SyntaxError, TypeError, OverflowError):
        raise InputError(f"'{path}' is not an array of numbers; save one with numpy.save(path, x)") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise InputError(f"'{path}' contains no real numbers; save an array of float")
    if max(array.shape, default=0) != array.size:
        raise InputError(f"'{path}' has shape {array.shape}, but one series is needed; save one column of it, x[:, 0]")
    series = np.array(array, np.float64).ravel()
    if not np.isfinite(series).all():
        step = int(np.flatnonzero(~np.isfinite(series))[0])
        raise InputError(f"'{path}' has {series[step]} at step {step}, where a number is needed; fill it in")
    return series
