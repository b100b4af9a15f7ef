"""Numbers with units: Brian2 quantities where somebody has them, SI floats everywhere else."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.reservoir import checks

# exponents of length, mass, time, current, as Brian2 keeps them
_DIMENSIONS = {"s": (0, 0, 1, 0), "V": (2, 1, -3, -1), "A": (0, 0, 0, 1), "ohm": (2, 1, -3, -2), "Hz": (0, 0, -1, 0)}


def si(name: str, value: Any, unit: str = "", low: float = -np.inf, *, above: float | None = None) -> float:
    """Return a number or a Brian2 quantity as a float in SI units, of at least `low` or greater than `above`.

    Raises
    ------
    InputError
        Another dimension than `unit` has, or a value out of range.
    """
    return checks.number(name, _bare(name, value, unit), low, above=above)


def si_each(name: str, value: Any, unit: str, size: int, *, above: float | None = None) -> tuple[float, ...]:
    """Return `size` numbers in SI units; one number stands for all of them."""
    entries = [value] * size if np.ndim(value) == 0 else list(value)
    if len(entries) != size:
        raise checks.InputError(f"{name} has {len(entries)} entries, but {size} are needed; give one for each")
    names = [name] if np.ndim(value) == 0 else [f"{name}[{i}]" for i in range(size)]
    return tuple(si(n, entry, unit, above=above) for n, entry in zip(names * size, entries, strict=False))


def si_array(name: str, value: Any, unit: str) -> Any:
    """Return an array of numbers or a Brian2 quantity in SI units; what is no quantity is returned as it is.

    Raises
    ------
    InputError
        Another dimension than `unit` has.
    """
    return value if getattr(value, "dim", None) is None else np.asarray(_checked(name, value, unit), float)


def _bare(name: str, value: Any, unit: str) -> Any:
    return value if getattr(value, "dim", None) is None else float(_checked(name, value, unit))


def _checked(name: str, quantity: Any, unit: str) -> Any:
    """Return a quantity if it has the dimension of `unit`; Brian2 itself is not needed to look."""
    wanted = _DIMENSIONS.get(unit, (0, 0, 0, 0))
    if tuple(quantity.dim._dims)[:4] != wanted:
        raise checks.InputError(
            f"{name} is {quantity}, but its unit must be {unit or 'none (a pure number)'}; give that unit"
        )
    return quantity
