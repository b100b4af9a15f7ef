"""The guide's first example: a network that is taught a chaotic series and then writes it by itself."""

from __future__ import annotations

import numpy as np

from esn import ClosedLoop, EchoStateNetwork
from readout import Ridge
from scenarios.chaos import mackey_glass
from scenarios.papers.figures import Check, Paper

PAPER = Paper(
    title="Lukosevicius (2012), A practical guide to applying echo state networks",
    doi="10.1007/978-3-642-35289-8_36",
    about="Mackey-Glass, delay 17, 1000 units, leak 0.3, radius 1.25, weights from input and bias in [-0.5, 0.5], 100 "
    "washout, 2000 training, penalty 1e-8, 500 steps on its own",
)
_WASHOUT, _TRAIN, _FREE = 100, 2000, 500


def run(random_state: int = 0, quick: bool = False) -> list[Check]:
    """Return the logarithm of the mean squared error over the steps the network goes on its own."""
    seeds = range(random_state, random_state + (3 if quick else 10))
    found = np.array([_errors(seed) for seed in seeds])
    return [
        Check(
            "log10 MSE, 500 steps alone", [float(np.median(found[:, 0]))],
            "the author's program prints about 1e-6 for its own series and draw (second hand); in chaos single draws "
            "differ by decades: the median is held to 1e-5", at_most=-5.0,
        ),
        Check("log10 variance of the series", found[:, 1], "what saying the mean would give"),
    ]  # fmt: skip


def _errors(seed: int) -> tuple[float, float]:
    rng = np.random.default_rng([2012, seed])
    y = np.tanh(mackey_glass(_TRAIN + _FREE + 500, 1.2 + 0.2 * rng.uniform(-1, 1, 171))[500:, None] - 1)
    network = EchoStateNetwork(
        n_units=1000, spectral_radius=1.25, leak_rate=0.3, input_scaling=0.5, bias_scaling=0.5, random_state=rng
    )
    states = network.fit_transform(y[: _TRAIN - 1])
    readout = Ridge(penalty=1e-8).fit(states[_WASHOUT:], y[_WASHOUT + 1 : _TRAIN])
    loop = ClosedLoop(network, readout)
    loop.teach(y[:_TRAIN])
    said = loop.run(_FREE)
    return float(np.log10(np.mean((said - y[_TRAIN:]) ** 2))), float(np.log10(y.var()))
