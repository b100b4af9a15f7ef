"""Words in a long or endless sound: they are found and classified while the sound arrives."""

from __future__ import annotations

import wave as riff
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from millpond.models.frontend import FrontEnd
from millpond.models.inputs import Given
from millpond.models.predicting import is_sound, predicted
from millpond.models.saving import Saved
from millpond.reservoir import checks
from millpond.scenarios.speech import audio, headers
from millpond.scenarios.speech.microphone import device

FRAME = 0.010  # s
PAUSE = 8  # frames below the threshold that end a word: 80 ms
SHORTEST, LONGEST = 10, 200  # frames of a word
_BEFORE, _SMOOTHED = 5, 3  # frames kept before a word; frames averaged
_FLOOR = 300  # frames from which the noise floor is estimated
_RISE_DB, _FALL_DB = 9.0, 25.0  # above the noise floor; below the loudest frame of the word
_SILENT = 1e-7  # mean square of a frame that is never speech (full scale is 1)
_BLOCK = 0.01  # s


class Words:
    """Find words in a sound that arrives in blocks. Memory is limited to the longest word.

    A word starts where the power of 30 ms exceeds the noise floor (the 10th percentile of the last 3 s) by 9 dB. It
    ends where the power stays below that threshold, or 25 dB below the loudest frame of the word, for 80 ms.

    Parameters
    ----------
    rate : int
        Hz.
    """

    def __init__(self, rate: int) -> None:
        self.rate, self._hop = rate, round(rate * FRAME)
        self._left = np.zeros(0)
        self._n_frames = 0
        self._powers: deque[float] = deque(maxlen=_FLOOR)
        self._before: deque[np.ndarray] = deque(maxlen=_BEFORE + _SMOOTHED)
        self._recent: deque[float] = deque(maxlen=_SMOOTHED)
        self._word: list[np.ndarray] = []
        self._start = self._quiet = 0
        self._loudest = 0.0

    def feed(self, block: np.ndarray) -> Iterator[tuple[float, float, np.ndarray]]:
        """Yield (start in s, end in s, wave) of each word that ends within `block` (n_samples,)."""
        samples = np.concatenate([self._left, np.asarray(block, np.float64)])
        n = len(samples) // self._hop
        self._left = samples[n * self._hop :]
        for frame in samples[: n * self._hop].reshape(n, self._hop):
            if (found := self._frame(frame)) is not None:
                yield found

    def finish(self) -> Iterator[tuple[float, float, np.ndarray]]:
        """Yield the word that the end of the sound cuts off, if there is one."""
        if self._word and (found := self._ended()) is not None:
            yield found

    def _frame(self, frame: np.ndarray) -> tuple[float, float, np.ndarray] | None:
        self._n_frames += 1
        self._recent.append(float(np.var(frame)))
        power = sum(self._recent) / len(self._recent)
        floor = float(np.percentile(self._powers, 10)) if len(self._powers) >= _SMOOTHED else power
        self._powers.append(power)
        threshold = max(_SILENT, floor * 10 ** (_RISE_DB / 10))
        if not self._word:
            self._before.append(frame)
            if power > threshold:
                self._word = list(self._before)
                self._start, self._quiet, self._loudest = self._n_frames - len(self._word), 0, power
            return None
        self._word.append(frame)
        self._loudest = max(self._loudest, power)
        loud = power > max(threshold, self._loudest * 10 ** (-_FALL_DB / 10))
        self._quiet = 0 if loud else self._quiet + 1
        if self._quiet < PAUSE and len(self._word) < LONGEST:
            return None
        return self._ended()

    def _ended(self) -> tuple[float, float, np.ndarray] | None:
        word, quiet = self._word, self._quiet
        self._word = []
        self._before.clear()
        self._before.extend(word[-quiet:] if quiet else [])
        end = self._start + len(word) - quiet
        if len(word) - quiet - len(self._before) < SHORTEST - _BEFORE:
            return None
        start = self._start + min(_BEFORE, len(word) - 1)
        return start * FRAME, end * FRAME, np.concatenate(word)


def spoken(saved: Saved, name: str, blocks: Iterable[np.ndarray], rate: int, reject: bool) -> Iterator[dict[str, Any]]:
    """Yield the answer to each word of a sound, with its ``start`` and ``end`` in s.

    Parameters
    ----------
    saved : Saved
        A model of sound.
    name : str
        Name of the sound.
    blocks : iterable of ndarray (n_samples,)
        The sound at `rate` (Hz).
    """
    if not is_sound(saved):
        raise checks.InputError("the model does not take sound, so that it cannot classify words; leave out --words")
    import soxr

    front_end: FrontEnd = saved.model.steps[0][1]
    words = Words(front_end.rate)
    stream = soxr.ResampleStream(rate, front_end.rate, 1, dtype="float32", quality="HQ")
    for block in blocks:
        at_rate = block if rate == front_end.rate else stream.resample_chunk(np.asarray(block, np.float32))
        yield from _classified(saved, name, words.feed(at_rate), reject)
    if rate != front_end.rate:
        yield from _classified(
            saved, name, words.feed(stream.resample_chunk(np.zeros(0, np.float32), last=True)), reject
        )
    yield from _classified(saved, name, words.finish(), reject)


def _classified(saved: Saved, name: str, words: Iterable[Any], reject: bool) -> Iterator[dict[str, Any]]:
    for start, end, wave in words:
        rate = saved.model.steps[0][1].rate
        [answer] = predicted(saved, [Given(name, (wave, rate))], reject)
        yield {"input": name, "start": round(start, 3), "end": round(end, 3)} | {
            key: value for key, value in answer.items() if key != "input"
        }


def of_file(path: Path) -> tuple[Iterator[np.ndarray], int]:
    """Return the blocks of a sound file (channels averaged) and its rate (Hz); memory holds one block."""
    import soundfile

    if not path.is_file():
        raise checks.InputError(f"the sound file '{path}' does not exist; check the path")
    headers.check(path)
    try:
        file = soundfile.SoundFile(path)
    except (soundfile.SoundFileError, OSError, ValueError):
        raise checks.InputError(f"the sound file '{path}' cannot be read as sound; convert it to 16-bit WAV") from None
    rate = int(checks.number(f"the rate of '{path}'", int(file.samplerate), audio.SLOWEST, audio.FASTEST))

    def blocks() -> Iterator[np.ndarray]:
        with file:
            while len(block := file.read(round(rate * _BLOCK), dtype="float32", always_2d=True)):
                yield block.mean(axis=1)

    return blocks(), rate


def of_stdin(stream: BinaryIO) -> tuple[Iterator[np.ndarray], int]:
    """Return the blocks of a 16-bit WAV sound that arrives on a stream, and its rate (Hz)."""
    try:
        file = riff.open(stream, "rb")
    except (riff.Error, EOFError):
        raise checks.InputError("standard input is not a WAV sound; pipe 16-bit PCM WAV to this command") from None
    if file.getsampwidth() != 2:
        raise checks.InputError(
            f"standard input has {8 * file.getsampwidth()} bits a sample, but 16 are needed; convert it to 16-bit WAV"
        )
    rate, n_channels = file.getframerate(), file.getnchannels()
    checks.number("the rate of standard input", rate, audio.SLOWEST, audio.FASTEST)

    def blocks() -> Iterator[np.ndarray]:
        while content := file.readframes(round(rate * _BLOCK)):
            whole = len(content) // (2 * n_channels) * 2 * n_channels
            yield np.frombuffer(content[:whole], "<i2").reshape(-1, n_channels).mean(axis=1) / 32768

    return blocks(), rate


def of_microphone() -> tuple[Iterator[np.ndarray], int]:
    """Return the endless blocks of the microphone and its rate (Hz)."""
    rate = 16000

    def blocks() -> Iterator[np.ndarray]:
        with device() as sounddevice, sounddevice.InputStream(samplerate=rate, channels=1, dtype="float32") as stream:
            while True:
                yield stream.read(round(rate * _BLOCK))[0][:, 0]

    return blocks(), rate
