"""Sound files in, waves of one level and one rate out."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from millpond.reservoir.checks import InputError
from millpond.scenarios.speech import endpoints, headers

SLOWEST, FASTEST = 1000, 768_000  # Hz
_BLOCK = 1 << 18  # frames read at a time: a header may declare more than there is
_CANCELLED = 0.1  # power of the mean of the channels in units of their own, below which they cancel each other
_ROUNDING = 1e-9  # what is left of a constant when its mean is removed


def read(path: str | Path) -> tuple[np.ndarray, int]:
    """Read one sound file; channels are averaged.

    RIFF (.wav), NIST SPHERE and whatever else libsndfile reads. Of a RIFF file the data chunk decides how many samples
    there are; the size of the whole, which recorders that write to a stream leave wrong, is ignored.

    Parameters
    ----------
    path : path of a file

    Returns
    -------
    wave : ndarray (n_samples,) of float32
        Full scale is -1 to 1.
    rate : int
        Samples per second (Hz).

    Raises
    ------
    InputError
        The file is missing, empty, truncated, not a sound or inconsistent, contains values that are not finite, has a
        rate below 1000 or above 768000 Hz, or has channels that cancel each other.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"The sound file '{path}' does not exist; check the path")
    headers.check(path)
    channels, rate = _samples(path)
    if not SLOWEST <= rate <= FASTEST:
        raise InputError(
            f"The sound file '{path}' has {rate} samples a second, but {SLOWEST} to {FASTEST} are allowed; "
            "record it again"
        )
    if not channels.size:
        raise InputError(f"The sound file '{path}' holds no sample; record it again")
    if not np.isfinite(channels).all():
        raise InputError(f"The sound file '{path}' holds values that are not finite; convert it to 16-bit WAV")
    if channels.shape[1] == 1:
        return channels[:, 0], rate
    wave = channels.mean(axis=1)
    if np.var(wave, dtype=np.float64) < _CANCELLED * np.var(channels, axis=0, dtype=np.float64).mean():
        raise InputError(
            f"The {channels.shape[1]} channels of the sound file '{path}' cancel each other (they are out of phase); "
            "invert one of them, or keep a single channel"
        )
    return wave, rate


def _samples(path: Path) -> tuple[np.ndarray, int]:
    """Return what libsndfile reads, (n_samples, n_channels) of float32, and the rate (Hz)."""
    import soundfile

    blocks = []
    try:
        with soundfile.SoundFile(path) as file:
            while len(block := file.read(_BLOCK, dtype="float32", always_2d=True)):
                blocks.append(block)
            declared, rate = file.frames, int(file.samplerate)
    except (soundfile.SoundFileError, OSError, ValueError, MemoryError):
        raise InputError(
            f"The sound file '{path}' cannot be read as sound; copy or download it again, or convert it to 16-bit WAV"
        ) from None
    samples = np.concatenate(blocks) if blocks else np.zeros((0, 1), np.float32)
    if len(samples) < declared:
        raise InputError(
            f"The sound file '{path}' declares {declared} samples but holds {len(samples)}; copy or download it again"
        )
    return samples, rate


def resample(wave: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """Return `wave` at `new_rate` (Hz), band-limited; the same wave when the rates agree."""
    import soxr

    return wave if rate == new_rate else soxr.resample(wave, rate, new_rate, quality="HQ")


def prepare(wave: np.ndarray, rate: int, new_rate: int, name: str = "the wave") -> np.ndarray:
    """Remove the mean, resample, trim and bring to one level: what every front end here gets.

    Silence and steady noise around the word are cut away by `endpoints.find`. Then the peak is set to 1. Recordings
    differ sixteenfold in level and by hundreds of milliseconds of silence, which a classifier would learn instead of
    the word.

    Parameters
    ----------
    wave : ndarray (n_samples,)
        Mono sound of any level and any offset.
    rate, new_rate : int
        Samples per second before and after (Hz).
    name : str
        What to call the wave in an error.

    Returns
    -------
    ndarray (n_samples,) of float64
        Its largest magnitude is 1.

    Raises
    ------
    InputError
        The wave is silent, or is not one channel of finite numbers.
    """
    wave = np.asarray(wave, dtype=np.float64)
    if wave.ndim != 1 or not np.isfinite(wave).all():
        raise InputError(f"{name} must be one channel of finite samples, not {wave.shape}; repair it, or leave it out")
    loudest = np.abs(wave).max(initial=0.0)
    wave = wave / (loudest or 1.0)  # before any square, so that no level can underflow
    wave = wave - (wave.mean() if len(wave) else 0.0)
    if not np.abs(wave).max(initial=0.0) > _ROUNDING:
        raise InputError(f"{name} is silent; record it again, or leave it out")
    wave = resample(wave, rate, new_rate)
    peak = np.abs(wave).max(initial=0.0)
    if not peak > _ROUNDING:
        raise InputError(f"{name} is too short to be resampled to {new_rate} Hz; record it again, or leave it out")
    wave = wave / peak
    first, last = endpoints.find(wave, new_rate)
    wave = wave[first:last] - wave[first:last].mean()  # again: the mean of the whole depends on the silence around
    return wave / np.abs(wave).max()
