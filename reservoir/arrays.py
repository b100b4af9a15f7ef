"""Conversion of arrays, tables and sequences of other libraries to numpy arrays and lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.reservoir.errors import InputError

AXES = "(n_sequences, n_steps, n_channels)"


def array(x: Any, where: str) -> np.ndarray:
    """Convert `x`, an array of any library, a table or nested lists, to a numpy array.

    Raises
    ------
    InputError
        A sparse or masked array, dates, lists of unequal lengths, or an array that its library does not convert.
    """
    if hasattr(x, "toarray"):
        raise InputError(f"{where} is a sparse matrix, but signals are dense; call .toarray() on it")
    if isinstance(x, np.ma.MaskedArray):
        raise InputError(
            f"{where} is a masked array, and the mask would be ignored; call .filled() on it, or drop the masked values"
        )
    try:
        if hasattr(x, "to_numpy"):
            converted = x.to_numpy()
        elif hasattr(x, "__dlpack__") and not hasattr(x, "__array__"):
            converted = np.from_dlpack(x)
        else:
            converted = np.asarray(x)
    except (TypeError, ValueError, RuntimeError, BufferError) as error:
        reason = str(error).split("\n", maxsplit=1)[0].rstrip(".")
        raise InputError(
            f"{where} is a {type(x).__name__} that cannot be converted to one array ({reason}); "
            "give a numpy array, or for sequences a list of arrays (n_steps, n_channels)"
        ) from None
    if converted.dtype.kind in "mM":
        raise InputError(
            f"{where} contains dates or durations ({converted.dtype}), but numbers are needed; drop that column, or "
            "convert it to seconds"
        )
    return converted


def is_array(x: Any) -> bool:
    """Return whether `x` is an array or a table of some library, not a list."""
    return isinstance(x, np.ndarray) or any(hasattr(x, name) for name in ("__array__", "__dlpack__", "to_numpy"))


def n_dimensions(x: Any) -> int:
    """Return the number of axes of an array of any library, or of nested lists."""
    ndim = getattr(x, "ndim", None)
    if isinstance(ndim, int):
        return ndim
    if is_array(x):
        return array(x, "X").ndim
    return 1 + (n_dimensions(x[0]) if len(x) else 0) if isinstance(x, list | tuple) else 0


def unpacked(X: Any) -> Any:
    """Convert signals in any container to one numpy array or to a sequence with one entry per signal.

    An object array of arrays, a pandas frame with an index of several levels (the last of them time) and a frame of
    nested series (a row for each sequence, a column for each channel) become lists.
    """
    if hasattr(X, "toarray") or not is_array(X):
        return X
    index = getattr(X, "index", None)
    levels = getattr(index, "nlevels", 1)
    if levels > 1:
        panel = X.groupby(level=list(range(levels - 1)), sort=False)
        parts = [part for _, part in panel]
        for i, part in enumerate(parts):
            if not part.index.get_level_values(-1).is_monotonic_increasing:
                raise InputError(
                    f"sequence {i} of the frame has its time steps out of order; sort it with X.sort_index()"
                )
        return [array(part, f"sequence {i}") for i, part in enumerate(parts)]
    converted = array(X, "X")
    if converted.dtype != object or not converted.size or n_dimensions(converted.flat[0]) == 0:
        return converted
    if converted.ndim == 1:
        return list(converted)
    if converted.ndim == 2:
        return [np.column_stack([array(c, f"sequence {i}") for c in row]) for i, row in enumerate(converted)]
    return converted


def oriented(X: np.ndarray, n_channels: int | None) -> np.ndarray:
    """Return a batch as (n_sequences, n_steps, n_channels); transpose it if it must be (n, channel, time)."""
    if n_channels is not None and X.shape[2] != n_channels and X.shape[1] == n_channels:
        return X.transpose(0, 2, 1)
    return X


def check_orientation(X: np.ndarray) -> None:
    """Raise InputError for a batch that seems to be (n, channel, time), the order of other libraries."""
    n, n_steps, n_channels = X.shape
    if n_steps < n_channels:
        raise InputError(
            f"X has shape {X.shape}, which is {n} sequence(s) of {n_steps} step(s) and {n_channels} channels, "
            f"as arrays are {AXES}; for data of shape (n, channel, time), as in aeon, give "
            "X.transpose(0, 2, 1), or list(X) if there really are more channels than steps"
        )
