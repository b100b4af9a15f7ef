"""Shared by all tests."""

from pathlib import Path

import numpy as np
import pytest

from millpond.reservoir import Sequences

FSDD = Path(__file__).parents[2] / "shared" / "data" / "fsdd"


@pytest.fixture
def rng():
    return np.random.default_rng(20261121)


@pytest.fixture
def ragged(rng):
    """Eleven labelled sequences of three channels, of different lengths."""
    lengths = [5, 9, 4, 7, 1, 12, 6, 3, 8, 10, 2]
    return Sequences(
        [rng.normal(size=(n, 3)) for n in lengths],
        period=0.01,
        labels=np.array(["yes", "no"])[np.arange(11) % 2],
        groups=[f"speaker {i % 3}" for i in range(11)],
        split=["train"] * 8 + ["test"] * 3,
        names=[f"word {i}" for i in range(11)],
    )


@pytest.fixture(scope="session")
def fsdd_folder():
    if not FSDD.is_dir():
        pytest.skip("needs the Free Spoken Digit Dataset beside the checkout")
    return FSDD
