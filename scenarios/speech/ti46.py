"""The digits of TI-46: eight women and eight men, 26 recordings of each word, 12.5 kHz.

Source: M. Liberman et al., TI 46-Word, LDC93S9, Linguistic Data Consortium 1993. It is licensed, so it
cannot be downloaded here: give the folder of your copy.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np

from millpond.reservoir.checks import InputError
from millpond.scenarios.speech import audio
from millpond.scenarios.speech.corpus import Corpus, count_takes, existing_folder

# The readme of the corpus: word, speaker, session, token, two characters each. Session "se" is the enrolment,
# from which a recogniser is trained; "s1" to "s8" are the testing sessions.
NAME = re.compile(r"(\w\w)([fm][1-8])(se|s[1-8])(t\d)\.wav", re.IGNORECASE)


def load(data: str | Path | None = None) -> Corpus:
    """Load the words zero to nine from a copy of the corpus.

    Parameters
    ----------
    data : folder
        Searched for sound files at any depth; upper and lower case are the same.

    Returns
    -------
    Corpus
        Ordered by word, speaker, session (enrolment first) and token. `split` is the corpus's own:
        enrolment to train, testing sessions to test. Sound files whose names do not follow the readme are
        in `skipped`; the other 36 words are just left out.

    Raises
    ------
    InputError
        No folder, no digit in it, or a file that cannot be read.
    """
    if data is None:
        raise InputError(
            "corpus is 'ti46', but no data folder is given, and this corpus is licensed (LDC93S9); "
            "give the folder of your copy with --data"
        )
    folder = existing_folder(data)
    parts, skipped = [], []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() == ".wav"):
        name = NAME.fullmatch(path.name)
        if name is None:
            skipped.append(path.relative_to(folder).as_posix())
        elif re.fullmatch("0[0-9]", name[1]):
            word, speaker, session, token = (part.lower() for part in name.groups())
            parts.append((int(word), speaker, session != "se", session, token, path))
    if not parts:
        raise InputError(
            f"The folder '{folder}' holds no digit of TI-46 (names like 07f3s2t0.wav); give the folder of your copy"
        )
    parts.sort()
    for one, other in pairwise(parts):
        if one[:-1] == other[:-1]:
            raise InputError(
                f"'{one[-1]}' and '{other[-1]}' are the same recording; give a folder that holds the corpus once"
            )
    waves, rates = zip(*(audio.read(path) for *_, path in parts), strict=True)
    if len(set(rates)) > 1:
        raise InputError(f"The files in '{folder}' have several sampling rates; give an unaltered copy of the corpus")
    labels = np.array([part[0] for part in parts])
    speakers = np.array([part[1] for part in parts])
    return Corpus(
        "ti46",
        list(waves),
        rates[0],
        labels,
        speakers,
        takes=count_takes(labels, speakers),
        names=np.array([part[-1].stem.lower() for part in parts]),
        split=np.where([part[2] for part in parts], "test", "train"),
        skipped=tuple(skipped),
    )
