"""The corrections of the online readouts, compiled; `*_plain` are the same for reading.

Weights are (n_outputs, n_columns), rows x (n_rows, n_columns) and y (n_rows, n_outputs); `said`, of the shape of y,
takes what was predicted before each correction.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh

from millpond.reservoir.compiled import njit


def least_squares_plain(
    P: np.ndarray, W: np.ndarray, x: np.ndarray, y: np.ndarray, forgetting: float, said: np.ndarray
) -> None:
    """Recursive least squares: correct W and the inverse correlation matrix P (n_columns, n_columns) in place."""
    for t in range(len(x)):
        said[t] = W @ x[t]
        Px = P @ x[t]
        gain = Px / (forgetting + x[t] @ Px)
        P -= np.outer(gain, Px)
        P /= forgetting
        W += np.outer(y[t] - said[t], gain)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def least_squares(P, late, W, x, y, forgetting, said) -> None:  # type: ignore[no-untyped-def]
    """Recursive least squares, on the lower triangle of P alone: half the memory to move, and symmetric for good.

    P goes through the processor once a row: each of its rows is corrected by the x before and used for this one. What
    is still to be done to P stands in `late` (3, n_columns): its gain, its P x, and a factor; zeros and 1 at first.
    """
    n = x.shape[1]
    for t in range(len(x)):
        now, product, scale = x[t], np.zeros(n), late[2, 0]
        Px = late[1]
        for i in range(n):
            row, g, xi, dot = P[i, : i + 1], late[0, i], now[i], 0.0
            for j in range(i + 1):
                row[j] = (row[j] - g * Px[j]) * scale
            for j in range(i):
                dot += row[j] * now[j]
                product[j] += row[j] * xi
            product[i] += dot + row[i] * xi
        power = forgetting
        for j in range(n):
            power += now[j] * product[j]
        for k in range(len(W)):
            w, output = W[k], 0.0
            for j in range(n):
                output += w[j] * now[j]
            said[t, k] = output
            error = (y[t, k] - output) / power
            for j in range(n):
                w[j] += error * product[j]
        for j in range(n):
            late[0, j], late[1, j] = product[j] / power, product[j]
        late[2, 0] = 1.0 / forgetting


def bounded(P: np.ndarray, late: np.ndarray, most: float) -> None:
    """Lower the eigenvalues of P (in its lower triangle, with the pending correction `late`) to `most`, in place.

    Forgetting divides P by a number below 1 at each row. In directions that rows do not excite, nothing makes up for it
    and P would grow until it overflows.
    """
    P -= np.outer(late[0], late[1])
    P *= late[2, 0]
    late[:2], late[2] = 0.0, 1.0
    if P.diagonal().max() > most and np.isfinite(P.diagonal()).all():
        values, vectors = eigh(np.tril(P), lower=True, check_finite=False)
        P[:] = (vectors * np.clip(values, 0.0, most)) @ vectors.T


def mean_squares_plain(
    W: np.ndarray, x: np.ndarray, y: np.ndarray, rate: float, forgetting: float, normalize: bool, said: np.ndarray
) -> None:
    """Least mean squares: correct W in place."""
    for t in range(len(x)):
        said[t] = W @ x[t]
        step = rate / (x[t] @ x[t]) if normalize else rate
        W *= forgetting
        W += step * np.outer(y[t] - said[t], x[t])


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def mean_squares(W, x, y, rate, forgetting, normalize, said) -> None:  # type: ignore[no-untyped-def]
    """Least mean squares."""
    for t in range(len(x)):
        now, power = x[t], 0.0
        for j in range(now.size):
            power += now[j] * now[j]
        for k in range(len(W)):
            w, output = W[k], 0.0
            for j in range(now.size):
                output += w[j] * now[j]
            said[t, k] = output
            step = (rate / power if normalize else rate) * (y[t, k] - output)
            for j in range(now.size):
                w[j] = forgetting * w[j] + step * now[j]
