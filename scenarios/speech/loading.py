"""One function that loads every corpus."""

from __future__ import annotations

import difflib
from pathlib import Path

from millpond.reservoir.checks import InputError
from millpond.scenarios.speech import audiomnist, fsdd, manifest, speech_commands, synthetic, ti46
from millpond.scenarios.speech.corpus import Corpus

_FROM_FOLDERS = {
    "fsdd": fsdd.load, "audiomnist": audiomnist.load, "speech-commands": speech_commands.load, "ti46": ti46.load,
}  # fmt: skip
CORPORA = ("synthetic", *_FROM_FOLDERS)


def load(corpus: str | Path = "synthetic", data: str | Path | None = None) -> Corpus:
    """Load a corpus of spoken words, in an order that never changes.

    Parameters
    ----------
    corpus : {"synthetic", "fsdd", "audiomnist", "speech-commands", "ti46"} or folder
        A known corpus, or a folder of your own that holds a manifest.csv.
    data : folder, optional
        Folder of the recordings of a known corpus; without it "fsdd" is downloaded once.

    Returns
    -------
    Corpus

    Raises
    ------
    InputError
        An unknown corpus, a missing folder or a file that cannot be used; the message says which.
    """
    if corpus not in CORPORA and not (str(corpus) and Path(str(corpus)).is_dir()):
        near = difflib.get_close_matches(str(corpus), CORPORA, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise InputError(
            f"corpus is {str(corpus)!r}, but it must be one of {', '.join(map(repr, CORPORA))} "
            f"or an existing folder with a manifest.csv{hint}"
        )
    if data is not None and corpus not in _FROM_FOLDERS:
        raise InputError(
            f"data is '{data}', but corpus {str(corpus)!r} takes no data folder; "
            f"leave data out, or choose a corpus from {', '.join(_FROM_FOLDERS)}"
        )
    if corpus == "synthetic":
        return synthetic.load()
    if corpus in _FROM_FOLDERS:
        return _FROM_FOLDERS[str(corpus)](data)
    return manifest.load(Path(corpus))
