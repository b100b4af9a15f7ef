"""Lyon's passive ear: a cascade of filters, a rectifier, and four stages of gain control.

Written from the equations of R. F. Lyon, "A computational model of filtering, detection, and compression in
the cochlea", Proc. ICASSP 1982, 1282-1285, and M. Slaney, "Lyon's cochlear model", Apple Computer Technical
Report 13, 1988. The numbers are Slaney's.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

HOP = 0.010  # s
QUALITY = 8.0  # of a filter, far above BREAK
STEP = QUALITY / 32  # between neighbours, in bandwidths
BREAK = 1000.0  # Hz; below it the bandwidth stays the same
ZERO_OFFSET = 1.5  # of the notch above its resonance, in steps
SHARPNESS = 5.0  # of the notch against the resonance
CORNER = 300.0  # Hz; of the outer and middle ear
TARGETS = (0.0032, 0.0016, 0.0008, 0.0004)  # of the output of each stage of gain control
TIME_CONSTANTS = (0.640, 0.160, 0.040, 0.010)  # s, of the same
MOST_GAIN_LOSS = 0.9  # a stage never turns the gain down below a tenth
SMOOTHING = 3.0  # time constant before decimation, in hops
FRONT = 2  # stages before the first channel: outer and middle ear, and a compensating resonance


def lyon(wave: np.ndarray, rate: int) -> np.ndarray:
    """Return the firing probability that Lyon's model gives for every channel of the ear.

    The wave runs through all filters in turn; the output after each is half-wave rectified, compressed by
    four stages of gain control that are coupled to their neighbours, subtracted from that of the neighbour
    above and rectified again (which sharpens the channels), and smoothed by two first-order low-pass
    filters of 30 ms. The stages in front take part in all that and are left out of the result: to silence
    them first, as some versions do, would leave the first channel dead.

    Parameters
    ----------
    wave : ndarray (n_samples,)
        Mono, peak 1; one shorter than 10 ms is padded with zeros.
    rate : int
        Samples per second (Hz).

    Returns
    -------
    ndarray (n_frames, n_channels) of float64
        Channel 0 is the highest frequency. There are 64 channels at 8 kHz, 78 at 12.5 kHz, 86 at 16 kHz.
    """
    from millpond.scenarios.speech.frontends._ear_kernel import hear

    return hear(*_arguments(wave, rate))[:, FRONT:]


def lyon_slow(wave: np.ndarray, rate: int) -> np.ndarray:
    """Return what `lyon` returns, written to be read: one numpy line for each line of the model."""
    from scipy.signal import lfilter

    wave, filters, targets, speeds, most_loss, keep, hop = _arguments(wave, rate)
    stages, gain_losses = [], np.zeros((len(targets), len(filters)))
    for b0, b1, b2, a1, a2 in filters:
        wave = lfilter([b0, b1, b2], [1, a1, a2], wave)
        stages.append(np.maximum(wave, 0))
    channels = np.stack(stages, axis=1)
    for sample in channels:
        for loss, target, speed in zip(gain_losses, targets, speeds, strict=True):
            sample *= 1 - loss
            around = np.pad(loss, 1, mode="edge")
            around = (around[:-2] + around[1:-1] + around[2:]) / 3
            loss[:] = np.minimum(speed * sample / target + (1 - speed) * around, most_loss)
    channels[:, 1:] = np.maximum(channels[:, :-1] - channels[:, 1:], 0)
    for _ in range(2):
        channels = lfilter([1 - keep], [1, -keep], channels, axis=0)
    return channels[hop - 1 :: hop, FRONT:]


def centre_frequencies(rate: int) -> np.ndarray:
    """Return the resonances in Hz from the highest to the lowest, shape (n_channels,).

    The bandwidth is sqrt(f^2 + 1000^2)/8. A step of a quarter bandwidth from channel to channel integrates to
    f = 1000 sinh(u - c/32), where c counts the channels. The first notch must lie below half the rate; the
    last resonance has a quality of one half.
    """
    nyquist = rate / 2
    top = nyquist - (ZERO_OFFSET - 1) * STEP * _bandwidth(nyquist)
    bottom = BREAK / np.sqrt(4 * QUALITY**2 - 1)
    upper, lower = np.arcsinh(top / BREAK), np.arcsinh(bottom / BREAK)
    n_channels = int((upper - lower) * QUALITY / STEP)
    return BREAK * np.sinh(upper - np.arange(1, n_channels + 1) * STEP / QUALITY)


@lru_cache(maxsize=4)
def design(rate: int) -> np.ndarray:
    """Return the filters of the cascade: rows (b0, b1, b2, a1, a2), shape (2 + n_channels, 5).

    Each is a notch above a resonance, (zero(z) / pole(z)) scaled to a gain at 0 Hz of f[c-1]/f[c], so that
    the product of all up to channel c is the share of its frequency. The two stages in front, of gain 1 at
    a quarter of the rate, are a first-order high-pass filter (outer and middle ear) and a resonance above
    the first channel with zeros at 0 Hz and half the rate.
    """
    f = centre_frequencies(rate)
    notch = f + ZERO_OFFSET * STEP * _bandwidth(f)
    zeros = _second_order(notch, SHARPNESS * notch / _bandwidth(f), rate)
    poles = _second_order(f, f / _bandwidth(f), rate)
    gains = np.append(f[0] / f[1], f[:-1] / f[1:])
    zeros *= (gains * poles.sum(axis=1) / zeros.sum(axis=1))[:, None]

    nyquist = rate / 2
    top = nyquist - (ZERO_OFFSET - 1) * STEP * _bandwidth(nyquist)
    front = np.zeros((FRONT, 5))
    front[0, 1:3] = 1, -np.exp(-2 * np.pi * CORNER / rate)
    front[1, :3] = 1, 0, -1
    front[1, 3:] = _second_order(np.array([top]), np.array([f[0] / _bandwidth(f[0])]), rate)[0, 1:]
    quarter = np.array([1, -1j, -1])  # 1, 1/z, 1/z^2 at a quarter of the rate
    for row in front:
        row[:3] /= np.abs(row[:3] @ quarter / (1 + row[3:] @ quarter[1:]))
    filters = np.vstack([front, np.hstack([zeros, poles[:, 1:]])])
    filters.setflags(write=False)  # it is shared by all callers
    return filters


def _bandwidth(frequency: np.ndarray | float) -> np.ndarray:
    return np.hypot(frequency, BREAK) / QUALITY


def _second_order(frequency: np.ndarray, quality: np.ndarray, rate: int) -> np.ndarray:
    """Return 1 - 2 r cos(w) / z + r^2 / z^2 with its roots at `frequency`, as rows (1, c1, c2)."""
    radius = np.exp(-np.pi * frequency / rate / quality)
    angle = 2 * np.pi * frequency / rate * np.sqrt(1 - 1 / (4 * quality**2))
    return np.stack([np.ones_like(radius), -2 * radius * np.cos(angle), radius**2], axis=1)


def _arguments(wave: np.ndarray, rate: int) -> tuple:
    hop = round(HOP * rate)
    wave = np.pad(np.asarray(wave, dtype=np.float64), (0, max(0, hop - len(wave))))
    speeds = 1 - np.exp(-1 / (np.array(TIME_CONSTANTS) * rate))
    keep = np.exp(-1 / (SMOOTHING * hop))
    return wave, design(rate), np.array(TARGETS), speeds, MOST_GAIN_LOSS, keep, hop
