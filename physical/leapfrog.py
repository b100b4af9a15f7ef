r"""Shallow-water waves on a grid by leapfrog: for obstacles, beaches and beds that rise and fall.

.. math:: \ddot \eta + \gamma \dot \eta = \nabla \cdot (g h\, \nabla (\eta + p))

for the height :math:`\eta` of the surface, depth h, damping :math:`\gamma` and a pressure p on the surface, given as
metres of water. All waves run at :math:`\sqrt{g h}`: there is no dispersion, so lengths well above the depth are
right and ripples are not. Central differences in space and time, of second order in both, on cells whose faces
carry the flow: none goes through walls and dry cells, and the volume of water stays. Stable up to `longest_step`
(Courant, Friedrichs, Lewy 1928, doi:10.1007/BF01448839).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from millpond.reservoir.compiled import njit


class Faces(NamedTuple):
    """g h / (distance of centres)^2 on the faces between cells (1/s^2); 0 where nothing flows.

    Parameters
    ----------
    x : ndarray (n_y, n_x + 1)
        Faces that are crossed along x, the walls included.
    y : ndarray (n_y + 1, n_x)
    """

    x: np.ndarray
    y: np.ndarray


def faces(depth: np.ndarray, spacing: tuple[float, float], gravity: float = 9.81) -> Faces:
    """Return the faces of cells `spacing` (m, along x and y) apart of `depth` (n_y, n_x) (m, 0 where dry)."""

    def between(a: np.ndarray, b: np.ndarray, distance: float) -> np.ndarray:
        return np.where((a > 0) & (b > 0), gravity * (a + b) / 2, 0.0) / distance**2

    x = np.pad(between(depth[:, :-1], depth[:, 1:], spacing[0]), ((0, 0), (1, 1)))
    y = np.pad(between(depth[:-1], depth[1:], spacing[1]), ((1, 1), (0, 0)))
    return Faces(x, y)


def longest_step(f: Faces) -> float:
    """Return the time step (s) up to which leapfrog is stable; sure, and for an even bed sharp.

    No eigenvalue of `spread` is larger than twice the largest sum of the faces of a cell (Gershgorin).
    """
    largest = (f.x[:, 1:] + f.x[:, :-1] + f.y[1:] + f.y[:-1]).max()
    return float(np.sqrt(2 / largest)) if largest else np.inf


def slope_squared(f: Faces, spacing: tuple[float, float], heights: np.ndarray) -> np.ndarray:
    """Return the squared slope in each cell (..., n_y, n_x): the mean of what its two faces see, 0 across a wall."""
    along_x = np.where(f.x[:, 1:-1] > 0, np.diff(heights, axis=-1), 0) / spacing[0]
    along_y = np.where(f.y[1:-1] > 0, np.diff(heights, axis=-2), 0) / spacing[1]
    total = np.zeros(heights.shape)
    total[..., 1:] += along_x
    total[..., :-1] += along_x
    square = total**2
    total[:] = 0
    total[..., 1:, :] += along_y
    total[..., :-1, :] += along_y
    return (square + total**2) / 4


def spread(f: Faces, head: np.ndarray) -> np.ndarray:
    """Return div (g h grad head) in each cell (n_y, n_x)."""
    along_x = f.x * np.pad(np.diff(head, axis=1), ((0, 0), (1, 1)))
    along_y = f.y * np.pad(np.diff(head, axis=0), ((1, 1), (0, 0)))
    return np.diff(along_x, axis=1) + np.diff(along_y, axis=0)


def run_plain(
    f: Faces, damping: np.ndarray, pushes: np.ndarray, strengths: np.ndarray, h: float, now: np.ndarray,
    before: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return the heights after a step for each row of `strengths` (n_steps, n_pushes), and those before the last.

    Parameters
    ----------
    damping : ndarray (n_y, n_x)
        gamma (1/s).
    pushes : ndarray (n_pushes, n_y, n_x)
        `spread` of each pressure of strength 1.
    h : float
        Time step (s).
    now, before : ndarray (n_y, n_x)
        Heights at the time of the first row of strengths, and a step earlier (m).
    """
    for strength in strengths:
        force = spread(f, now) + np.tensordot(strength, pushes, 1)
        after = (2 * now - (1 - h / 2 * damping) * before + h**2 * force) / (1 + h / 2 * damping)
        now, before = after, now
    return now, before


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def run(x, y, damping, pushes, strengths, h, now, before):  # type: ignore[no-untyped-def]
    """Return what `run_plain` returns; the arrays `now` and `before` are written over."""
    n_y, n_x = now.shape
    gain = h * h / (1 + 0.5 * h * damping)
    keep = (1 - 0.5 * h * damping) / (1 + 0.5 * h * damping)
    turn = 2 / (1 + 0.5 * h * damping)
    total = np.empty(n_x)
    one = np.uint64(1)  # signed indices would be tested for counting from the end, and the loops stay scalar
    for n in range(len(strengths)):
        for i in range(n_y):
            total[:] = 0.0
            for k in range(len(pushes)):
                s = strengths[n, k]
                for column in range(n_x):
                    total[column] += s * pushes[k, i, column]
            total[0] += x[i, 1] * (now[i, 1] - now[i, 0])
            total[-1] -= x[i, n_x - 1] * (now[i, n_x - 1] - now[i, n_x - 2])
            for column in range(1, n_x - 1):
                j = np.uint64(column)
                total[j] += x[i, j + one] * (now[i, j + one] - now[i, j]) - x[i, j] * (now[i, j] - now[i, j - one])
            up, down = min(i + 1, n_y - 1), max(i - 1, 0)  # beyond a wall nothing flows, whatever is read there
            for column in range(n_x):
                j = np.uint64(column)
                here = now[i, j]
                force = total[j] + y[i + 1, j] * (now[up, j] - here) - y[i, j] * (here - now[down, j])
                before[i, j] = turn[i, j] * here - keep[i, j] * before[i, j] + gain[i, j] * force
        now, before = before, now
    return now, before
