"""Noise that every engine draws alike: a function of a key, the step and the neuron.

A counter goes through the mixer of Steele, Lea and Flood (2014, SplitMix64, doi:10.1145/2660193.2660195), and the
four 16-bit parts of the result are added: mean 0, variance 1, and nearly normal; the membrane, which sums hundreds
of them, makes it normal.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from millpond.reservoir.compiled import njit

_STEP, _NEURON = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_MEAN = 2.0 * (2**16 - 1)
_SCALE = float(1 / np.sqrt(4 * (2.0**32 - 1) / 12))

CPP = f"""
double kick(int64_t key, int64_t step, int64_t neuron) {{
    uint64_t z = ((uint64_t)key << 32) + (uint64_t)step * {_STEP}ULL + (uint64_t)neuron * {_NEURON}ULL;
    z = (z ^ (z >> 30)) * {_FIRST}ULL;
    z = (z ^ (z >> 27)) * {_SECOND}ULL;
    z ^= z >> 31;
    uint64_t sum = (z & 65535) + ((z >> 16) & 65535) + ((z >> 32) & 65535) + (z >> 48);
    return ((double)sum - {_MEAN!r}) * {_SCALE!r};
}}
"""


def kick_plain(key: Any, step: Any, neuron: Any) -> np.ndarray:
    """Return the noise (mean 0, variance 1) of neurons at a step: the twin of `kick`, in numpy."""
    key, step, neuron = (np.asarray(value).astype(np.uint64) for value in np.broadcast_arrays(key, step, neuron))
    with np.errstate(over="ignore"):
        z = (key << np.uint64(32)) + step * np.uint64(_STEP) + neuron * np.uint64(_NEURON)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(_FIRST)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(_SECOND)
    z ^= z >> np.uint64(31)
    parts = [(z >> np.uint64(shift)) & np.uint64(65535) for shift in (0, 16, 32, 48)]
    return (np.sum(parts, axis=0).astype(np.float64) - _MEAN) * _SCALE


@njit(cache=True, inline="always")
def kick(key, step, neuron):  # type: ignore[no-untyped-def]
    """Return the noise of one neuron at a step, of unsigned 64-bit numbers."""
    z = (key << np.uint64(32)) + step * np.uint64(_STEP) + neuron * np.uint64(_NEURON)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(_FIRST)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_SECOND)
    z ^= z >> np.uint64(31)
    low = np.uint64(65535)
    total = (z & low) + ((z >> np.uint64(16)) & low) + ((z >> np.uint64(32)) & low) + (z >> np.uint64(48))
    return (np.float64(total) - _MEAN) * _SCALE


def key_of(seed: int, first_row: np.ndarray) -> int:
    """Return the key of a sequence, below 2^31; of `first_row` (or all spikes), so that chunks agree."""
    return zlib.crc32(np.ascontiguousarray(first_row, np.float64).tobytes(), seed) & 0x7FFFFFFF


def step_size(sd: float, decay: float) -> float:
    """Return the s.d. of the kick in a step that keeps a membrane with this `decay` per step at `sd` (V).

    The stationary variance of v <- decay v + k is var(k) / (1 - decay^2).
    """
    return float(sd * np.sqrt(1 - decay**2))
