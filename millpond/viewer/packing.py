"""Arrays on their way into a page: few bytes, of which a browser makes typed arrays again."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np

TYPES = ("uint8", "int8", "uint16", "float32")
LEVELS = 255


def quantised(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return `values` as whole numbers from 0 at `low` to 255 at `high`, clipped at both.

    >>> quantised(np.array([-1.0, 0.0, 9.0]), -1.0, 1.0)
    array([  0, 128, 255], dtype=uint8)
    """
    share = (values - low) / (high - low) if high > low else np.zeros_like(values)
    return np.floor(np.clip(share, 0, 1) * LEVELS + 0.5).astype(np.uint8)


def pack(arrays: dict[str, np.ndarray]) -> tuple[list[dict[str, Any]], str]:
    """Return a table of contents of `arrays`, as plain data, and all their bytes deflated, in base64.

    Each begins at a multiple of four bytes, as a typed array must. Of `uint8` with several axes the differences along
    the first are kept, modulo 256, which deflates to fewer bytes where pictures follow each other.
    """
    contents, parts, at = [], [], 0
    for name, array in arrays.items():
        kind = str(array.dtype)
        if kind not in TYPES:
            raise TypeError(f"{name} has dtype {kind}; pages hold {', '.join(TYPES)}")
        differs = kind == "uint8" and array.ndim > 1
        kept = np.diff(array, axis=0, prepend=np.zeros_like(array[:1])) if differs else array
        data = np.ascontiguousarray(kept, array.dtype.newbyteorder("<")).tobytes()
        contents.append({"name": name, "type": kind, "shape": list(array.shape), "at": at, "differs": differs})
        data += bytes(-len(data) % 4)
        parts.append(data)
        at += len(data)
    return contents, base64.b64encode(zlib.compress(b"".join(parts), 9)).decode()
