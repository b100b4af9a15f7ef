"""Files of labelled series in the .ts format of the UEA and UCR archives (Bagnall et al. 2018, arXiv:1811.00075).

A header of lines that start with @, and after ``@data`` a line for each series: its dimensions separated by colons,
their values by commas, and the label at the end. Values may be missing (``?`` or ``NaN``) before and after a series, as
in files whose series are padded to one length; with ``@timestamps true`` each is a pair ``(time,value)``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from millpond.reservoir.checks import InputError
from millpond.scenarios.tables import number_of

_TUPLE = re.compile(r"\(([^()]*),([^(),]*)\)")
_EVEN = 1e-6  # relative tolerance of time steps


class Series(NamedTuple):
    """Contents of a file: each series (n_steps, n_dimensions), its label and its line number."""

    signals: list[np.ndarray]
    labels: list[str]
    lines: list[int]


def read(path: Path) -> Series:
    """Return the series of a file and their labels as written in the file.

    Raises
    ------
    InputError
        The file does not exist, is a regression data set or has no labels, a line is not a series, a value within a
        series is missing, times are not evenly spaced, or the header does not match the data.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}; put it next to the other part")
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{path} is not a text file in UTF-8; save it as one") from None
    header: dict[str, str] = {}
    found = Series([], [], [])
    periods: set[float] = set()
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#"):
            continue
        if "@data" not in header:
            name, value = (*line.split(None, 1), "")[:2]
            header[name.lower()] = value.strip()
            _check_kind(name, value, path, line)
            continue
        where = f"line {number} of {path}"
        *dimensions, label = _parts(line)
        if not dimensions or not label.strip():
            raise InputError(f"{where} has no series before its label, or no label; repair that line")
        if not label.strip().isprintable():
            raise InputError(f"{where} has the label {label.strip()!a:.60}, with an invisible character; remove it")
        values, period = _values(dimensions, header, where)
        _check_header(values, label.strip(), header, where)
        found.signals.append(_without_padding(values, where))
        found.labels.append(label.strip())
        found.lines.append(number)
        periods |= {period} if period is not None else set()
    if not found.signals:
        raise InputError(f"{path} has no series after a line '@data'; give a file in the .ts format")
    if periods and max(periods) - min(periods) > _EVEN * max(periods):
        raise InputError(f"the series of {path} have different time steps; resample them to one")
    return found


def _check_kind(name: str, value: str, path: Path, line: str) -> None:
    name, first = name.lower(), value.lower().split()[:1]
    if name == "@targetlabel" and first == ["true"]:
        raise InputError(
            f"{path} is a regression data set ('{line:.60}'), but task ts compares classifiers; "
            "give one with @classLabel true"
        )
    if name == "@classlabel" and first == ["false"]:
        raise InputError(f"{path} has no class labels ('{line:.60}'); give a data set with @classLabel true")


def _parts(line: str) -> list[str]:
    """Split a line at colons, except those within parentheses (times)."""
    return re.split(r":(?![^()]*\))", line)


def _values(dimensions: list[str], header: dict[str, str], where: str) -> tuple[np.ndarray, float | None]:
    """Return the values (n_steps, n_dimensions), nan where missing, and the time step if times are given."""
    with_times = header.get("@timestamps", "").lower() == "true" or dimensions[0].lstrip().startswith("(")
    columns, times = [], []
    for text in dimensions:
        entries = text.split(",")
        if with_times:
            pairs = _TUPLE.findall(text)
            if not pairs or _TUPLE.sub("", text).strip(" ,"):
                raise InputError(
                    f"{where} has entries other than pairs (time,value), which @timestamps requires; repair it"
                )
            times.append([_time(time.strip(), where) for time, _ in pairs])
            entries = [value for _, value in pairs]
        numbers = [number_of(entry.strip()) for entry in entries]
        if None in numbers:
            step = numbers.index(None)
            entry = entries[step].strip()
            raise InputError(f"{where} has '{entry:.20}' at step {step}, which is not a number; repair that line")
        columns.append(np.array(numbers, float))
    if len({len(column) for column in columns}) > 1:
        raise InputError(f"{where} has dimensions of different lengths; fill in the missing values")
    return np.stack(columns, axis=1), _period(times, where)


def _time(text: str, where: str) -> float:
    """Return a time: a number in units of the file, or the seconds of a date."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(np.datetime64(text.replace(" ", "T", 1), "us").astype(np.int64)) / 1e6
    except ValueError:
        raise InputError(
            f"{where} has the time '{text:.30}', which is neither a number nor a date; repair it"
        ) from None


def _period(times: list[list[float]], where: str) -> float | None:
    """Return the time step of a series, or None if no times are given."""
    if not times:
        return None
    if any(other != times[0] for other in times):
        raise InputError(f"{where} has dimensions with different times; resample them to the same times")
    steps = np.diff(times[0])
    if not len(steps):
        return None
    if not np.isfinite(steps).all() or steps.min() <= 0 or np.ptp(steps) > _EVEN * steps.max():
        raise InputError(f"{where} has times that are not evenly spaced; resample that series")
    return float(steps.mean())


def _check_header(values: np.ndarray, label: str, header: dict[str, str], where: str) -> None:
    """Raise InputError if a series does not match the header."""
    n_steps, n_dimensions = values.shape
    declared = header.get("@dimensions", header.get("@dimension", ""))
    if header.get("@univariate", "").lower() == "true":
        declared = "1"
    if declared.isdecimal() and int(declared) not in (0, n_dimensions):
        raise InputError(f"{where} has {n_dimensions} dimensions, but the header declares {int(declared)}; repair one")
    length = header.get("@serieslength", "")
    if header.get("@equallength", "").lower() == "true" and length.isdecimal() and int(length) not in (0, n_steps):
        raise InputError(f"{where} has {n_steps} steps, but the header declares {int(length)}; repair one")
    classes = header.get("@classlabel", "").split()[1:]
    if classes and label not in classes and not _same_number(label, classes):
        raise InputError(
            f"{where} has the label '{label:.30}', but the header declares {', '.join(classes)[:60]}; repair one"
        )


def _same_number(label: str, classes: list[str]) -> bool:
    value = number_of(label)
    return value is not None and any(number_of(c) == value for c in classes)


def _without_padding(values: np.ndarray, where: str) -> np.ndarray:
    """Return a series without the steps before and after it in which all dimensions are missing."""
    there = np.flatnonzero(~np.isnan(values).all(axis=1))
    if not len(there):
        raise InputError(f"{where} has no values; leave that line out")
    values = values[there[0] : there[-1] + 1]
    missing = np.argwhere(np.isnan(values))
    if len(missing):
        step, dimension = missing[0] + (there[0], 0)
        raise InputError(
            f"{where} has no value at step {step} of dimension {dimension}, in the middle of the series; fill it in"
        )
    return values
