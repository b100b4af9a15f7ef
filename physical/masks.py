"""The mask that spreads a row of input over the virtual nodes of a delay line."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.reservoir import checks


def mask_of(given: Any, n_units: Any, n_levels: Any, n_channels: int, rng: np.random.Generator) -> np.ndarray:
    """Return the mask (n_units, n_channels): as given, or drawn.

    Drawn values are evenly spaced levels between plus and minus 1 / sqrt(n_channels), each as likely: with
    many channels the input of a node stays as large as with one.
    """
    if given is not None:
        return checks.matrix("mask", given, (None, n_channels))
    levels = np.linspace(-1, 1, checks.integer("mask_levels", n_levels, 2)) / np.sqrt(n_channels)
    return rng.choice(levels, (checks.integer("n_units", n_units, 1), n_channels))
