"""From the folder of a comparison to the section that shows its word."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from millpond.page import Section, note, text
from millpond.recording import Recording
from millpond.reservoir.checks import InputError
from millpond.scenarios.speech import shown
from millpond.summary import recording_path
from millpond.viewer.origin import origin
from millpond.viewer.readings import reader
from millpond.viewer.viewer import Hearing, Listener, hear, viewer


def listeners(
    folder: Path, names: Iterable[str], stack: ExitStack, known: Iterable[type] = (), trusted: bool = False
) -> tuple[list[Listener], list[str]]:
    """Return the models called `names` that were recorded in a folder, and in a sentence each why others cannot be had.

    Parameters
    ----------
    folder : Path
    names : iterable of str
    stack : ExitStack
        Closes the recordings.
    known : iterable of type
        Classes of models that are no substrates.
    trusted : bool
        Allow equations in the recordings, which are compiled and run.
    """
    found, refused = [], []
    for name in names:
        path = folder
        try:
            path = recording_path(folder, name)
            recording = stack.enter_context(Recording.open(path))
            if not recording.complete:
                raise InputError(f"{path.name} is not complete; repeat the command that writes it")
            found.append(Listener(name, recording, origin(recording, known, trusted), reader(recording)))
        except InputError as error:
            refused.append(f"{name}: {error}".replace(str(path), path.name))  # a page may travel
        except Exception as error:  # a model of others may do anything
            why = f"it cannot be rebuilt ({type(error).__name__}: {error})"
            refused.append(f"{name}: {why}".replace(str(path), path.name))
    return found, refused


def section(
    folder: str | Path, names: Iterable[str], known: Iterable[type] = (), trusted: bool = False
) -> Section | None:
    """Return the section that shows one word on its way through the models of a comparison of spoken words.

    Needs no corpus: the sound of the word lies beside the recordings.

    Parameters
    ----------
    folder : str or Path
    names : iterable of str
        The models that were compared, in the order in which they are shown.
    known : iterable of type
        Classes of models that are no substrates; another one is not shown.
    trusted : bool
        Allow equations in the recordings, which are compiled and run.

    Returns
    -------
    Section or None
        None where no word was kept; notes alone where nothing can be shown of it.
    """
    folder = Path(folder)
    if not (folder / shown.FILE).is_file():
        return None
    try:
        with ExitStack() as stack:
            stack.enter_context(threadpool_limits(1))  # many small products
            return _section(folder, *listeners(folder, names, stack, known, trusted))
    except InputError as error:
        return Section("word", "One word", note(f"Not shown: {error}.".replace(f"{folder}/", "")))


def _section(folder: Path, every: list[Listener], refused: list[str]) -> Section:
    sound = shown.kept(folder)
    heard = [hear(each, *sound) for each in every]
    fitting = [each for each in heard if _is_of_recording(each)]
    refused += [f"{h.listener.name}: {shown.FILE} is not the sound of its recording" for h in heard if h not in fitting]
    notes = note(*(f"Not shown: {why}." for why in refused))
    if not fitting:
        return Section("word", "One word", notes)
    recording = fitting[0].listener.recording
    test = recording.part("test")
    assert test.labels is not None
    k = shown.first_seven(test.labels)
    word, who = test.labels[k], "" if test.groups is None else f", spoken by {test.groups[k]}"
    known = "voice" if recording.provenance["preparation"].get("split") == "speaker" else "recording"
    lead = (
        f"<p>The word is <b>{text(word)}</b>{text(who)}, a {known} that no readout was trained on: the first "
        f"{text(word)} of the test part, independent of how well it is classified.</p>"
    )
    many = {2: ", two reservoirs", 3: ", three reservoirs"}.get(len(fitting), "")
    return viewer(fitting, *sound, f"One word{many}", lead + notes, word)


def _is_of_recording(hearing: Hearing) -> bool:
    """Return whether the sound is that of the displayed word in the recording."""
    test = hearing.listener.recording.part("test")
    assert test.labels is not None
    recorded = test.inputs[shown.first_seven(test.labels)]
    same = hearing.inputs.shape == recorded.shape
    return same and bool(np.allclose(hearing.inputs, recorded, rtol=1e-5, atol=1e-6))
