"""The HTML frame of the viewer, which its scripts fill."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from millpond.page import folded, text

HERE = Path(__file__).parent
SCRIPTS = ("unpack", "ink", "clock", "strip", "sound", "spikes", "column", "states", "water", "votes", "main")
TITLES = {"esn": "Echo state network", "lsm": "Liquid state machine", "water": "Water"}
_HELP = "One word. Space plays and pauses, arrow keys step, Home and End jump."
_NOTES = """<p class="note">Space plays and pauses, the arrow keys step by 10 ms (with Shift 50), Home and End jump; a
click on a plot over time jumps there. Drag the column to rotate it, or use the arrow keys when it has the focus.
"Spikes as clicks" plays a click for each spike, low for inhibitory neurons.</p>
<p class="note">Votes are readout outputs. At each time a readout classifies the word as if it ended there. It was
trained on beginnings of the training words (a quarter, a half, three quarters, all). It does not know the remaining
duration, but the sound was trimmed and normalised using the whole word. At the end of the word, the dots at the right
show the readout of the table, which was trained on whole words. Its penalty was cross-validated over training groups;
the other readout has the same penalty, scaled with the number of rows. An input row can depend on later sound: spectra
have a window of 25 ms, and slopes of cepstra (mfcc, rcc) use 40 ms more.</p>"""
_STROBE = """<p class="note">The water is drawn at the end of each input row and interpolated in between. Its motion
within a row, in which the motors oscillate, is not shown, as under a stroboscope.</p>"""


def body(told: dict[str, Any], packed: str, wav: str) -> str:
    """Return the viewer for the data `told` of one word.

    Parameters
    ----------
    told : dict
        Plain data: ``period`` (s), ``n_rows``, ``tones``, ``contents`` of what is packed, and ``liquids``.
    packed : str
        The arrays, packed by `packing.pack`.
    wav : str
        The sound as a data URL.
    """
    has_spikes = any(liquid["kind"] == "lsm" for liquid in told["liquids"])
    clicks = ' <label><input class="clicks" type="checkbox"> spikes as clicks</label>' if has_spikes else ""
    bar = f"""<div class="bar" role="group" aria-label="Playback">
<button class="play" type="button">Play</button>
<input class="slider" type="range" min="0" max="{told["n_rows"] * told["period"]:.6g}" step="any" value="0"
 aria-label="Time in the word">
<output class="now" aria-live="off"></output>
<label>speed <select class="speed"><option value="1">×1</option><option value="0.25">×1/4</option>
<option value="0.1" selected>×1/10</option><option value="0.025">×1/40</option></select></label>
<label><input class="aloud" type="checkbox"> sound, at ×1</label>{clicks}</div>
<p class="end" aria-live="polite"></p>
<noscript>The pictures need JavaScript.</noscript>"""
    heard = _strip("wave", "Sound, peak 1") + _strip("cochlea", "Cochleagram: 32 gammatone filters (Hz)")
    liquids = "".join(_liquid(liquid) for liquid in told["liquids"])
    facts = json.dumps(told, separators=(",", ":")).replace("<", "\\u003c")  # a name must not end the script
    script = "".join(f"{(HERE / f'{name}.js').read_text(encoding='utf-8')}\n" for name in SCRIPTS)
    has_water = any(liquid["kind"] == "water" for liquid in told["liquids"])
    return (
        f"<style>{(HERE / 'viewer.css').read_text(encoding='utf-8')}</style>"
        f'<div class="viewer" tabindex="0" role="group" aria-label="{_HELP}">'
        f'{bar}<div class="heard">{heard}</div><div class="liquids">{liquids}</div>'
        f'<script type="application/json" class="facts">{facts}</script>'
        f'<script type="text/plain" class="packed">{packed}</script>'
        f'<script type="text/plain" class="wav">{wav}</script>'
        f'<script>(() => {{\n"use strict";\n{script}}})();</script></div>'
        f"{folded('How to read this', _NOTES + (_STROBE if has_water else ''))}"
    )


def _liquid(liquid: dict[str, Any]) -> str:
    """Return the frame of one reservoir: name, input, current state, state over time, and votes."""
    now, course = {"lsm": _spiking, "water": _water}.get(liquid["kind"], _states)(liquid)
    title = text(TITLES.get(liquid["name"], liquid["name"]))
    return (
        f'<article class="liquid {liquid["kind"]}"><header><h3>{title}</h3>'
        f'<p class="takes">input: {text(liquid["front_end"])}, {liquid["n_channels"]} channels</p>'
        '<p class="names"><b class="hears"></b> <span class="says"></span></p></header>'
        f'<div class="moment">{now}</div><div class="over">{course}</div>'
        f"<div>{_strip('votes', 'Votes for each word (1: this one, 0: another)')}</div></article>"
    )


def _spiking(liquid: dict[str, Any]) -> tuple[str, str]:
    sides, n, inhibit = " × ".join(map(str, liquid["sides"])), liquid["n_neurons"], liquid["n_inhibitory"]
    caption = f"{n} neurons in {sides} places: circles excite, {inhibit} triangles inhibit; spikes light up"
    lines = _strip("lines", "Spikes on the input lines, by line")
    raster = _strip("raster", "Spikes of the neurons; inhibitory neurons below the line")
    return _still("column turns", caption, ' tabindex="0" aria-description="Arrow keys turn it."'), lines + raster


def _water(liquid: dict[str, Any]) -> tuple[str, str]:
    wide, long = (f"{100 * side:g}" for side in liquid["size"])
    steady = ", the square one steadily" if liquid["reference"] else ""
    surface = (
        f"{wide} × {long} cm of water, waves to {1000 * liquid['highest']:.2g} mm; "
        f"{liquid['n_motors']} motors (+) drive it{steady}"
    )
    sees = f"Camera image ({liquid['camera']}; square root of intensity); {liquid['hold']:g} s of water per row"
    size, frame = (f' style="--shape: {wide:g} / {high:g}"' for wide, high in (liquid["size"], liquid["frame"]))
    return _still("surface", surface, size), _still("camera", sees, frame)


def _states(liquid: dict[str, Any]) -> tuple[str, str]:
    shown = liquid["n_shown"]
    phase = f"These {shown} units as one point in the plane of largest variance of training words (dots)"
    course = (
        f"{shown} of {liquid['n_units']} units, similar units adjacent; blue above, gold below the mean of the unit "
        f"(full at {liquid['spread']:g} deviations)"
    )
    return _still("phase", phase), _strip("course", course)


def _strip(name: str, caption: str) -> str:
    """Return a canvas over time, with the future greyed out."""
    return (
        f'<figure><figcaption>{caption}</figcaption><div class="strip"><canvas class="{name}" role="img" '
        f'aria-label="{caption}"></canvas><div class="span"><div class="veil"></div></div></div></figure>'
    )


def _still(name: str, caption: str, more: str = "") -> str:
    """Return a canvas for the current time."""
    return (
        f"<figure><figcaption>{caption}</figcaption>"
        f'<canvas class="{name}" role="img" aria-label="{caption}"{more}></canvas></figure>'
    )
