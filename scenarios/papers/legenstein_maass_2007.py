"""Where a network computes: it must tell inputs apart, and must not tell noise apart.

The paper's networks are of threshold units and of spiking neurons, over connectivity and weight scale; here tanh
networks over the spectral radius show the same: both ranks grow with it, not at the same place, and the difference
between them, which predicts what can be learned, is largest in between.
"""

from __future__ import annotations

import numpy as np

from millpond.esn import EchoStateNetwork
from millpond.measures import driven, generalization_rank, kernel_rank, lyapunov
from millpond.scenarios.papers.figures import Check, Paper

PAPER = Paper(
    title="Legenstein and Maass (2007), Edge of chaos and prediction of computational performance",
    doi="10.1016/j.neunet.2007.04.017",
    about="100 tanh units, 200 inputs and 200 noisy copies of one; radii 0.4, 1 and 3 are ours: order, edge, chaos",
)
_RADII = (0.4, 1.0, 3.0)


def run(random_state: int = 0, quick: bool = False) -> list[Check]:
    """Return kernel rank less generalisation rank in order, at the edge and in chaos, and the exponents."""
    found = np.array([_ranks(seed) for seed in range(random_state, random_state + (3 if quick else 10))])
    gap, exponent = found[:, :, 0] - found[:, :, 1], found[:, :, 2]
    pattern = "the paper's finding: the difference is small in order and in chaos, and large between them"
    return [
        Check("difference, edge", gap[:, 1], pattern, at_least=30),
        Check("difference, order", gap[:, 0], pattern, at_most=gap[:, 1].mean() / 2),
        Check("difference, chaos", gap[:, 2], pattern, at_most=gap[:, 1].mean() / 2),
        Check("exponent, order", exponent[:, 0], "definition of order", at_most=0.0),
        Check("exponent, chaos", exponent[:, 2], "definition of chaos", at_least=0.0),
    ]


def _ranks(seed: int) -> list[list[float]]:
    found = []
    for radius in _RADII:
        esn = EchoStateNetwork(
            n_units=100, spectral_radius=radius, leak_rate=1.0, input_scaling=0.5, bias_scaling=0.1, random_state=seed
        )
        asked = driven(esn, ("inputs", "copies", "twins"), seed)
        found.append([float(measure(asked)) for measure in (kernel_rank, generalization_rank, lyapunov)])
    return found
