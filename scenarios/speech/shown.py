"""The one word that is shown of a comparison, and its sound beside the recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from millpond.evaluation.folds import Fold
from millpond.scenarios.speech import audio
from millpond.scenarios.speech.corpus import Corpus

FILE = "word.wav"


def first_seven(labels: np.ndarray) -> int:
    """Return which of the words with these labels is shown: the first seven, or of the last label if none is a 7.

    It is chosen by this rule and not by how well it is read.

    >>> first_seven(np.array([3, 7, 1, 7])), first_seven(np.array(["no", "yes", "yes"]))
    (1, 1)
    """
    wanted = 7 if 7 in labels.tolist() else np.sort(labels)[-1]
    return int(np.flatnonzero(labels == wanted)[0])


def keep_word(spoken: Corpus, fold: Fold, folder: Path) -> None:
    """Write the sound of the word that is shown of the test part to `folder`, sample by sample as the corpus has it."""
    import soundfile

    wave = spoken.waves[fold.test[first_seven(spoken.labels[fold.test])]]
    soundfile.write(folder / FILE, np.asarray(wave, np.float32), spoken.rate, subtype="FLOAT")


def kept(folder: Path) -> tuple[np.ndarray, int]:
    """Return that sound and its rate (Hz)."""
    return audio.read(folder / FILE)
