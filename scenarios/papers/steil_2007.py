"""Units that adapt themselves until their outputs are spread as asked for."""

from __future__ import annotations

import numpy as np

from millpond.esn import EchoStateNetwork, IntrinsicPlasticity
from millpond.readout import Ridge
from millpond.scenarios.generators import narma10, nrmse
from millpond.scenarios.papers.figures import Check, Paper

PAPER = Paper(
    title="Steil (2007), Online reservoir adaptation by intrinsic plasticity for backpropagation-decorrelation and "
    "echo state learning",
    doi="10.1016/j.neunet.2007.04.011",
    about="NARMA-10, 100 units; logistic ones towards an exponential distribution of mean .2, tanh ones towards a "
    "normal one of deviation .2; rates, passes (40) and lengths (1800 to adapt and train, 2000 test) are ours",
)
_WASHOUT, _TRAIN = 200, 2000


def run(random_state: int = 0, quick: bool = False) -> list[Check]:
    """Return divergences from the target, and what the change is worth, for both kinds of unit."""
    seeds = range(random_state, random_state + (3 if quick else 10))
    figures = []
    for activation, target in (("sigmoid", "exponential"), ("tanh", "normal")):
        found = np.array([_figures(activation, seed) for seed in seeds])
        moves = "ours: the paper shows histograms"
        figures += [
            Check(f"divergence from {target}, before", found[:, 0], "Kullback-Leibler, nats; for comparison"),
            Check(f"divergence from {target}, after", found[:, 1], moves, at_most=0.1),
            Check(f"spectral radius of {activation} after", found[:, 2], "it was .9; for comparison"),
            Check(f"NRMSE, {activation}, before", found[:, 3], "for comparison"),
            Check(f"NRMSE, {activation}, after", found[:, 4], "for comparison"),
        ]
    return figures


def _figures(activation: str, seed: int) -> tuple[float, ...]:
    rng = np.random.default_rng([2007, seed])  # the set-up was chosen on other draws
    u, y = narma10(_TRAIN + 2000, rng)
    plain = EchoStateNetwork(
        n_units=100, activation=activation, leak_rate=1.0, random_state=int(rng.integers(2**31))
    )  # fmt: skip
    adapted = IntrinsicPlasticity(
        reservoir=plain, mean=0.2 if activation == "sigmoid" else 0.0, deviation=0.2, learning_rate=1e-3, n_epochs=40
    ).fit(u[_WASHOUT:_TRAIN, None])
    errors = []
    for model in (plain.fit(u[:, None]), adapted):
        x = model.transform(u[:, None])
        readout = Ridge(penalty=1e-9).fit(x[_WASHOUT:_TRAIN], y[_WASHOUT:_TRAIN])
        errors.append(nrmse(readout.predict(x[_TRAIN:]), y[_TRAIN:]))
    return *adapted.divergence_, adapted.spectral_radius_[1], *errors
