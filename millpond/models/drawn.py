"""Checksums of the arrays that a reservoir draws from its random seed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.sparse import issparse

_AGREE = 1e-9  # relative: another BLAS scales a spectral radius differently in the last digits


def summary(model: Any) -> dict[str, Any]:
    """Return the CRC-32 of all fitted arrays of `model`, and the sum of magnitudes of each."""
    arrays = list(_arrays({k: v for k, v in vars(model).items() if k not in model.get_params(deep=False)}, set()))
    crc = 0
    for array in arrays:
        crc = zlib.crc32(np.ascontiguousarray(array).tobytes(), crc)
    return {"crc": crc, "sums": [float(np.abs(a).sum(dtype=np.float64)) for a in arrays if a.dtype.kind in "biuf"]}


def alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether two summaries are those of the same arrays, up to rounding."""
    if one["crc"] == other["crc"]:
        return True
    a, b = (np.asarray(each["sums"], dtype=np.float64) for each in (one, other))
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=_AGREE, atol=1e-300))


def _arrays(value: Any, seen: set[int]) -> Iterator[np.ndarray]:
    """Yield all arrays within fitted attributes, in a fixed order."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind in "biufc":
            yield value
    elif issparse(value):
        yield from (value.data, value.indices, value.indptr) if hasattr(value, "indptr") else (value.toarray(),)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _arrays(each, seen)
    elif isinstance(value, dict):
        for key in sorted(value, key=str):
            yield from _arrays(value[key], seen)
    elif type(value) in (bool, int, float):
        yield np.array(value, dtype=np.float64)
    elif type(value).__module__.startswith("millpond") and hasattr(value, "__dict__") and id(value) not in seen:
        seen.add(id(value))
        yield from _arrays(vars(value), seen)
