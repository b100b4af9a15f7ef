"""A body of masses and springs that follows nonlinear filters of what pushes it, with one linear readout for each.

The paper's own errors are for inputs and scalings that could not be checked, so what is asked here is ours: that
the body does what no linear filter of the input can.
"""

from __future__ import annotations

import numpy as np

from millpond.baseline import ShiftRegister
from millpond.physical import MassSpringNetwork
from millpond.readout import Ridge
from millpond.scenarios.generators import narma2_of, narma10_of, nmse, three_sines, volterra2_of
from millpond.scenarios.papers.figures import Check, Paper

PAPER = Paper(
    title="Hauser et al. (2011), Towards a theoretical foundation for morphological computation with compliant bodies",
    doi="10.1007/s00422-012-0471-0",
    about="30 masses pushed by a product of three sines, steps of 1 ms, three targets at once: after the paper's "
    "description by others; force and lengths (10 s washout, 60 s training, 20 s test) are ours",
)
_DT = 0.001
_WASHOUT, _TRAIN, _TEST = 10_000, 60_000, 20_000
_CONTROL = "control, ours: 20 taps over 0.2 s, no body"
_TARGETS = ("Volterra", "second-order", "tenth-order")


def run(random_state: int = 0, quick: bool = False) -> list[Check]:
    """Return the errors of the body and of linear filters of the input, for the three targets."""
    u = three_sines(_WASHOUT + _TRAIN + _TEST, _DT)
    y = np.column_stack([volterra2_of(u, _DT), narma2_of(0.2 * u), narma10_of(0.1 + 0.1 * u)])
    seeds = range(random_state, random_state + (3 if quick else 10))
    body = np.array([_errors(_states(u, seed), y) for seed in seeds])
    past = _errors(ShiftRegister(n_taps=20, every=10).fit_transform(u[:, None]), y)
    body_must = "ours: at most three quarters of what past inputs reach"
    figures = [Check(f"NMSE, {name}", body[:, k], body_must, at_most=0.75 * past[k]) for k, name in enumerate(_TARGETS)]
    volterra, *others = [f"NMSE, {name}, past inputs" for name in _TARGETS]
    even = "control; theory: the target is even in the input, so no linear filter of it comes near"
    figures.append(Check(volterra, past[:1], even, at_least=0.95))
    figures += [Check(name, [error], _CONTROL) for name, error in zip(others, past[1:], strict=True)]
    return figures


def _states(u: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng([2011, seed])  # the set-up was chosen on other draws
    body = MassSpringNetwork(
        stiffness=(1.0, 100.0), damping=(1.0, 100.0), force=10.0, hold=_DT, max_step=_DT, random_state=rng
    )
    return np.asarray(body.fit_transform(u[:, None]))


def _errors(x: np.ndarray, y: np.ndarray) -> list[float]:
    train, test = slice(_WASHOUT, _WASHOUT + _TRAIN), slice(_WASHOUT + _TRAIN, None)
    stretches = np.arange(_TRAIN) // (_TRAIN // 10)  # penalties are chosen on whole stretches: neighbours are alike
    errors = []
    for target in y.T:  # a readout, and a penalty, for each
        predicted = Ridge().fit(x[train], target[train], groups=stretches).predict(x[test])
        errors.append(nmse(predicted, target[test]))
    return errors
