"""Dates of a time series: reading, the step between them, and dates beyond the end."""

from __future__ import annotations

import calendar
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np

from millpond.reservoir.checks import InputError

_FORMATS = (
    "%Y/%m/%d", "%Y-%m", "%Y/%m", "%Y%m%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%d-%m-%Y", "%m.%Y", "%m/%Y", "%b %Y",
    "%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%H:%M",
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f")
_TOLERANCE = 0.01  # of a step; times in a file are rounded


class Step(NamedTuple):
    """Time between two rows: `size` seconds or units of a number, or whole months if `months` is not 0."""

    size: float
    months: int = 0

    def __str__(self) -> str:
        if self.months:
            return f"{self.months} month{'s' * (self.months > 1)}"
        return str(timedelta(seconds=self.size))


def dates_of(entries: Sequence[str]) -> list[datetime] | None:
    """Return the dates of a column, or None if it has other entries. Time zones are converted to UTC.

    Dates are in ISO 8601 or in a usual national form. If the day and the month cannot be distinguished in any row, the
    order with equal steps is used, and the month first if both have them.
    """
    if not entries or not all(any(c in entry for c in "-/.: T") or len(entry) == 8 for entry in entries):
        return None
    try:
        found = [datetime.fromisoformat(entry) for entry in entries]
        return [d.astimezone(UTC).replace(tzinfo=None) if d.tzinfo else d for d in found]
    except ValueError:
        pass
    kept: list[datetime] | None = None
    for form in (day + time for day in _FORMATS for time in _TIMES):
        try:
            found = [datetime.strptime(entry, form) for entry in entries]
        except ValueError:
            continue
        if first_irregular(found) is None:
            return found
        kept = kept or found
    return kept


def step_of(times: Sequence[datetime] | np.ndarray) -> Step:
    """Return the most frequent step of increasing times: the median difference, or whole months."""
    if isinstance(times, np.ndarray):
        return Step(float(np.median(np.diff(times))))
    seconds = np.diff([_seconds(t) for t in times])
    size = float(np.median(seconds))
    months = round(size / 86400 / 30.44)
    if months and len({t.time() for t in times}) == 1:
        apart = np.diff([12 * t.year + t.month for t in times])
        same_day = len({t.day for t in times}) == 1
        if (same_day or all(_is_last_day(t) for t in times)) and np.median(apart) == months:
            return Step(size, months)
    return Step(size)


def first_irregular(times: Sequence[datetime] | np.ndarray) -> int | None:
    """Return the first row whose distance from the row before is not the step, or None."""
    if len(times) < 3:
        return None
    expected, step = steps_from(times), step_of(times)
    if isinstance(times, np.ndarray):
        off = np.abs(np.diff(times) - step.size) > _TOLERANCE * abs(step.size)
    elif step.months:
        off = np.diff([12 * t.year + t.month for t in times]) != step.months
    else:
        off = np.abs(np.diff(expected) - step.size) > _TOLERANCE * abs(step.size)
    return int(np.flatnonzero(off)[0]) + 1 if off.any() else None


def steps_from(times: Sequence[datetime] | np.ndarray) -> np.ndarray:
    """Return times as numbers: seconds of dates, numbers as they are."""
    return times if isinstance(times, np.ndarray) else np.array([_seconds(t) for t in times])


def after(last: datetime | float, step: Step, n: int) -> list[str]:
    """Return the `n` times after `last` as text."""
    if not isinstance(last, datetime):
        digits = max(0, 3 - math.floor(math.log10(abs(step.size))))
        return [f"{round(last + (k + 1) * step.size, digits):.12g}" for k in range(n)]
    found = []
    for k in range(1, n + 1):
        found.append(_months_later(last, k * step.months) if step.months else last + timedelta(seconds=k * step.size))
    whole_days = all(t.time() == datetime.min.time() for t in found)
    return [t.date().isoformat() if whole_days else t.isoformat(sep=" ") for t in found]


def grid(times: Sequence[datetime] | np.ndarray, step: Step) -> list[datetime] | np.ndarray:
    """Return times with equal steps from the first to at most the last.

    Raises
    ------
    InputError
        There would be more than a hundred times as many rows.
    """
    numbers = steps_from(times)
    n = int((numbers[-1] - numbers[0]) / step.size * (1 + 1e-9)) + 1
    if n > 100 * len(numbers):
        raise InputError(
            f"resampling to the step {step} would give {n} rows from {len(numbers)}; remove the rows after long gaps"
        )
    if isinstance(times, np.ndarray):
        return times[0] + step.size * np.arange(n)
    if not step.months:
        return [times[0] + timedelta(seconds=step.size * k) for k in range(n)]
    found = [_months_later(times[0], step.months * k) for k in range(n + 1)]
    return [t for t in found if t <= times[-1]]


def _seconds(t: datetime) -> float:
    return (t - datetime(1970, 1, 1)).total_seconds()


def _is_last_day(t: datetime) -> bool:
    return t.day == calendar.monthrange(t.year, t.month)[1]


def _months_later(t: datetime, months: int) -> datetime:
    """Return the date some months later; the last day of a month stays the last day."""
    year, month = divmod(12 * t.year + t.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return t.replace(year=year, month=month + 1, day=last if _is_last_day(t) and t.day >= 28 else min(t.day, last))
