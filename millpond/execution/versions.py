"""What code runs here: Millpond's own source and the versions of what it stands on."""

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
    """Return a hash of all code that results depend on; where it is the same, results are."""
    return digest([], environment(), *(source(Path(__file__).parents[1] / name) for name in _OWN))


def source(where: Path) -> str:
    """Return a hash of a Python file, or of all in a package."""
    files = sorted(where.rglob("*.py")) if where.is_dir() else [where] if where.is_file() else []
    return digest([np.frombuffer(f.read_bytes(), np.uint8) for f in files], [f.name for f in files])
