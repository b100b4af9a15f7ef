"""Formatting of large numbers."""

from __future__ import annotations

_TIMES = ((1e-3, "ms"), (1.0, "s"), (60.0, "min"), (3600.0, "h"), (86400.0, "d"), (31557600.0, "y"))
_SIZES = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def seconds(value: float, unit: str | None = None) -> str:
    """Return a time with two significant digits, in `unit` or a suitable unit.

    >>> seconds(8000), seconds(90, "h")
    ('2.2 h', '0.025 h')
    """
    sizes = {name: size for size, name in _TIMES}
    unit = unit or unit_of(value)
    return f"{_two(value / sizes[unit])} {unit}"


def unit_of(value: float) -> str:
    """Return the largest unit in which a time is at least 1."""
    return next((name for size, name in reversed(_TIMES) if value >= size), "ms")


def size(n_bytes: float) -> str:
    """Return a number of bytes in decimal units.

    >>> size(8e12)
    '8.0 TB'
    """
    k = 0
    while n_bytes >= 1000 and k < len(_SIZES) - 1:
        n_bytes, k = n_bytes / 1000, k + 1
    return f"{_two(n_bytes)} {_SIZES[k]}"


def _two(value: float) -> str:
    """Return `value` with two significant digits, or as an integer."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2g}"
