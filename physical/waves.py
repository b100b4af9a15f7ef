r"""The step of all modes, compiled:  z <- e^{\lambda T} z + H v.

One row of `V` holds what the motors do over one step of length T, and each column has its row of `H`: the
response of every mode to it (`millpond.physical.modes.response`). Every mode of every step is the same chain of
multiply-adds, whatever the length of the run: a sequence cut into chunks gives the same bits.
`run_plain` is the same computation for reading.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.reservoir.compiled import njit

# not "reassoc": the order of a sum is part of the result
FAST: dict[str, Any] = {"fastmath": {"contract", "nsz"}, "nogil": True, "cache": True, "error_model": "numpy"}


def run_plain(E: np.ndarray, H: np.ndarray, V: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return z after each step (n_steps, n_modes), complex.

    Parameters
    ----------
    E : ndarray (n_modes,)
        exp(lambda T).
    H : ndarray (n_inputs, n_modes)
        What a unit of each input adds to z over one step.
    V : ndarray (n_steps, n_inputs)
    z : ndarray (n_modes,)
        Before the first step.
    """
    steps = np.empty((len(V), len(z)), z.dtype)
    for t, v in enumerate(V):
        z = steps[t] = E * z + v @ H
    return steps


def split(values: np.ndarray, dtype: Any) -> np.ndarray:
    """Return complex `values` (..., n) as real and imaginary part (..., 2, n) of `dtype`."""
    return np.ascontiguousarray(np.stack([values.real, values.imag], axis=-2), dtype=dtype)


@njit(**FAST)
def run(E, H, V, z, heights, keep, out) -> None:  # type: ignore[no-untyped-def]
    """Fill `out` (n_kept, n_modes) with the amplitudes Im z * `heights` of the steps that `keep` names.

    `E` (2, n_modes), `H` (n_inputs, 2, n_modes) and `z` (2, n_modes), which moves on, are `split`; `V` is
    (n_steps, n_inputs). `keep` (n_period,) says in turn, over and over, which steps are wanted.
    """
    n = z.shape[1]
    decay_re, decay_im, re, im = E[0], E[1], z[0], z[1]
    flat, pushes = z.reshape(2 * n), H.reshape(len(H), 2 * n)
    acting = np.empty(V.shape[1], np.uint64)
    k = 0
    for t in range(V.shape[0]):
        for i in range(n):
            a, b = re[i], im[i]
            re[i] = decay_re[i] * a - decay_im[i] * b
            im[i] = decay_re[i] * b + decay_im[i] * a
        count = 0
        for c in range(V.shape[1]):
            if V[t, c] != 0:
                acting[count] = c
                count += 1
        whole = count & ~3
        for first in range(0, whole, 4):
            _push_four(flat, pushes, V[t], acting[first : first + 4])
        for c in acting[whole:count]:
            _push(flat, pushes[c], V[t, c])
        if keep[t % keep.size]:
            for i in range(n):
                out[k, i] = im[i] * heights[i]
            k += 1


@njit(**FAST)
def _push(z, push, v) -> None:  # type: ignore[no-untyped-def]
    for i in range(z.size):
        z[i] += push[i] * v


@njit(**FAST)
def _push_four(z, pushes, v, which) -> None:  # type: ignore[no-untyped-def]
    """Add four pushes one after the other, with z read and written once."""
    a, b, c, d = which[0], which[1], which[2], which[3]
    va, vb, vc, vd = v[a], v[b], v[c], v[d]
    for i in range(z.size):
        z[i] = (((z[i] + pushes[a, i] * va) + pushes[b, i] * vb) + pushes[c, i] * vc) + pushes[d, i] * vd
