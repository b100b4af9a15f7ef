"""Synthetic digits: a corpus that needs no download, spoken by eSpeak NG in a few seconds.

Twenty-four voices of different accent, pitch and vocal tract say each digit three times, at different speeds
and pitches, into a noisy room. Numbers on it say little about human speech: it is for trying things out and for
tests.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

import numpy as np

from millpond.reservoir import cache
from millpond.reservoir.checks import InputError
from millpond.scenarios.speech import audio
from millpond.scenarios.speech.corpus import Corpus

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
# Speaker and eSpeak voice (accent+variant). No variant with "breath" (f2, f3, f5 and others): their noise
# differs from run to run.
VOICES = {
    "ada": "en+m1",
    "ben": "en-us+f1",
    "cat": "en-gb-x-rp+Alex",
    "dan": "en-gb-scotland+Andrea",
    "eve": "en-gb-x-gbclan+m2",
    "fin": "en-029+Annie",
    "gus": "en-us-nyc+Denis",
    "hal": "en-gb-x-gbcwmd+linda",
    "ian": "en+m3",
    "joy": "en-us+f4",
    "kim": "en-gb-x-rp+Hugo",
    "leo": "en-gb-scotland+steph",
    "mia": "en-gb-x-gbclan+m4",
    "ned": "en-029+anika",
    "ola": "en-us-nyc+Jacky",
    "pam": "en-gb-x-gbcwmd+belinda",
    "quin": "en+m5",
    "ray": "en-us+aunty",
    "sue": "en-gb-x-rp+Lee",
    "tom": "en-gb-scotland+steph2",
    "uma": "en-gb-x-gbclan+m7",
    "vic": "en-029+shelby",
    "wes": "en-us-nyc+Mario",
    "zoe": "en-gb-x-gbcwmd+Michael",
}
# (speed in words per minute, pitch added to the speaker's, how the word is written: it changes the melody)
TAKES = ((160, 0, "{}"), (120, 8, "{}?"), (230, 5, "{}"))
RATE = 8000  # Hz
SNR_DB = (5.0, 20.0)  # of the word against the noise of the room, drawn for each utterance
LEVEL_DB = (-20.0, 0.0)  # of the loudest sample against full scale
SEED = 20240
RECIPE = 1  # count up when the code below changes what comes out

_log = logging.getLogger(__name__)


def load() -> Corpus:
    """Return the corpus, from the cache folder if it was made before.

    Returns
    -------
    Corpus
        720 utterances at 8 kHz, ordered by speaker, digit and take.

    Raises
    ------
    InputError
        The package espeakng_loader is missing, or the synthesis fails.
    """
    path = cache.folder() / f"synthetic-{_recipe_hash()}.npz"
    waves = _read(path)
    if waves is None:
        waves = synthesise()
        try:
            _write(path, waves)
        except OSError as error:
            _log.warning("the synthetic corpus cannot be kept for the next run: %s", error)
    keys = [(digit, speaker, take) for speaker in VOICES for digit in range(10) for take in range(len(TAKES))]
    return Corpus(
        "synthetic",
        [wave.astype(np.float32) / 32768 for wave in waves],
        RATE,
        labels=np.array([digit for digit, _, _ in keys]),
        speakers=np.array([speaker for _, speaker, _ in keys]),
        takes=np.array([take for _, _, take in keys]),
        names=np.array([f"{digit}_{speaker}_{take}" for digit, speaker, take in keys]),
    )


def synthesise() -> list[np.ndarray]:
    """Speak all words and put them into noise, from scratch.

    The noise falls by 3 dB an octave and is drawn from one generator of fixed seed, as are its level and
    that of the whole. Two runs on one machine agree in every bit.

    Returns
    -------
    list of ndarray (n_samples,) of int16
        Ordered by speaker, digit and take.
    """
    rng = np.random.default_rng(SEED)
    return [_into_the_room(wave, rng) for wave in _speak()]


def _speak() -> list[np.ndarray]:
    """Return the clean words at RATE, spoken by one child process (see `_espeak`)."""
    loader = _loader()
    utterances = [
        {"voice": voice, "text": form.format(word), "rate": speed, "pitch": 45 + 3 * (i % 4) + shift}
        for i, voice in enumerate(VOICES.values())
        for word in WORDS
        for speed, shift, form in TAKES
    ]
    job = {"library": loader.get_library_path(), "data": loader.get_data_path(), "utterances": utterances}
    # -P keeps the folder of the program off the path, where our module names could hide those of others.
    command = [sys.executable, "-P", str(Path(__file__).with_name("_espeak.py"))]
    done = subprocess.run(command, input=json.dumps(job).encode(), capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        reason = said[-1] if said else f"exit status {done.returncode}"
        raise InputError(
            f"The speech synthesis failed ({reason}); reinstall it with pip install 'millpond[speech]', "
            "or choose another corpus"
        )
    rate = int.from_bytes(done.stdout[:4], "little")
    waves, at = [], 4
    for _ in utterances:
        n = int.from_bytes(done.stdout[at : at + 4], "little")
        wave = np.frombuffer(done.stdout, "<i2", count=n, offset=at + 4)
        waves.append(audio.resample(wave / 32768, rate, RATE))
        at += 4 + 2 * n
    return waves


def _into_the_room(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add noise at a drawn signal-to-noise ratio and bring the sum to a drawn level, as int16."""
    spectrum = np.fft.rfft(rng.standard_normal(len(wave)))
    spectrum /= np.sqrt(np.arange(1, len(spectrum) + 1))
    noise = np.fft.irfft(spectrum, len(wave))
    word = np.abs(wave) > 0.05 * np.abs(wave).max()  # the pauses around the word do not count as signal
    ratio = np.mean(wave[word] ** 2) / np.mean(noise**2)
    wave = wave + noise * np.sqrt(ratio * 10 ** (-rng.uniform(*SNR_DB) / 10))
    wave *= 10 ** (rng.uniform(*LEVEL_DB) / 20) / np.abs(wave).max()
    return np.round(wave * 32767).astype(np.int16)


def _loader():  # type: ignore[no-untyped-def]
    try:
        import espeakng_loader
    except ImportError:
        raise InputError(
            "The synthetic corpus needs the package espeakng_loader, which is not installed; "
            "install it with pip install 'millpond[speech]', or choose another corpus"
        ) from None
    return espeakng_loader


def _recipe_hash() -> str:
    from importlib.metadata import version

    _loader()
    recipe = [RECIPE, WORDS, VOICES, TAKES, RATE, SNR_DB, LEVEL_DB, SEED, version("espeakng_loader")]
    return hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:16]


def _digest(samples: np.ndarray, lengths: np.ndarray) -> str:
    return hashlib.sha256(samples.astype("<i2").tobytes() + lengths.astype("<i8").tobytes()).hexdigest()


def _read(path: Path) -> list[np.ndarray] | None:
    """Return the waves in a cache file, or None if there is none or it is damaged."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            samples, lengths, digest = file["samples"], file["lengths"], str(file["sha256"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        digest = ""
    if not digest or digest != _digest(samples, lengths):
        _log.warning("the cached corpus %s is damaged; it is made anew", path)
        return None
    return np.split(samples, np.cumsum(lengths)[:-1])


def _write(path: Path, waves: list[np.ndarray]) -> None:
    """Write the cache file whole or not at all: two processes may do so at once, or be killed."""
    samples, lengths = np.concatenate(waves), np.array([len(wave) for wave in waves])
    handle, scratch = tempfile.mkstemp(suffix=".part", prefix=path.stem, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            digest = np.array(_digest(samples, lengths))
            np.savez_compressed(file, samples=samples, lengths=lengths, sha256=digest)
        Path(scratch).replace(path)
    finally:
        Path(scratch).unlink(missing_ok=True)
