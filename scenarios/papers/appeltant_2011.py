"""NARMA-10 on four hundred virtual nodes of a Mackey-Glass delay line, and what that figure rests on.

The mask is two-valued and the input so weak that the line is linear but for a thousandth. A readout that may use
the last digits of the states, as a pseudo-inverse does, finds the products there; one with a penalty, or with
noise a millionth of the states in size, finds the linear memory alone, which a shift register has as well.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import svd

from millpond.baseline import ShiftRegister
from millpond.physical import MackeyGlassDelayLine
from millpond.readout import Ridge
from millpond.scenarios.generators import narma10, nmse, nrmse
from millpond.scenarios.papers.figures import Check, Paper

PAPER = Paper(
    title="Appeltant et al. (2011), Information processing using a single dynamical node as complex system",
    doi="10.1038/ncomms1476",
    about="NARMA-10, 400 virtual nodes, theta 0.2, exponent 1; eta 0.65, gamma 0.002 and the lengths (200 washout, "
    "8000 training, 2000 test) are ours",
)
_WASHOUT, _TRAIN, _TEST = 200, 8000, 2000
_CUTS = 10.0 ** -np.arange(8, 17.1, 0.5)


def run(random_state: int = 0, quick: bool = False) -> list[Check]:
    """Return the errors of the delay line and of the input's own past."""
    found = np.array([_errors(seed) for seed in range(random_state, random_state + (3 if quick else 10))])
    second_hand = "(second hand; the paper itself not read)"
    return [
        Check(
            "NRMSE, pseudo-inverse", found[:, 0], f"about .15, by others .12 {second_hand}",
            expected=0.15, tolerance=0.05,
        ),
        Check("NRMSE, same, 1e-6 noise", found[:, 1], "ours: noise of a millionth; the gain is in the last digits"),
        Check("NRMSE, ridge", found[:, 2], "ours: penalty chosen on left-out rows"),
        Check(
            "NRMSE, 50 past inputs", found[:, 3], f"control; published as .4 {second_hand}",
            expected=0.4, tolerance=0.03,
        ),
    ]  # fmt: skip


def _errors(seed: int) -> list[float]:
    rng = np.random.default_rng([2011, seed])  # the set-up was chosen on other draws
    u, y = narma10(_WASHOUT + _TRAIN + _TEST, rng)
    line = MackeyGlassDelayLine(eta=0.65, gamma=0.002, exponent=1, random_state=rng)
    x = line.fit_transform(u[:, None])
    noisy = x + 1e-6 * x.std() * rng.standard_normal(x.shape)
    train, test = slice(_WASHOUT, _WASHOUT + _TRAIN), slice(_WASHOUT + _TRAIN, None)

    def by_ridge(x: np.ndarray) -> float:
        return nrmse(Ridge().fit(x[train], y[train]).predict(x[test]), y[test])

    def by_pseudo_inverse(x: np.ndarray) -> float:
        x = np.column_stack([x / np.abs(x).max(0), np.ones(len(x))])
        return nrmse(x[test] @ _pseudo_inverse(x[train], y[train]), y[test])

    return [
        by_pseudo_inverse(x),
        by_pseudo_inverse(noisy),
        by_ridge(x),
        by_ridge(ShiftRegister(n_taps=50).fit_transform(u[:, None])),
    ]


def _pseudo_inverse(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return weights from the singular values above a cut, which is chosen on the last quarter of the rows."""
    first, last = slice(None, 3 * len(x) // 4), slice(3 * len(x) // 4, None)
    errors = [nmse(x[last] @ w, y[last]) for w in _cut_off(x[first], y[first], _CUTS)]
    return _cut_off(x, y, _CUTS[[int(np.argmin(errors))]])[0]


def _cut_off(x: np.ndarray, y: np.ndarray, cuts: np.ndarray) -> list[np.ndarray]:
    left, values, right = svd(x, full_matrices=False)
    along = left.T @ y / values
    kept = [values >= cut * values[0] for cut in cuts]
    return [right[k].T @ along[k] for k in kept]
