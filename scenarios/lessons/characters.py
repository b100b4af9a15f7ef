"""A language model of single letters, on any text, that goes on writing it."""

from __future__ import annotations

import numpy as np

from millpond.baseline import RecurrentNetwork
from millpond.reservoir import checks


class Letters:
    """The letters of a text, as one-hot rows and back.

    Examples
    --------
    >>> letters = Letters("abba")
    >>> letters.rows("ab").tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    def __init__(self, text: str) -> None:
        self.known = sorted(set(text))
        if len(self.known) < 2:
            raise checks.InputError(f"the text has {len(self.known)} different letter(s); give one with at least two")

    def indices(self, text: str) -> np.ndarray:
        """Return the number of each letter of `text`."""
        place = {c: i for i, c in enumerate(self.known)}
        strange = set(text) - set(place)
        if strange:
            raise checks.InputError(f"the letter {min(strange)!r} is not in the text that was learned; leave it out")
        return np.array([place[c] for c in text])

    def rows(self, text: str) -> np.ndarray:
        """Return `text` as one-hot rows (n_letters, n_known)."""
        return np.eye(len(self.known))[self.indices(text)]


def learned(
    text: str, cell: str = "lstm", n_units: int = 128, n_epochs: int = 20, piece: int = 100, seed: int = 0,
    progress: bool | None = None,
) -> tuple[RecurrentNetwork, Letters]:  # fmt: skip
    """Return a network that says which letter comes next, trained on pieces of `text` of equal length."""
    letters = Letters(text)
    piece = min(piece, len(text) - 1)
    starts = range(0, len(text) - piece, piece)
    X = [letters.rows(text[i : i + piece]) for i in starts]
    y = [letters.indices(text[i + 1 : i + piece + 1]) for i in starts]
    # a letter may come first in the last few steps that fill no piece: classes are those of all the text
    X.append(letters.rows(text[-piece - 1 : -1]))
    y.append(letters.indices(text[-piece:]))
    network = RecurrentNetwork(
        cell=cell, n_units=n_units, n_epochs=n_epochs, batch_size=32, learning_rate=0.01, dropout=0.1, random_state=seed
    )
    return network.fit(X, y, progress=progress), letters


def written(network: RecurrentNetwork, letters: Letters, prompt: str, n: int, temperature: float = 0.7,
            seed: int = 0) -> str:  # fmt: skip
    """Return `n` letters after `prompt`, drawn one by one."""
    said = network.generate(letters.rows(prompt), n, temperature, seed)
    return "".join(letters.known[i] for i in said)
