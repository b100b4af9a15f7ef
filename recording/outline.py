"""The outline of a recording, known before its first state, and its fingerprint."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from millpond.reservoir import provenance, source
from millpond.reservoir.interface import Reservoir
from millpond.reservoir.sequences import Sequences


@dataclass(frozen=True)
class Outline:
    """The data of a recording that is known before its first state.

    Attributes
    ----------
    sequences : Sequences
    n_units : int
    dtype : dtype
        Type of the states.
    positions : ndarray (n_units, 3) or None
        Positions of the units (m).
    shows : tuple of str
        Output in addition to the states.
    frames : tuple of ndarray (n_sequences,) and (height, width), or None
        Number of frames of each sequence, and their shape.
    attrs : dict
    origin : dict
        ``config``, ``environment``, ``preparation``; other keys become attributes of the provenance.
    """

    sequences: Sequences
    n_units: int
    dtype: np.dtype
    positions: np.ndarray | None
    shows: tuple[str, ...]
    frames: tuple[np.ndarray, tuple[int, int]] | None
    attrs: dict[str, Any]
    origin: dict[str, Any]


def mark_of(model: Reservoir, sequences: Sequences, dtype: str, code: dict[str, str]) -> str:
    """Return the fingerprint of a recording of `sequences` by `model` with the code hashes of `source.code`."""
    facts = (dtype, sequences.period, *(None if v is None else list(map(str, v)) for v in
             (sequences.labels, sequences.groups, sequences.split, sequences.names)),
             *([q.name, q.score, q.pooling, *(list(map(str, a)) for a in (*q.answers, *(q.rows or ())))]
               for q in sequences.questions))  # fmt: skip
    return provenance.fingerprint(model, [*sequences.signals, *(sequences.targets or ())], *facts, code)


def outline_of(
    model: Any, sequences: Sequences, dtype: str, mark: str, preparation: dict[str, Any] | None, place: Any = None
) -> Outline:
    """Return the outline of the recording of `sequences` by the fitted `model`; `place` holds shard attributes."""
    shows = tuple(name for name in ("spikes", "frames") if name in model.shows)
    frames = (-(-sequences.lengths // model.frames_every), model.frame_shape_) if "frames" in shows else None
    commit, dirty = provenance.git_commit()
    origin = {
        "config": provenance.config(model), "environment": provenance.environment(), "preparation": preparation or {},
        "git_commit": commit, "git_dirty": dirty, "command": provenance.typed(sys.argv), "code": source.code(model),
    }  # fmt: skip
    return Outline(
        sequences, model.n_units_, np.dtype(dtype), model.unit_positions_, shows, frames,
        _attributes(model, sequences, mark) | (place or {}), origin,
    )  # fmt: skip


def _attributes(model: Reservoir, sequences: Sequences, mark: str) -> dict[str, Any]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    seed = getattr(model, "random_state", None)
    attrs = {
        "title": f"states of {type(model).__name__}",
        "substrate": type(model).__module__.removeprefix("millpond.").split(".")[0],
        "source": f"millpond {provenance.environment()['millpond']}",
        "history": f"{now} {provenance.typed(sys.argv)}",
        "dt": np.float64(sequences.period),
        "fingerprint": mark,
        "complete": np.uint8(0),
    }
    return attrs | ({"seed": np.int64(seed)} if isinstance(seed, int | np.integer) and seed < 2**63 else {})
