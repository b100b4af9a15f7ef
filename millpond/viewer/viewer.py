"""The page's section: one word, and what each liquid makes of it."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any

import numpy as np

from millpond.page import Section
from millpond.recording import Recording
from millpond.reservoir.checks import InputError
from millpond.scenarios.speech import audio
from millpond.scenarios.speech.frontends.cochleagram import centre_frequencies, gammatone
from millpond.viewer.markup import body
from millpond.viewer.origin import Origin
from millpond.viewer.packing import pack, quantised
from millpond.viewer.readings import Reader
from millpond.viewer.sights import kind_of, seen

LONGEST_WORD = 2.5  # s
MOST_BYTES = 7_000_000  # of what is packed; a page is to stay under 8 MB
_HOP = 0.0025  # s, of the cochleagram
_BINS = 800  # of the wave
_TONES = (100, 300, 1000, 3000)  # Hz, marked at the cochleagram


@dataclass(frozen=True, eq=False)
class Listener:
    """A recorded model that can hear another word."""

    name: str
    recording: Recording
    origin: Origin
    reader: Reader


@dataclass(frozen=True, eq=False)
class Hearing:
    """What a listener makes of one word.

    Attributes
    ----------
    listener : Listener
    inputs : ndarray (n_steps, n_channels)
    states : ndarray (n_steps, n_units) of float32
        As recordings keep them.
    votes : ndarray (n_classes,)
        Of the readout of whole words.
    """

    listener: Listener
    inputs: np.ndarray
    states: np.ndarray
    votes: np.ndarray


def hear(listener: Listener, wave: np.ndarray, rate: int) -> Hearing:
    """Return what a listener makes of a wave at `rate` (Hz), not prepared."""
    inputs = listener.origin.inputs(wave, rate)
    states = listener.origin.model.transform([inputs])[0].astype(np.float32)
    return Hearing(listener, inputs, states, listener.reader.verdicts([states])[0])


def viewer(hearings: list[Hearing], wave: np.ndarray, rate: int, title: str, lead: str, truth: Any = None) -> Section:
    """Return the section that shows what was made of one word.

    Parameters
    ----------
    hearings : list of Hearing
        At least one.
    wave : ndarray (n_samples,)
        The word, not prepared.
    rate : int
        Hz.
    title, lead : str
        Plain text, and HTML that stands above the pictures.
    truth : optional
        The word that was said, where it is known.

    Raises
    ------
    InputError
        The word is too long for a page, or there is too much to show of it.
    """
    arrays: dict[str, np.ndarray] = {}
    liquids = []
    period, hertz = hearings[0].listener.recording.period, hearings[0].listener.origin.rate
    n_rows = max(len(each.inputs) for each in hearings)
    if n_rows * period > LONGEST_WORD:
        raise InputError(f"the word lasts {n_rows * period:.1f} s, but at most {LONGEST_WORD:g} s fit on a page")
    for i, hearing in enumerate(hearings):
        listener = hearing.listener
        facts, own = seen(listener.origin.model, hearing.inputs, hearing.states, listener.recording)
        own["votes"] = listener.reader.votes(hearing.states).astype(np.float32)
        arrays |= {f"{i}.{name}": array for name, array in own.items()}
        liquids.append({
            "name": listener.name, "kind": kind_of(listener.origin.model),
            "front_end": listener.origin.front_end, "n_channels": hearing.inputs.shape[1],
            "classes": [str(c) for c in listener.reader.classes],
            "verdict": _verdict(listener.reader.classes, hearing.votes, truth), **facts,
        })  # fmt: skip
    prepared = audio.prepare(wave, rate, hertz)
    prepared = np.pad(prepared, (0, hertz))[: round(n_rows * period * hertz)]
    loud = gammatone(prepared, hertz, _HOP)
    arrays |= {"wave": _outline(prepared), "cochlea": quantised(loud, np.percentile(loud, 5), loud.max())}
    contents, packed = pack(arrays)
    if len(packed) > MOST_BYTES:
        raise InputError(f"its data takes {len(packed) / 1e6:.0f} MB, too much for a page")
    told = {
        "period": period, "n_rows": n_rows, "tones": _tones(), "liquids": liquids, "contents": contents,
    }  # fmt: skip
    return Section("word", title, lead + body(told, packed, _wav(prepared, hertz)))


def _verdict(classes: np.ndarray, votes: np.ndarray, truth: Any) -> dict[str, Any]:
    """Return what the readout of whole words says when the word is over."""
    second, first = np.argsort(votes, kind="stable")[-2:]
    name = str(classes[first])
    says = f"End of the word: {name}, {votes[first] - votes[second]:.2f} ahead of {classes[second]}"
    says += "." if truth is None else "; correct." if name == str(truth) else "; wrong."
    return {"first": int(first), "votes": [round(float(v), 5) for v in votes], "says": says}


def _outline(wave: np.ndarray) -> np.ndarray:
    """Return the lowest and the highest sample of each of some hundred stretches, int8 (n, 2)."""
    parts = np.array_split(wave, min(_BINS, len(wave)))
    return np.array([[np.floor(127 * p.min()), np.ceil(127 * p.max())] for p in parts]).clip(-127, 127).astype(np.int8)


def _tones() -> list[tuple[int, float]]:
    """Return tones (Hz) and where each is along the cochleagram, 0 at the lower edge, 1 at the upper."""
    channels = centre_frequencies()
    at = np.interp(_TONES, channels, (np.arange(len(channels)) + 0.5) / len(channels))
    return [(tone, round(float(x), 4)) for tone, x in zip(_TONES, at, strict=True)]


def _wav(wave: np.ndarray, rate: int) -> str:
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, 0.9 * wave, rate, format="WAV", subtype="PCM_16")
    return "data:audio/wav;base64," + base64.b64encode(file.getvalue()).decode()
