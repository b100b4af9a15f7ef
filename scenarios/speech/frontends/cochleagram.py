"""The gammatone cochleagram: smooth envelopes of an auditory filter bank."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

N_CHANNELS = 32
LOWEST, HIGHEST = 100.0, 3600.0  # Hz
SMOOTHING = 0.008  # s
HOP = 0.010  # s


def gammatone(wave: np.ndarray, rate: int, hop: float = HOP) -> np.ndarray:
    """Return the cube root of the envelopes of 32 gammatone filters.

    Fourth-order filters from 100 to 3600 Hz, equally spaced on the scale of equivalent rectangular bandwidths
    E(f) = 21.4 log10(1 + .00437 f) (Glasberg and Moore, Hear. Res. 47, 103-138, 1990); half-wave rectified,
    smoothed by a first-order low-pass filter of 8 ms, read in the middle of every hop. The cube root
    stands for loudness.

    Parameters
    ----------
    wave : ndarray (n_samples,)
        Mono, peak 1; one shorter than 10 ms is padded with zeros.
    rate : int
        Samples per second (Hz), at least 8000.
    hop : float
        From one row of the result to the next (s).

    Returns
    -------
    ndarray (n_frames, 32) of float64
        Channel 0 is the lowest.
    """
    from scipy.signal import lfilter

    step = round(hop * rate)
    wave = np.pad(wave, (0, max(0, step - len(wave))))
    excitation = np.stack([lfilter(b, a, wave) for b, a in _filters(rate)])
    keep = np.exp(-1 / (SMOOTHING * rate))
    envelope = lfilter([1 - keep], [1, -keep], np.maximum(excitation, 0), axis=1)
    return np.cbrt(envelope[:, step // 2 :: step].T)


def centre_frequencies() -> np.ndarray:
    """Return the centre frequencies in Hz, shape (32,)."""
    low, high = 21.4 * np.log10(1 + 0.00437 * np.array([LOWEST, HIGHEST]))
    return (10 ** (np.linspace(low, high, N_CHANNELS) / 21.4) - 1) / 0.00437


@lru_cache(maxsize=4)
def _filters(rate: int) -> list[tuple[np.ndarray, np.ndarray]]:
    from scipy.signal import gammatone as design

    return [design(frequency, "iir", fs=rate) for frequency in centre_frequencies()]
