"""Reading and formatting of large numbers."""

from __future__ import annotations

from millpond.reservoir import checks

_TIMES = ((1e-3, "ms"), (1.0, "s"), (60.0, "min"), (3600.0, "h"), (86400.0, "d"), (31557600.0, "y"))
_SIZES = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def whole(name: str, text: str | int) -> int:
    """Return the integer of at least 1 in `text`, such as 5000, 1e6 or 2.5e3.

    >>> whole("units", "1e6")
    1000000
    """
    try:
        return checks.integer(name, int(text), 1)
    except ValueError:
        pass  # not only digits
    try:
        value = float(text)
        if value >= 1 and value.is_integer():
            return int(value)
    except (ValueError, OverflowError):
        pass
    raise checks.InputError(
        f"{name} is {text!r}, but it must be a whole number of at least 1; give one, as 5000 or 1e6"
    )


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
