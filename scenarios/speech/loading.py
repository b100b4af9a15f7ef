"""One function that loads every corpus."""

from __future__ import annotations

import difflib
from pathlib import Path

from millpond.reservoir.checks import InputError
from millpond.scenarios.speech import fsdd, manifest, synthetic, ti46
from millpond.scenarios.speech.corpus import Corpus

CORPORA = ("synthetic", "fsdd", "ti46")


def load(corpus: str | Path = "synthetic", data: str | Path | None = None) -> Corpus:
    """Load a corpus of spoken words, in an order that never changes.

    Parameters
    ----------
    corpus : {"synthetic", "fsdd", "ti46"} or folder
        A known corpus, or a folder of your own that holds a manifest.csv.
    data : folder, optional
        Where the recordings of "fsdd" or "ti46" lie; without it "fsdd" is downloaded once.

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
    if data is not None and corpus not in ("fsdd", "ti46"):
        raise InputError(
            f"data is '{data}', but corpus {str(corpus)!r} takes no data folder; "
            "leave data out, or choose corpus 'fsdd' or 'ti46'"
        )
    if corpus == "synthetic":
        return synthetic.load()
    if corpus == "fsdd":
        return fsdd.load(data)
    if corpus == "ti46":
        return ti46.load(data)
    return manifest.load(Path(corpus))
