"""AudioMNIST: sixty speakers, fifty recordings of each digit, 48 kHz.

Source: S. Becker et al., AudioMNIST, arXiv:1807.03418, https://github.com/soerenab/AudioMNIST (MIT licence). Files are
named ``data/SS/D_SS_R.wav`` with the speaker SS (01 to 60), the digit D and the repetition R (0 to 49).
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np

from millpond.reservoir.checks import InputError
from millpond.scenarios.speech import audio
from millpond.scenarios.speech.corpus import Corpus, existing_folder

NAME = re.compile(r"(\d)_(\d\d)_(\d+)\.wav")
RATE = 16_000
"""Sampling rate (Hz) of the loaded waves. There is no speech above, and it takes a third of the memory."""


def load(data: str | Path | None = None) -> Corpus:
    """Load the recordings from a copy of the data set.

    Parameters
    ----------
    data : folder
        The folder ``data`` of the data set, or the folder that contains it.

    Returns
    -------
    Corpus
        Ordered by digit, speaker and repetition; `takes` is the repetition.

    Raises
    ------
    InputError
        No folder is given, it contains no such recording, or a recording cannot be read.
    """
    if data is None:
        raise InputError(
            "corpus is 'audiomnist', but no data folder is given; give the folder of your copy with --data"
        )
    folder = existing_folder(data)
    found = {path: NAME.fullmatch(path.name) for path in sorted(folder.rglob("*.wav"))}
    parts = sorted((int(m[1]), m[2], int(m[3]), path) for path, m in found.items() if m and path.parent.name == m[2])
    if not parts:
        raise InputError(
            f"The folder '{folder}' contains no recording of AudioMNIST (names like 01/7_01_32.wav); give the folder "
            "of your copy"
        )
    for one, other in pairwise(parts):
        if one[:3] == other[:3]:
            raise InputError(f"'{one[3]}' and '{other[3]}' are the same recording; give a folder with one copy")
    return Corpus(
        "audiomnist",
        [audio.resample(*audio.read(path), RATE) for *_, path in parts],
        RATE,
        labels=np.array([digit for digit, *_ in parts]),
        speakers=np.array([speaker for _, speaker, *_ in parts]),
        takes=np.array([take for _, _, take, _ in parts]),
        names=np.array([path.stem for *_, path in parts]),
        skipped=tuple(path.relative_to(folder).as_posix() for path, m in found.items() if not m),
    )
