"""Numbers of either sign on lines that carry one: first the lines of all positive parts, then those of the negative."""

from __future__ import annotations

import numpy as np


def n_lines(signed: bool, n_channels: int) -> int:
    """Return the number of lines: two for each channel if `signed`."""
    return 2 * n_channels if signed else n_channels


def parts(signed: bool, U: np.ndarray) -> np.ndarray:
    """Return what each line carries of U (n_rows, n_channels): max(0, u), and max(0, -u) if `signed`."""
    return np.maximum(np.hstack([U, -U]) if signed else U, 0)


def whole(signed: bool, rows: np.ndarray) -> np.ndarray:
    """Return the channels of `rows` (n_rows, n_lines): the difference of their lines if `signed`."""
    if not signed:
        return rows
    positive, negative = np.hsplit(rows, 2)
    return positive - negative
