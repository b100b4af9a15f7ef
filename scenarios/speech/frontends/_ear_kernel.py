"""The loop of Lyon's ear, compiled; `ear.lyon_slow` is the same thing to read."""

from __future__ import annotations

import numpy as np

from millpond.reservoir.compiled import njit


@njit(cache=True)
def hear(
    wave: np.ndarray,
    filters: np.ndarray,
    targets: np.ndarray,
    speeds: np.ndarray,
    most_loss: float,
    keep: float,
    hop: int,
) -> np.ndarray:
    """Run a wave through the ear.

    Parameters
    ----------
    wave : ndarray (n_samples,)
        The sound.
    filters : ndarray (n_stages, 5)
        Rows (b0, b1, b2, a1, a2) of the cascade.
    targets, speeds : ndarray (4,)
        Of the stages of gain control: target output, and share of the new in one sample.
    most_loss : float
        What a stage may take from the gain at most.
    keep : float
        Share of the old in one sample of the smoothing filters.
    hop : int
        Samples from one row of the result to the next.

    Returns
    -------
    ndarray (n_samples // hop, n_stages)
    """
    n = len(filters)
    heard = np.empty((len(wave) // hop, n))
    memory = np.zeros((n, 2))  # of the filters, transposed direct form II
    losses = np.zeros((len(targets), n))
    channel = np.empty(n)
    smooth = np.zeros((2, n))
    for t in range(len(wave)):
        sample = wave[t]
        for c in range(n):
            b0, b1, b2, a1, a2 = filters[c]
            out = b0 * sample + memory[c, 0]
            memory[c, 0] = b1 * sample - a1 * out + memory[c, 1]
            memory[c, 1] = b2 * sample - a2 * out
            sample = out
            channel[c] = max(out, 0.0)
        for stage in range(len(targets)):
            loss = losses[stage]
            left = loss[0]  # the neighbour's value before this sample, also at the edge
            for c in range(n):
                here, right = loss[c], loss[min(c + 1, n - 1)]
                channel[c] *= 1 - here
                mean = (left + here + right) / 3
                new = speeds[stage] * channel[c] / targets[stage] + (1 - speeds[stage]) * mean
                loss[c] = min(new, most_loss)
                left = here
        for c in range(n):
            sharp = max(channel[c - 1] - channel[c], 0.0) if c else channel[0]
            smooth[0, c] = keep * smooth[0, c] + (1 - keep) * sharp
            smooth[1, c] = keep * smooth[1, c] + (1 - keep) * smooth[0, c]
        if t % hop == hop - 1:
            heard[t // hop] = smooth[1]
    return heard
