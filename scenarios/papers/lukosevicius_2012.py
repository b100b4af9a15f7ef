"""The example that comes with the guide: a chaotic series goes on for 500 steps from its own predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.esn import ClosedLoop, EchoStateNetwork
from millpond.readout import Ridge
from millpond.scenarios.chaos import mackey_glass
from millpond.scenarios.papers.figures import Check, Paper

PAPER = Paper(
    title="Lukoševičius (2012), A practical guide to applying echo state networks",
    doi="10.1007/978-3-642-35289-8_36",
    about="Mackey-Glass, delay 17, x - 1; 1000 units, all connected, radius 1.25, leak .3, weights in [-.5, .5], 2000 "
    "steps of training (100 washout), penalty 1e-8; the readout sees states alone, there the input too",
)
_WASHOUT, _TRAIN, _ALONE = 100, 2000, 500


def run(random_state: int = 0, quick: bool = False) -> list[Check]:
    """Return the logarithm of the mean squared error."""
    traces = [_alone(seed) for seed in range(random_state, random_state + (2 if quick else 5))]
    found = [float(np.log10(np.mean((said - true) ** 2))) for said, true in traces]
    source = "the guide's program prints about 1e-6 (second hand); median over seeds, the tolerance is ours"
    return [
        Check("log10 MSE, 500 steps alone", [float(np.median(found))], source, expected=-6.0, tolerance=0.7),
        Check("same, each seed", found, "for comparison: chaos spreads them"),
    ]


def draw(ax: Any, random_state: int = 0) -> None:
    """Draw the series and how the network goes on with it."""
    said, true = _alone(random_state)
    ax.plot(true[:, 0], lw=3, alpha=0.4, label="Mackey-Glass series")
    ax.plot(said[:, 0], lw=1, label="the network on its own predictions")
    ax.set(xlabel="steps after the last that was given", ylabel="x - 1")
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)


def _alone(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([2012, seed])
    y = mackey_glass(_TRAIN + _ALONE + 500, 1.2 + 0.2 * rng.uniform(-1, 1, 171))[500:, None] - 1
    network = EchoStateNetwork(
        n_units=1000, connectivity=1.0, weight_distribution="uniform", spectral_radius=1.25, leak_rate=0.3,
        input_scaling=0.5, bias_scaling=0.5, random_state=rng,
    )  # fmt: skip
    states = network.fit_transform(y[: _TRAIN - 1])
    loop = ClosedLoop(network, Ridge(penalty=1e-8).fit(states[_WASHOUT:], y[_WASHOUT + 1 : _TRAIN]))
    loop.teach(y[:_TRAIN])
    return loop.run(_ALONE), y[_TRAIN:]
