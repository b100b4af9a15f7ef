"""Input checks. Every error states what was given, what is allowed and what to do."""

from __future__ import annotations

import difflib
import math
import numbers
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from millpond.reservoir.arrays import array as as_array
from millpond.reservoir.arrays import n_dimensions, oriented, unpacked
from millpond.reservoir.errors import InputError

RandomState = int | np.integer | np.random.Generator | None
"""A seed (0 or larger), a random generator, or None for a new seed at each call."""

_FEW = 4096  # size below which a temporary array is faster than suppressing numpy warnings


def option(name: str, value: Any, allowed: Iterable[str]) -> str:
    """Return `value` if it is one of `allowed`; otherwise raise InputError and suggest the nearest name."""
    allowed = list(allowed)
    if isinstance(value, str) and value in allowed:
        return value
    near = difflib.get_close_matches(str(value), allowed, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    raise InputError(f"{name} is {value!r}, but it must be one of {', '.join(map(repr, allowed))}{hint}")


def number(
    name: str, value: Any, low: float = -math.inf, high: float = math.inf, *, above: float | None = None
) -> float:
    """Return `value` as float if it is a finite real number in [low, high] (and > `above`)."""
    real = isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)
    good = real and math.isfinite(value) and low <= value <= high
    if good and (above is None or value > above):
        return float(value)
    given = value.item() if isinstance(value, np.generic) else value
    raise InputError(f"{name} is {given!r}, but it must be a {_span(low, high, above)}; give one in that range")


def _span(low: float, high: float, above: float | None) -> str:
    """Return a description of the numbers in [low, high] and > `above`."""
    if above is not None and above >= low:
        return f"number greater than {above:g}" + (f" and at most {high:g}" if high < math.inf else "")
    if high < math.inf:
        return f"number between {low:g} and {high:g}" if low > -math.inf else f"finite number of at most {high:g}"
    return f"finite number of at least {low:g}" if low > -math.inf else "finite number"


def integer(name: str, value: Any, low: int = 0) -> int:
    """Return `value` as int if it is a whole number of at least `low`."""
    if isinstance(value, numbers.Integral) and not isinstance(value, bool | np.bool_) and int(value) >= low:
        return int(value)
    raise InputError(f"{name} is {value!r}, but it must be a whole number of at least {low}; give one")


def matrix(name: str, value: Any, shape: tuple[int | None, ...], dtype: Any = np.float64) -> np.ndarray:
    """Return `value` as a finite array of `shape` (None: any length)."""
    try:
        array = np.asarray(value, dtype=dtype)
    except (TypeError, ValueError):
        raise InputError(f"{name} is {value!r:.60}, but numbers are needed; give an array of them") from None
    wanted = "(" + ", ".join("any" if n is None else str(n) for n in shape) + ")"
    if array.ndim != len(shape) or any(w is not None and w != n for w, n in zip(shape, array.shape, strict=True)):
        raise InputError(f"{name} has shape {array.shape}, but {wanted} is needed; reshape it or leave it out")
    if not np.isfinite(array).all():
        raise InputError(f"{name} holds a value that is not finite; replace it by a number")
    return array


def per_sequence(name: str, values: Any, n: int, of: str = "sequences") -> np.ndarray:
    """Return `values` (int, float, bool or str) as an array with one entry for each of `n` sequences."""
    array = values if isinstance(values, list | tuple) else as_array(values, name)
    entries = list(array) if isinstance(array, list | tuple) else array.tolist()
    for i, entry in enumerate(entries):
        if entry is None or entry != entry:
            raise InputError(f"{name}[{i}] is missing ({entry}); give every sequence one, or leave it out")
    array = np.array(entries)
    if array.ndim != 1 or len(array) != n:
        given = f"{len(array)} entries" if array.ndim == 1 else f"shape {array.shape}"
        raise InputError(f"{name} has {given}, but there are {n} {of}; give one entry for each of them")
    if array.dtype.kind not in "biufU":
        raise InputError(f"{name} holds {type(entries[0]).__name__}, but numbers or strings are needed; convert it")
    return array


def generator(random_state: RandomState) -> np.random.Generator:
    """Return the random generator for `random_state` (None, an int of at least 0, or a Generator)."""
    if random_state is None or isinstance(random_state, np.random.Generator):
        return np.random.default_rng(random_state)
    return np.random.default_rng(integer("random_state", random_state))


def signal(
    x: Any, where: str = "X", n_channels: int | None = None, dtype: Any = np.float64, who: str = "this model"
) -> np.ndarray:
    """Return one signal as a finite C-ordered (n_steps, n_channels) array of `dtype`.

    Raises
    ------
    InputError
        Wrong number of dimensions or channels, no time step, a dtype that is not real, or a value that is not
        finite. The message names the sequence (`where`), the time step and the channel.
    """
    array = as_array(x, where)
    if array.dtype.kind == "c":
        raise InputError(f"Complex data not supported: {where} is complex; pass real and imaginary part as channels")
    if array.dtype.kind not in "fiub":
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError):
            raise InputError(
                f"{where} has dtype {array.dtype}, but signals are real numbers; convert it to float"
            ) from None
    if array.ndim != 2:
        raise InputError(
            f"{where} has {array.ndim} dimension(s) (shape={array.shape}), but a signal is (n_steps, n_channels). "
            "Reshape your data, with array.reshape(-1, 1) if it has a single channel"
        )
    if not array.shape[0]:
        raise InputError(
            f"{where} has no step: found 0 sample(s) (shape={array.shape}) while a minimum of 1 is required"
        )
    if not array.shape[1]:
        raise InputError(
            f"{where} has no channel: 0 feature(s) (shape={array.shape}) while a minimum of 1 is required."
        )
    if n_channels is not None and array.shape[1] != n_channels:
        raise InputError(
            f"{where} has {array.shape[1]} features, but {who} is expecting {n_channels} features as input; "
            "give it signals with the channels it was fitted on, or fit it again"
        )
    if array.dtype != dtype or not array.flags.c_contiguous:
        with np.errstate(over="ignore", invalid="ignore"):
            array = np.ascontiguousarray(array, dtype=dtype)
    finite(array, where)
    return array


def finite(array: np.ndarray, where: str) -> None:
    """Raise InputError with the first time step and channel of `array` (n_steps, n_channels) that is not finite."""
    if array.size < _FEW:
        if np.isfinite(array).all():
            return
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            if np.isfinite(np.add.reduce(array, axis=None)):  # no temporary array; an overflow is handled below
                return
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        step, channel = bad[0]
        what = "NaN" if np.isnan(array[step, channel]) else "infinity"
        raise InputError(
            f"{where} contains {what} at step {step}, channel {channel}; "
            "repair or drop that sequence before it reaches the model"
        )


def signals(
    X: Any, n_channels: int | None = None, dtype: Any = np.float64, names: Sequence[str] | None = None,
    who: str = "this model",
) -> list[np.ndarray]:  # fmt: skip
    """Return the checked signals in `X`: an array (n_steps, n_channels), a list of them, or a 3-D array.

    Raises
    ------
    InputError
        As `signal`. Also for an empty set, or signals with different numbers of channels.
    """
    X = unpacked(X)
    if (isinstance(X, np.ndarray) and X.ndim != 3) or hasattr(X, "toarray"):
        return [signal(X, "X", n_channels, dtype, who)]
    if not (hasattr(X, "__len__") and hasattr(X, "__getitem__")) or isinstance(X, str | bytes | dict):
        raise InputError(f"X is a {type(X).__name__}, but a signal array or a list of them is needed; pass one")
    if not len(X):
        raise InputError("X is an empty set: found 0 sample(s) while a minimum of 1 is required; pass a sequence")
    if isinstance(X, np.ndarray):
        X = oriented(X, n_channels)
    elif n_dimensions(X[0]) < 2 and not hasattr(X[0], "toarray"):  # one signal given as nested lists
        return [signal(X, "X", n_channels, dtype, who)]
    checked = []
    for i in range(len(X)):
        where = f"sequence {i}" if names is None else f"sequence {i} ('{names[i]}')"
        checked.append(signal(X[i], where, n_channels, dtype, who))
        n_channels = checked[0].shape[1] if n_channels is None else n_channels
    return checked


def has_folder(path: Path) -> None:
    """Raise InputError if the folder of the file `path` does not exist."""
    if not path.parent.is_dir():
        raise InputError(f"there is no folder {path.parent} for {path.name}; create it first")
