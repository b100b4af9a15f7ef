"""A hundred units in ten layers remember more than in one."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.esn import DeepEchoStateNetwork, EchoStateNetwork, average_state_entropy
from millpond.measures import memory_capacity
from millpond.scenarios.papers.figures import Check, Paper

PAPER = Paper(
    title="Gallicchio, Micheli, Pedrelli (2017), Deep reservoir computing: a critical experimental analysis",
    doi="10.1016/j.neucom.2016.12.089",
    about="short-term memory of even noise in [-.8, .8], 200 delays, 100 units in one or ten layers, radius .9, no "
    "leak, no bias; scalings of input .1 and 1 and of links .5 are ours",
)
_STEPS, _WASHOUT = 6000, 1000


def run(random_state: int = 0, quick: bool = False) -> list[Check]:
    """Return memory capacities and entropies of the four architectures."""
    seeds = range(random_state, random_state + (3 if quick else 10))
    figures = []
    for scaling in (0.1, 1.0):
        found = {name: np.array([_figures(name, scaling, seed) for seed in seeds]) for name in _NAMES}
        shallow = found["shallow"][:, 0]
        about = f"memory, input scaling {scaling:g}"
        must = "the paper's finding: more than one layer of the same size; the factor is ours"
        figures += [
            Check(f"{about}: shallow", shallow, "for comparison"),
            Check(f"{about}: deepESN", found["deep"][:, 0], must, at_least=1.1 * float(shallow.mean())),
            Check(f"{about}: deepESN-IA", found["deep-ia"][:, 0], "for comparison"),
            Check(f"{about}: groupedESN", found["grouped"][:, 0], "for comparison"),
        ]
    strong = f"input scaling {scaling:g}"
    figures += [
        Check(f"entropy of {name}, {strong} (nats)", found[name][:, 1], "Rényi's, averaged over steps; for comparison")
        for name in _NAMES
    ]
    first, last = found["deep"][:, 2].mean(), found["deep"][:, 3].mean()
    return [*figures, Check(f"entropy, last layer less first, {strong}", [last - first], "deepESN; for comparison")]


_NAMES = ("shallow", "deep", "deep-ia", "grouped")


def _figures(name: str, scaling: float, seed: int) -> tuple[float, ...]:
    rng = np.random.default_rng([2017, seed])  # the set-up was chosen on other draws
    u = rng.uniform(-0.8, 0.8, (_STEPS, 1))
    each: dict[str, Any] = {"spectral_radius": 0.9, "leak_rate": 1.0}
    layer = EchoStateNetwork(bias_scaling=0.0, input_scaling=scaling)
    model = DeepEchoStateNetwork(
        n_units=100, n_layers=1 if name == "shallow" else 10, architecture="deep" if name == "shallow" else name,
        layer=layer, inter_scaling=0.5, random_state=rng, **each,
    )  # fmt: skip
    states = model.fit_transform(u)
    layers = model.by_layer(states[_WASHOUT : _WASHOUT + 200])
    entropies = [average_state_entropy(h) for h in (states[_WASHOUT : _WASHOUT + 200], layers[0], layers[-1])]
    return float(memory_capacity(([u], [states]), max_delay=200, washout=_WASHOUT)), *entropies
