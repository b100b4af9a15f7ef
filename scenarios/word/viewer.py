"""The page's section: one word, and what each liquid makes of it."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from reservoir import Recording
from scenarios.digits.frontends.cochleagram import centre_frequencies, gammatone
from scenarios.page import Section
from scenarios.word.origin import Origin
from scenarios.word.packing import pack, quantised
from scenarios.word.readings import Reader
from scenarios.word.sights import kind_of, seen

HERE = Path(__file__).parent
SCRIPTS = ("unpack", "ink", "clock", "strip", "sound", "spikes", "column", "states", "water", "votes", "main")
TITLES = {"esn": "Echo state network", "lsm": "Liquid state machine", "water": "Water"}
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


def viewer(listeners: list[Listener], wave: np.ndarray, rate: int, title: str, lead: str, truth: Any = None) -> Section:
    """Return the section in which `listeners` hear one word.

    Parameters
    ----------
    listeners : list of Listener
        At least one.
    wave : ndarray (n_samples,)
        The word, not prepared.
    rate : int
        Hz.
    title, lead : str
        Plain text, and HTML that stands above the pictures.
    truth : optional
        The word that was said, where it is known.
    """
    arrays: dict[str, np.ndarray] = {}
    liquids = []
    for i, listener in enumerate(listeners):
        prepared, inputs = listener.origin.heard(wave, rate)
        states = listener.origin.model.transform([inputs])[0].astype(np.float32)  # as recordings keep them
        facts, own = seen(listener.origin.model, inputs, states, listener.recording)
        own["votes"] = listener.reader.votes(states).astype(np.float32)
        arrays |= {f"{i}.{name}": array for name, array in own.items()}
        kind, verdict = kind_of(listener.origin.model), _verdict(listener.reader, states, truth)
        liquids.append({"name": listener.name, "kind": kind, "verdict": verdict, **facts})
    first = listeners[0]
    period, n_rows, hertz = first.recording.period, len(inputs), first.origin.rate
    prepared = np.pad(prepared, (0, hertz))[: round(n_rows * period * hertz)]
    loud = gammatone(prepared, hertz, _HOP)
    arrays |= {"wave": _outline(prepared), "cochlea": quantised(loud, np.percentile(loud, 5), loud.max())}
    contents, packed = pack(arrays)
    told = {
        "period": period, "n_rows": n_rows, "classes": [str(c) for c in first.reader.classes], "tones": _tones(),
        "liquids": liquids, "contents": contents,
    }  # fmt: skip
    return Section("word", title, _body(lead, liquids, told, packed, _wav(prepared, hertz)))


def _verdict(reader: Reader, states: np.ndarray, truth: Any) -> dict[str, str]:
    """Return what the readout of whole words says when the word is over."""
    votes = reader.verdicts([states])[0]
    second, first = np.argsort(votes, kind="stable")[-2:]
    name = str(reader.classes[first])
    says = f"The word is over: {name}, {votes[first] - votes[second]:.2f} ahead of {reader.classes[second]}"
    return {"name": name, "says": says + ("." if truth is None else "; right." if name == str(truth) else "; wrong.")}


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


def _body(lead: str, liquids: list[dict[str, Any]], told: dict[str, Any], packed: str, wav: str) -> str:
    duration = told["n_rows"] * told["period"]
    bar = f"""<div class="bar" role="group" aria-label="Playback">
<button class="play" type="button">Play</button>
<input class="slider" type="range" min="0" max="{duration:.6g}" step="any" value="0" aria-label="Time in the word">
<output class="now"></output>
<label>speed <select class="speed"><option value="1">×1</option><option value="0.25">×1/4</option>
<option value="0.1" selected>×1/10</option><option value="0.025">×1/40</option></select></label>
<label><input class="aloud" type="checkbox"> sound, at ×1</label></div>"""
    heard = _strip("wave", "Sound, peak 1") + _strip("cochlea", "Cochleagram: what 32 gammatone filters hear (Hz)")
    columns = "".join(_liquid(liquid) for liquid in liquids)
    facts = json.dumps(told, separators=(",", ":")).replace("<", "\\u003c")
    script = "".join(f"{(HERE / f'{name}.js').read_text()}\n" for name in SCRIPTS)
    return (
        f"{lead}<style>{(HERE / 'viewer.css').read_text()}</style>"
        '<div class="viewer" tabindex="0" role="group" aria-label="One word. Space plays, arrows step, Home and End jump.">'
        f'{bar}<div class="heard">{heard}</div><div class="liquids">{columns}</div>'
        f'<script type="application/json" class="facts">{facts}</script>'
        f'<script type="text/plain" class="packed">{packed}</script><script type="text/plain" class="wav">{wav}</script>'
        f'<script>(() => {{\n"use strict";\n{script}}})();</script></div>{_NOTES}'
    )


_NOTES = """<p class="note">Space plays and pauses, the arrow keys step by 10 ms (with Shift 50), Home and End jump; a click
on a picture over time goes there. The column turns when dragged, or by the arrow keys when it is in focus.</p>
<p class="note">Votes: at each moment a readout is asked as if the word ended there. It has learnt beginnings of the
training words (a quarter, a half, three quarters, all) and is not told how much is to come; its penalty was chosen on
left-out training groups. When the word is over, the readout of the table speaks, which learnt whole words. A row of input
looks ahead: a window of 25 ms, and 40 ms more for the slopes of cepstra.</p>"""


def _strip(name: str, caption: str) -> str:
    return (
        f'<figure><figcaption>{caption}</figcaption><div class="strip"><canvas class="{name}" role="img" '
        f'aria-label="{caption}"></canvas><div class="span"><div class="veil"></div></div></div></figure>'
    )


def _still(name: str, caption: str, more: str = "") -> str:
    return (
        f"<figure><figcaption>{caption}</figcaption>"
        f'<canvas class="{name}" role="img" aria-label="{caption}"{more}></canvas></figure>'
    )


def _liquid(liquid: dict[str, Any]) -> str:
    """Return the frame of one liquid: its name and what it hears, now, over time, and its votes."""
    kind = liquid["kind"]
    if kind == "lsm":
        sides = " × ".join(map(str, liquid["sides"]))
        now = _still(
            "column turns",
            f"{liquid['n_neurons']} neurons in {sides} places: circles excite, {liquid['n_inhibitory']} triangles inhibit",
            ' tabindex="0"',
        )
        course = _strip("lines", "Spikes on the input lines, by line")
        course += _strip("raster", "Spikes of the neurons; those that inhibit below the line")
    elif kind == "water":
        wide, long = (f"{100 * side:g}" for side in liquid["size"])
        steady = ", the square one steadily" if liquid["reference"] else ""
        now = _still(
            "surface",
            f"{wide} × {long} cm of water, waves to {1000 * liquid['highest']:.2g} mm; {liquid['n_motors']} motors (+) "
            f"shake it{steady}",
        )
        course = _still("camera", f"What the camera sees ({liquid['camera']}; drawn by its root); {liquid['hold']:g} s of water for each 10 ms")
    else:
        now = _still(
            "phase", f"All {liquid['n_shown']} units below as one point, in the plane where training words (dots) move most"
        )
        course = _strip(
            "course",
            f"{liquid['n_shown']} of {liquid['n_units']} units, neighbours alike; blue above, orange below the unit's mean "
            f"(full at {liquid['spread']:g} deviations)",
        )
    title = escape(TITLES.get(liquid["name"], liquid["name"]))
    return (
        f'<article class="liquid {kind}"><header><h3>{title}</h3><p><b class="hears" aria-label="hears"></b> '
        f'<span class="says"></span></p></header><div class="moment">{now}</div><div class="over">{course}</div>'
        f'<div>{_strip("votes", "Votes for each word")}</div></article>'
    )
