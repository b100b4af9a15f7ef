"""Sound files in, waves of one level and one rate out."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from reservoir.checks import InputError

TRIM_DB = -20.0  # below the loudest frame; a fixed part of every recipe here, worth four points of accuracy
FRAME = 0.010  # s


def read(path: str | Path) -> tuple[np.ndarray, int]:
    """Read one sound file; channels are averaged.

    RIFF (.wav), NIST SPHERE and whatever else libsndfile reads.

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
        The file is missing, empty, cut short, holds values that are not finite, or is no sound.
    """
    import soundfile

    path = Path(path)
    if not path.is_file():
        raise InputError(f"The sound file '{path}' does not exist; check where it lies")
    with path.open("rb") as file:
        missing = _declared_size(file.read(1024)) - path.stat().st_size
    if missing > 0:
        raise InputError(f"The sound file '{path}' is cut short by {missing} bytes; copy or download it again")
    try:
        wave, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError, ValueError):
        raise InputError(
            f"The sound file '{path}' cannot be read as sound; copy or download it again, or convert it to 16-bit WAV"
        ) from None
    if not wave.size:
        raise InputError(f"The sound file '{path}' holds no sample; record it again")
    wave = wave[:, 0] if wave.shape[1] == 1 else wave.mean(axis=1)
    if not np.isfinite(wave).all():
        raise InputError(f"The sound file '{path}' holds values that are not finite; convert it to 16-bit WAV")
    return wave, int(rate)


def _declared_size(head: bytes) -> int:
    """Return how many bytes a RIFF or SPHERE header promises (0: it does not say).

    libsndfile reads what is there of a file that was cut short and keeps quiet about it.
    """
    if head[:4] == b"RIFF" and len(head) >= 8:
        size = int.from_bytes(head[4:8], "little")
        return 8 + size if size < 0xFFFFFFFF else 0  # streams write all ones: length unknown
    if head[:7] == b"NIST_1A":
        text = head.split(b"end_head")[0].decode("ascii", "replace")
        fields = dict(re.findall(r"^(\w+) -i (\d+)", text, re.MULTILINE))
        samples = int(fields.get("sample_count", 0)) * int(fields.get("channel_count", 1))
        coding = re.search(r"^sample_coding -s\d+ (\S+)", text, re.MULTILINE)
        if coding is None or coding[1] == "pcm":
            return int(text.split()[1]) + samples * int(fields.get("sample_n_bytes", 2))
    return 0


def resample(wave: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """Return `wave` at `new_rate` (Hz), band-limited; the same wave when the rates agree."""
    import soxr

    return wave if rate == new_rate else soxr.resample(wave, rate, new_rate, quality="HQ")


def prepare(wave: np.ndarray, rate: int, new_rate: int, name: str = "the wave") -> np.ndarray:
    """Resample, trim and bring to one level: what every front end here gets.

    Silence is cut away in whole frames of 10 ms: what lies before the first and after the last frame whose
    rms reaches -20 dB of the loudest one's, one frame on each side being kept. Then the peak is set to 1.
    Recordings differ sixteenfold in level and by hundreds of milliseconds of silence, which a classifier
    would learn instead of the word.

    Parameters
    ----------
    wave : ndarray (n_samples,)
        Mono sound of any level.
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
        The wave is silent.
    """
    wave = resample(np.asarray(wave, dtype=np.float64), rate, new_rate)
    peak = np.abs(wave).max(initial=0.0)
    if not peak > 0:
        raise InputError(f"{name} is silent; record it again, or leave it out")
    wave = wave / peak  # before the squares below, so that no level can underflow
    hop = round(FRAME * new_rate)
    n_frames = -(-len(wave) // hop)
    power = np.square(np.pad(wave, (0, n_frames * hop - len(wave)))).reshape(n_frames, hop).sum(axis=1)
    loud = np.flatnonzero(power >= power.max() * 10 ** (TRIM_DB / 10))
    wave = wave[max(0, loud[0] - 1) * hop : (loud[-1] + 2) * hop]
    return wave / np.abs(wave).max()
