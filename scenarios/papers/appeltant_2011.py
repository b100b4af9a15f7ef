"""NARMA-10 on four hundred virtual nodes of a Mackey-Glass delay line, and what that figure rests on.

The mask is two-valued and the input so weak that the line is linear but for a thousandth. A readout that may use
the last digits of the states, as a pseudo-inverse does, finds the products there; one with a penalty, or with
noise a millionth of the states in size, finds the linear memory alone, which a shift register has as well.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import lstsq

from physical import MackeyGlassDelayLine
from readout import Ridge
from scenarios.papers.figures import Check, Paper
from scenarios.series import narma10, nrmse, shift_register

PAPER = Paper(
    title="Appeltant et al. (2011), Information processing using a single dynamical node as complex system",
    doi="10.1038/ncomms1476",
    about="NARMA-10, 400 virtual nodes, theta 0.2, exponent 1; eta 0.65, gamma 0.002 and the lengths (200 washout, "
    "8000 training, 2000 test) are ours",
)
_WASHOUT, _TRAIN, _TEST = 200, 8000, 2000


def run(random_state: int = 0, quick: bool = False) -> list[Check]:
    """Return the errors of the delay line and of the input's own past."""
    found = np.array([_errors(seed) for seed in range(random_state, random_state + (3 if quick else 10))])
    second_hand = "(second hand; the paper itself not read)"
    return [
        Check(
            "NRMSE, least squares", found[:, 0], f"about .15, by others .12 {second_hand}",
            expected=0.15, tolerance=0.05,
        ),
        Check("NRMSE, least squares, states with 1e-6 noise", found[:, 1], "ours: the gain is in the last digits"),
        Check("NRMSE, ridge", found[:, 2], "ours: penalty chosen on left-out rows"),
        Check(
            "NRMSE, 50 past inputs", found[:, 3], f"control; published as .4 {second_hand}",
            expected=0.4, tolerance=0.03,
        ),
    ]  # fmt: skip


def _errors(seed: int) -> list[float]:
    rng = np.random.default_rng(seed)
    u, y = narma10(_WASHOUT + _TRAIN + _TEST, rng)
    line = MackeyGlassDelayLine(eta=0.65, gamma=0.002, exponent=1, random_state=seed)
    x = line.fit_transform(u[:, None])
    noisy = x + 1e-6 * x.std() * rng.standard_normal(x.shape)
    train, test = slice(_WASHOUT, _WASHOUT + _TRAIN), slice(_WASHOUT + _TRAIN, None)

    def by_ridge(x: np.ndarray) -> float:
        return nrmse(Ridge().fit(x[train], y[train]).predict(x[test]), y[test])

    def by_least_squares(x: np.ndarray) -> float:
        x = np.column_stack([x / np.abs(x).max(0), np.ones(len(x))])
        weights = lstsq(x[train], y[train], cond=1e-16)[0]  # below that, singular values are rounding
        return nrmse(x[test] @ weights, y[test])

    return [by_least_squares(x), by_least_squares(noisy), by_ridge(x), by_ridge(shift_register(u, 50))]
