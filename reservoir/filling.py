"""Filling a recording batch by batch, in bounded memory."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from reservoir import checks, checksums, layout, spikes
from reservoir.contract import Reservoir
from reservoir.progress import bar
from reservoir.sequences import Sequences

_BATCH_BYTES = 2**23  # of float64 states in memory at a time, whatever the number and length of the sequences


def fill(file: h5py.File, part: Path, model: Reservoir, sequences: Sequences, progress: bool | None) -> None:
    """Compute what is not recorded yet, batch by batch; mark a batch only after its states are in the file."""
    recorded, states, lengths = file["recorded"], file["states"], sequences.lengths
    sums, ends = checksums.of(file), np.cumsum(lengths)
    todo = np.flatnonzero(recorded[:] == 0)
    rows = max(1, _BATCH_BYTES // (8 * model.n_units_))
    if "spikes" in model.shows:
        spikes.keep_recorded(part, recorded[:])
    batches = _batches(todo, lengths, rows)
    sizes = [int(lengths[b].sum()) for b in batches]
    is_long = [not model.shows and size > rows for size in sizes]
    # one buffer for all batches, as fresh memory costs a page fault every 4 KB
    buffer = np.empty(
        (max((n for n, own in zip(sizes, is_long, strict=True) if not own), default=0), model.n_units_), states.dtype
    )
    with bar(len(sequences), "recording", len(sequences) - len(todo), progress) as advance:
        for batch, size, long in zip(batches, sizes, is_long, strict=True):
            last = int(ends[batch[-1]])
            first = last - size
            if long:
                _write_long(states, sums, model, sequences, batch[0], first, rows)
            else:
                seen = model.observe([sequences.signals[i] for i in batch])
                _gather(seen["states"], buffer[:size], f"the run of sequences {batch[0]} to {batch[-1]}")
                if type(model).observe is not Reservoir.observe:  # which has looked at every state already
                    checks.finite(
                        buffer[:size], f"sequences {batch[0]} to {batch[-1]} diverged: their states, in a row,"
                    )
                layout.put_rows(states, first, buffer[:size])
                checksums.put(sums, "states", batch[0], checksums.of_rows(buffer[:size], lengths[batch]))
                if "spikes" in seen:
                    checksums.put(sums, "spikes", batch[0], spikes.append(part, batch, seen["spikes"]))
                if "frames" in seen:
                    end = int(file["frames/row_size"][: batch[-1] + 1].sum())
                    frames = np.concatenate(seen["frames"]).astype("u1", copy=False)
                    file["frames/intensity"][end - len(frames) : end] = frames
                    counts = np.array([len(x) for x in seen["frames"]])
                    checksums.put(sums, "frames", batch[0], checksums.of_rows(frames, counts))
            file.flush()
            layout.put_rows(recorded, batch[0], np.ones(len(batch), recorded.dtype))
            file.flush()
            advance(len(batch))


def _gather(parts: list[np.ndarray], out: np.ndarray, where: str) -> None:
    """Join states into `out`; numpy turns float64 into float32 many times faster than HDF5 does."""
    try:
        with np.errstate(over="raise"):
            np.concatenate(parts, out=out, casting="same_kind")
    except FloatingPointError:
        raise checks.InputError(
            f"{where} diverged: a state is too large for {out.dtype}; record float64, or weaken the recurrence"
        ) from None


def sealed(file: h5py.File, part: Path) -> Path:
    """Mark a whole file as such; return where it is."""
    file.attrs.modify("complete", np.uint8(1))
    file.flush()
    return part


def _batches(todo: np.ndarray, lengths: np.ndarray, max_rows: int) -> list[np.ndarray]:
    """Cut the sequences to do into runs of neighbours of at most `max_rows` rows, one sequence at least."""
    batches: list[list[int]] = []
    rows = 0
    for i in todo:
        if not batches or batches[-1][-1] != i - 1 or rows + lengths[i] > max_rows:
            batches.append([])
            rows = 0
        batches[-1].append(int(i))
        rows += lengths[i]
    return [np.array(b) for b in batches]


def _write_long(
    var: h5py.Dataset, sums: dict[str, h5py.Dataset], model: Reservoir, sequences: Sequences, i: int, first: int,
    rows: int,
) -> None:  # fmt: skip
    stream = model.stream()
    signal, found = sequences.signals[i], 0
    for start in range(0, len(signal), rows):
        states = stream.run(signal[start : start + rows])
        out = np.empty(states.shape, var.dtype)
        _gather([states], out, f"the run of sequence {i}")
        layout.put_rows(var, first + start, out)
        found = checksums.crc([out], found)
    checksums.put(sums, "states", i, np.array([found]))


def write_given(file: h5py.File, sequences: Sequences) -> None:
    """Write what is known before the first state: inputs, targets and times."""
    lengths, sums = sequences.lengths, checksums.of(file)
    ends = np.cumsum(lengths)
    for batch in _batches(np.arange(len(ends)), lengths, max(1, _BATCH_BYTES // (8 * sequences.n_channels))):
        first = ends[batch[0]] - lengths[batch[0]]
        given = {
            "inputs": [sequences.signals[i] for i in batch],
            "time": [np.arange(lengths[i]) * sequences.period for i in batch],
        } | ({} if sequences.targets is None else {"targets": [sequences.targets[i] for i in batch]})
        for name, parts in given.items():
            joined = np.concatenate(parts)
            layout.put_rows(file[name], int(first), joined)
            checksums.put(sums, name, batch[0], checksums.of_rows(joined, lengths[batch]))
