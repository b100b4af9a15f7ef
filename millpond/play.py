"""Classify your own word with recorded models and write a page that shows their response."""

from __future__ import annotations

import os
import sys
import webbrowser
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from millpond import terminal
from millpond.page import note, page, table, text
from millpond.recorded import record_task
from millpond.reservoir import checks
from millpond.reservoir.printable import tell
from millpond.scenarios.speech import audio
from millpond.scenarios.speech.microphone import device
from millpond.summary import recorded, recording_path, write
from millpond.viewer.readings import sureness
from millpond.viewer.sections import listeners
from millpond.viewer.viewer import LONGEST_WORD, Hearing, hear, viewer

LONGEST_FILE, SHORTEST_WORD = 10.0, 0.1  # s
LISTENS, MICROPHONE_RATE = 2.0, 16000  # s, Hz
READY_MADE = ("esn", "lsm", "water")


class Sound(NamedTuple):
    """An unprocessed recording of one word: its name, the wave (n_samples,) and the sampling rate (Hz)."""

    name: str
    wave: np.ndarray
    rate: int


def heard(file: Path | None) -> Sound:
    """Return the word in a sound file, or a word recorded from the microphone within two seconds.

    Raises
    ------
    InputError
        No sound, silence, more than one word, or no microphone.
    """
    if file is not None and file.is_dir():
        raise checks.InputError(f"{file} is a folder; give a sound file of one word")
    wave, rate = microphone() if file is None else audio.read(file)
    what = "The sound of the microphone" if file is None else f"The sound file '{file}'"
    if rate < 1000:
        raise checks.InputError(f"{what} has {rate} samples a second, but speech needs thousands; record it again")
    seconds = len(wave) / rate
    if seconds > LONGEST_FILE:
        raise checks.InputError(f"{what} lasts {seconds:.0f} s, but one word is needed; cut it to {LONGEST_FILE:g} s")
    seconds = len(audio.prepare(wave, rate, 8000, what)) / 8000
    if seconds > LONGEST_WORD:
        raise checks.InputError(
            f"{what} is loud for {seconds:.1f} s, but one word of at most {LONGEST_WORD:g} s is needed; "
            "cut it, or record it where it is quiet"
        )
    if seconds < SHORTEST_WORD:
        raise checks.InputError(
            f"{what} is loud for only {seconds:.2f} s, which is too short for a word; record it again"
        )
    return Sound("microphone" if file is None else file.name, wave, rate)


class Played(NamedTuple):
    """The result of `play`.

    Attributes
    ----------
    rows : list of dict
        For each model: its name (``model``), the ``word``, the readout output of each word (``votes``), the difference
        between the two largest outputs (``lead``), the share of test words with at most this difference (``below``),
        the ``accuracy`` on the test words and their ``corpus``.
    refused : list of str
        One sentence for each model that was not used.
    path : Path
        The page.
    """

    rows: list[dict[str, Any]]
    refused: list[str]
    path: Path


def play(
    sound: Sound, folder: Path, models: list[str] | None = None, out: Path | None = None, trusted: bool = False
) -> Played:
    """Classify a word with recorded models and write a page that shows their response.

    Parameters
    ----------
    sound : Sound
        The word, as returned by `heard`.
    folder : Path
        Folder of a comparison of digits with its recordings.
    models : list of str, optional
        The models to use. The default is all models in ``summary.json``, or all recordings if there is no such file.
    out : Path, optional
        The page to write. The default is ``NAME.play.html`` in `folder`.
    trusted : bool
        Compile and run neuron equations in the recordings.

    Returns
    -------
    Played

    Raises
    ------
    InputError
        The recordings or the folder of the page do not exist, or the page would be too large.
    """
    name, wave, rate = sound
    path = out or folder / f"{Path(name).stem}.play.html"
    checks.has_folder(path)
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(1))  # many small products
        names = models or recorded(folder) or sorted(file.stem for file in folder.glob("*.h5"))
        every, refused = listeners(folder, names, stack, (), trusted)
        missing = set(models or ()) - {each.name for each in every}
        if missing or not every:
            why = f" ({refused[0]})" if refused else ""
            raise checks.InputError(
                f"{folder} contains no recording of {', '.join(sorted(missing)) or 'spoken words'}{why}; "
                "make it with 'millpond compare digits --models esn,lsm,water'"
            )
        heard = [hear(each, wave, rate) for each in every]
        rows = [_named(each) for each in heard]
        said = ", ".join(f"{row['model']} {row['word']}" for row in rows)
        where = folder.resolve().name  # only the name: the page may be copied to another machine
        head, cells = terminal.named(rows)
        lead = f"<p>{text(name)}, classified by the models in {text(where)}: <b>{text(said)}</b>.</p>"
        lead += table("words", head, [[*map(text, line)] for line in cells])
        lead += note(*terminal.about_words(rows), *(f"Not used: {why}." for why in refused))
        section = viewer(heard, wave, rate, "Your word", lead)
    write(path, page(f"Millpond: {name}", [section]))
    return Played(rows, refused, path)


def _named(hearing: Hearing) -> dict[str, Any]:
    listener, votes = hearing.listener, hearing.votes
    lead, below, accuracy = sureness(listener.reader, listener.recording, votes)
    words = [c.item() for c in listener.reader.classes]
    return {
        "model": listener.name, "word": words[int(votes.argmax())], "lead": lead, "below": below, "accuracy": accuracy,
        "corpus": str(listener.recording.provenance["preparation"].get("corpus", "unknown")),
        "votes": {str(word): float(vote) for word, vote in zip(words, votes, strict=True)},
    }  # fmt: skip


def newest(runs: Path) -> Path | None:
    """Return the newest folder under `runs` with recordings of digits, or None.

    The folder that `ready_made` writes is included only if it is complete.
    """
    folders = [folder for folder in runs.glob("digits-*") if recorded(folder)]
    if all(recording_path(runs / "play", name).is_file() for name in READY_MADE):
        folders.append(runs / "play")
    return max(folders, key=lambda f: max(file.stat().st_mtime for file in f.glob("*.h5")), default=None)


def ready_made(folder: Path) -> Path:
    """Record the three reservoirs on the synthetic corpus into `folder`, for users without a comparison."""
    folder.mkdir(parents=True, exist_ok=True)
    for model in READY_MADE:
        record_task("digits", model, "synthetic", None, "speaker", folder / f"{model}.h5")
    return folder


def microphone() -> tuple[np.ndarray, int]:
    """Record two seconds from the microphone; return the wave and its sampling rate (Hz)."""
    with device() as sounddevice:
        tell(f"say a word now, for {LISTENS:g} seconds")
        heard = sounddevice.rec(
            round(LISTENS * MICROPHONE_RATE), samplerate=MICROPHONE_RATE, channels=1, dtype="float32", blocking=True
        )
    return heard[:, 0], MICROPHONE_RATE


def opened(path: Path) -> bool:
    """Open a page in a browser if a display and a terminal are available; return whether it was opened."""
    display = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(sys.stdout.isatty() and display) and webbrowser.open(path.resolve().as_uri())
