"""One shape for every corpus of spoken words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from millpond.reservoir.checks import InputError


@dataclass(frozen=True, eq=False)
class Corpus:
    """Recordings of single words and what is known about each of them.

    Parameters
    ----------
    name : str
        What to call the corpus in tables.
    waves : list of ndarray (n_samples,)
        The sound, mono, float, full scale at -1 and 1.
    rate : int
        Samples per second (Hz), the same for all waves.
    labels : ndarray (n_waves,) of int or str
        The word: 0 to 9 for digits, else as a manifest names it.
    speakers : ndarray (n_waves,) of str
        Who speaks.
    takes : ndarray (n_waves,) of int
        Which of the utterances of this word by this speaker it is, from 0.
    names : ndarray (n_waves,) of str
        A name for each wave, for messages and tables.
    split : ndarray (n_waves,) of {"train", "validation", "test"}, optional
        The corpus's own division, where it has one.
    skipped : tuple of str
        Files that lie beside the recordings but are not part of the corpus.
    """

    name: str
    waves: list[np.ndarray]
    rate: int
    labels: np.ndarray
    speakers: np.ndarray
    takes: np.ndarray
    names: np.ndarray
    split: np.ndarray | None = None
    skipped: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.waves)


def existing_folder(folder: str | Path) -> Path:
    """Return `folder` as a path if it is one, else raise."""
    path = Path(folder)
    if path.is_dir():
        return path
    what = "is a file" if path.exists() else "does not exist"
    raise InputError(f"The data folder '{folder}' {what}; give the folder that holds the recordings")


def count_takes(labels: np.ndarray, speakers: np.ndarray) -> np.ndarray:
    """Return, for each utterance, how many of the same word by the same speaker came before it."""
    seen: dict[tuple[str, str], int] = {}
    takes = []
    for key in zip(map(str, labels), map(str, speakers), strict=True):
        takes.append(seen.get(key, 0))
        seen[key] = takes[-1] + 1
    return np.array(takes, dtype=np.int64)
