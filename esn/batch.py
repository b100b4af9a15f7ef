"""Many sequences at once.

A dense W is read from memory for every step of a sequence; read once for a step of many, it costs little. Sorted by
length, the sequences still running are always the first, and no mask is needed. Every sum is the chain of a single
run (`millpond.esn.drive.accumulate`), so the states are the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from millpond.esn import kernels
from millpond.esn.drive import FAST, accumulate, drive
from millpond.esn.recurrence import Dense
from millpond.reservoir import checks
from millpond.reservoir.compiled import njit
from millpond.reservoir.interface import side_by_side

if TYPE_CHECKING:
    from millpond.esn.network import EchoStateNetwork

_TOGETHER = 64  # sequences whose states for a step stay in the second cache


def states_of(
    model: EchoStateNetwork, signals: list[np.ndarray], out: list[np.ndarray] | None = None
) -> list[np.ndarray]:
    """Return the states of all signals of a fitted network with a dense W."""
    by_length = sorted(range(len(signals)), key=lambda i: -len(signals[i]))
    size = min(_TOGETHER, -(-len(signals) // checks.integer("n_jobs", model.n_jobs, 1)))
    groups = [by_length[first : first + size] for first in range(0, len(signals), size)]
    found: list[np.ndarray] = [np.empty(0)] * len(signals) if out is None else out

    def one(g: int) -> None:
        lengths = np.array([len(signals[i]) for i in groups[g]])
        starts = np.cumsum(lengths) - lengths
        states = np.empty((lengths.sum(), model.n_units_), model.state_dtype)
        W, W_in = model._weights
        assert isinstance(W, Dense)
        kind = kernels.ACTIVATIONS.index(model._activation)
        U = np.concatenate([signals[i] for i in groups[g]])
        drive(U, W_in, model.bias_, states)
        _advance(W.panels, model.leak_rate_, kind, starts, lengths, states)
        for i, part in zip(groups[g], np.split(states, starts[1:]), strict=True):
            model.check_finite(part, f"the run of sequence {i} diverged: its state")
            if out is None:
                found[i] = part
            else:
                out[i][:] = part

    side_by_side(one, len(groups), model.n_jobs)
    return found


@njit(**FAST)
def _advance(panels, leak, kind, starts, lengths, out) -> None:  # type: ignore[no-untyped-def]
    """Turn the input part of all steps in `out`, one sequence after the other, into the states."""
    n = out.shape[1]
    h = np.zeros(((len(starts) + 3) & ~3, n), out.dtype)  # products take four rows at a time
    o = np.zeros_like(h)
    running = len(starts)
    for t in range(lengths[0]):
        while lengths[running - 1] <= t:
            running -= 1
        for b in range(running):
            row = out[starts[b] + t]
            for i in range(n):
                o[b, i] = row[i]
        fours = (running + 3) & ~3
        accumulate(h[:fours], panels, o[:fours])
        for b in range(running):
            kernels.step(o[b], h[b], leak, kind)
            row = out[starts[b] + t]
            for i in range(n):
                h[b, i] = row[i] = o[b, i]


def buffers(out: Any, signals: list[np.ndarray], n_units: int, dtype: np.dtype) -> list[np.ndarray]:
    """Return the arrays to write the states of `signals` to, one for each.

    Raises
    ------
    InputError
        An array of another shape or dtype, or not C-ordered and writeable.
    """
    arrays = [out] if isinstance(out, np.ndarray) and out.ndim == 2 else list(out)
    if len(arrays) != len(signals):
        raise checks.InputError(f"out has {len(arrays)} arrays, but there are {len(signals)} sequences; give one each")
    for i, (array, signal) in enumerate(zip(arrays, signals, strict=True)):
        shape = len(signal), n_units
        fits = isinstance(array, np.ndarray) and array.shape == shape and array.dtype == dtype
        if not (fits and array.flags.c_contiguous and array.flags.writeable):
            raise checks.InputError(
                f"out[{i}] cannot take the states of sequence {i}; give a C-ordered writeable {dtype} array {shape}"
            )
    return arrays
