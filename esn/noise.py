"""Noise that a sequence brings with it, so that neither the batch nor the cut into chunks changes a bit of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.reservoir import checks


def shaking(deviation: float, key: int, U: np.ndarray, n_units: int, source: Any) -> tuple[np.ndarray | None, Any]:
    """Return normal noise (n_steps, n_units) for the chunk U and where its generator stands after it.

    Parameters
    ----------
    deviation : float
        0: no noise.
    key : int
        Drawn once for a network; with the first row of a sequence it seeds the generator.
    U : ndarray (n_steps, n_channels)
    source : dict or None
        What the chunk before returned; None at the beginning of a sequence.
    """
    if not checks.number("noise", deviation, 0):
        return None, None
    if source is None:
        row = (U[0] + 0.0).astype(np.float64)  # -0 and 0 are the same row
        generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence([key, *row.view(np.uint32)])))
    else:
        generator = np.random.Generator(np.random.PCG64())
        generator.bit_generator.state = source
    noise = generator.standard_normal((len(U), n_units), U.dtype)
    noise *= deviation
    return noise, generator.bit_generator.state
