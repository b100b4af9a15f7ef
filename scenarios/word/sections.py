"""From the folder of a comparison to the section that shows its word."""

from __future__ import annotations

from contextlib import ExitStack
from html import escape
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from reservoir import Recording
from reservoir.checks import InputError
from scenarios.digits import shown
from scenarios.page import Section
from scenarios.word.origin import origin
from scenarios.word.readings import reader
from scenarios.word.viewer import Listener, viewer


def listeners(folder: Path, stack: ExitStack, only: list[str] | None = None) -> tuple[list[Listener], list[str]]:
    """Return those whose recordings of sound lie in a folder, open as long as `stack`, and why others cannot be had.

    Parameters
    ----------
    folder : Path
    stack : ExitStack
        Closes the recordings.
    only : list of str, optional
        The names of the files wanted, without ending.
    """
    found, refused = [], []
    for path in sorted(folder.glob("*.h5")):
        if only is not None and path.stem not in only:
            continue
        try:
            recording = stack.enter_context(Recording.open(path))
            if "rate" not in recording.provenance["preparation"] or not recording.complete:
                continue  # of another task, or of an older version
            found.append(Listener(path.stem, recording, origin(recording), reader(recording)))
        except InputError as error:
            refused.append(f"{path.stem}: {error}")
    return found, refused


def section(folder: str | Path) -> Section | None:
    """Return the section that shows one word on its way through the models of a comparison of spoken words.

    Needs no corpus: the sound of the word lies beside the recordings.

    Returns
    -------
    Section or None
        None where the folder holds no such word, or no recording of sound.
    """
    folder = Path(folder)
    sound = shown.kept(folder)
    if sound is None:
        return None
    with ExitStack() as stack:
        stack.enter_context(threadpool_limits(1))  # many small products
        every, refused = listeners(folder, stack)
        fitting = [each for each in every if _is_of(each, *sound)]
        if not fitting:
            return None
        test = fitting[0].recording.part("test")
        assert test.labels is not None
        k = shown.first_seven(test.labels)
        word, split = test.labels[k], fitting[0].recording.provenance["preparation"]["split"]
        who = "" if test.groups is None else f", said by {test.groups[k]}"
        known = "a voice that no readout has heard" if split == "speaker" else "a recording that no readout has heard"
        lead = (
            f"<p>The word is <b>{escape(str(word))}</b>{escape(who)}, {known}: the first {escape(str(word))} of the "
            "test part, chosen by that rule and not by how well it is read.</p>"
        )
        lead += "".join(f'<p class="note">Not shown: {escape(why)}.</p>' for why in refused)
        many = {2: ", two liquids", 3: ", three liquids"}.get(len(fitting), "")
        return viewer(fitting, *sound, f"One word{many}", lead, word)


def _is_of(listener: Listener, wave: np.ndarray, rate: int) -> bool:
    """Tell whether a wave is that of the word of a recording that is shown."""
    test = listener.recording.part("test")
    assert test.labels is not None
    inputs = listener.origin.inputs(wave, rate)
    recorded = test.inputs[shown.first_seven(test.labels)]
    return inputs.shape == recorded.shape and bool(np.allclose(inputs, recorded, rtol=1e-5, atol=1e-6))
