"""The digits of Google Speech Commands: thousands of speakers, one second each, 16 kHz.

Source: P. Warden, Speech Commands, arXiv:1804.03209 (CC BY 4.0). Files are named ``WORD/SPEAKER_nohash_N.wav``. The
lists ``validation_list.txt`` and ``testing_list.txt`` in the folder are the official split.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from millpond.reservoir.checks import InputError
from millpond.scenarios.speech import audio
from millpond.scenarios.speech.corpus import Corpus, existing_folder

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NAME = re.compile(r"([0-9a-f]+)_nohash_(\d+)\.wav")


def load(data: str | Path | None = None) -> Corpus:
    """Load the words zero to nine from a copy of the data set.

    Parameters
    ----------
    data : folder
        Contains one folder for each word, and the two lists of the split.

    Returns
    -------
    Corpus
        Ordered by digit, speaker and number. Without the lists there is no split.

    Raises
    ------
    InputError
        No folder is given, it contains no digit, or a recording cannot be read.
    """
    if data is None:
        raise InputError(
            "corpus is 'speech-commands', but no data folder is given; give the folder of your copy with --data"
        )
    folder = existing_folder(data)
    found = {p: NAME.fullmatch(p.name) for word in WORDS for p in sorted((folder / word).glob("*.wav"))}
    parts = sorted((WORDS.index(path.parent.name), m[1], int(m[2]), path) for path, m in found.items() if m)
    if not parts:
        raise InputError(
            f"The folder '{folder}' contains no digit of Speech Commands (names like seven/0a7c2a8d_nohash_0.wav); "
            "give the folder of your copy"
        )
    waves, rates = zip(*(audio.read(path) for *_, path in parts), strict=True)
    for rate, (*_, path) in zip(rates, parts, strict=True):
        if rate != rates[0]:
            raise InputError(
                f"'{path}' has {rate} samples a second, but others have {rates[0]}; give an unaltered copy"
            )
    return Corpus(
        "speech-commands",
        list(waves),
        rates[0],
        labels=np.array([digit for digit, *_ in parts]),
        speakers=np.array([speaker for _, speaker, *_ in parts]),
        takes=np.array([take for _, _, take, _ in parts]),
        names=np.array([f"{path.parent.name}/{path.stem}" for *_, path in parts]),
        split=_split(folder, [f"{path.parent.name}/{path.name}" for *_, path in parts]),
        skipped=tuple(path.relative_to(folder).as_posix() for path, m in found.items() if not m),
    )


def _split(folder: Path, names: list[str]) -> np.ndarray | None:
    """Return the official split of recordings, or None without its lists."""
    lists = {"validation": folder / "validation_list.txt", "test": folder / "testing_list.txt"}
    if not all(path.is_file() for path in lists.values()):
        return None
    part = {name: "train" for name in names}
    for split, path in lists.items():
        part |= dict.fromkeys(set(path.read_text("utf-8", "replace").split()) & set(names), split)
    return np.array([part[name] for name in names])
