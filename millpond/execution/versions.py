"""Hash of the source of Millpond and of the versions of its dependencies."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from millpond.reservoir.provenance import digest, environment

_OWN = (
    "reservoir", "recording", "lsm", "esn", "physical", "readout", "baseline", "measures", "evaluation", "scenarios",
    "execution",
)  # fmt: skip


@cache
def mark() -> str:
    """Return a hash of all code that results depend on; equal hashes mean equal results."""
    return digest([], environment(), *(source(Path(__file__).parents[1] / name) for name in _OWN))


def source(where: Path) -> str:
    """Return a hash of a Python file or of all files in a package."""
    files = sorted(where.rglob("*.py")) if where.is_dir() else [where] if where.is_file() else []
    return digest([np.frombuffer(f.read_bytes(), np.uint8) for f in files], [f.name for f in files])
