"""Writes version-1.0.h5, with the program of commit 8580b63: python make.py."""

import numpy as np

from millpond.recording import record
from millpond.reservoir import Sequences
from tests.toys import Counter


def sequences():
    """Return what the file holds besides states, spikes and frames."""
    rng = np.random.default_rng(3)
    n = [5, 9, 4, 7, 1, 12, 6, 3, 8, 10, 2, 6]
    return Sequences(
        [rng.normal(size=(k, 3)) for k in n],
        period=0.01,
        labels=np.array(["yes", "no", "with blank"])[np.arange(12) % 3],
        targets=[rng.normal(size=(k, 2)) for k in n],
        groups=[f"speaker {'äbc'[i % 3]}" for i in range(12)],
        split=["train"] * 9 + ["test"] * 3,
        names=[f"word {i}" for i in range(12)],
    )


if __name__ == "__main__":
    record(Counter().fit(sequences()), sequences(), "version-1.0.h5", progress=False).close()
