"""The size of a recording, computed from its layout (`millpond.recording.layout`, docs/recording.md)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from millpond.reservoir import Sequences


@dataclass(frozen=True)
class Contents:
    """Contents of a recording in addition to the states.

    Attributes
    ----------
    for_row, for_sequence : float
        Bytes per row and per sequence without states.
    spikes : float
        Spikes per row.
    frame : int
        Bytes of a camera frame; 0 without frames.
    frames_every : int
        Rows between frames.
    n_places : int
        Number of coordinates of each unit.
    """

    for_row: float
    for_sequence: float
    spikes: float = 0.0
    frame: int = 0
    frames_every: int = 1
    n_places: int = 0


_STRING = 16  # bytes of a string reference in the table
_HEAP = 24  # bytes of overhead in the heap, padded to multiples of eight


def given(sequences: Sequences) -> tuple[float, float]:
    """Return the bytes per row and per sequence that do not depend on the model."""
    n = len(sequences)
    row = 8 + sequences.n_channels * sequences.signals[0].dtype.itemsize
    one = 4 + 8 + 1 + 3 * 4  # index, row_size, recorded; checksums of states, inputs and time
    if sequences.targets is not None:
        row, one = row + 8 * sequences.targets[0].shape[1], one + 4
    one += 4 * (sequences.labels is not None) + (sequences.split is not None)
    strings = [sequences.groups, sequences.names if sequences.names is not None else np.arange(n)]
    told: float = one
    for texts in strings:
        if texts is not None:
            lengths = np.array([len(str(text).encode()) for text in texts])
            told += _STRING + _HEAP - 8 + float(np.mean(-(-lengths // 8) * 8))
    for question in sequences.questions:
        answer = (8 if np.concatenate(question.answers).dtype.kind == "f" else 4) + 8 * (question.rows is not None)
        told += 8 + answer * float(np.mean(question.counts))
    return row, told


def recording(contents: Contents, n_sequences: float, n_rows: float, n_columns: int) -> float:
    """Return the bytes of a recording of float32 states without its provenance."""
    states = n_rows * 4 * n_columns + n_columns * (4 + 8 * contents.n_places)
    spikes = 12 * contents.spikes * n_rows + (12 * n_sequences if contents.spikes else 0)
    frames = 0.0
    if contents.frame:  # on average half a step more than a multiple
        n_frames = (
            n_rows / contents.frames_every + n_sequences * (contents.frames_every - 1) / contents.frames_every / 2
        )
        frames = n_frames * contents.frame + 12 * n_sequences
    return n_rows * contents.for_row + n_sequences * contents.for_sequence + states + spikes + frames
