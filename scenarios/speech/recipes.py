"""What stands before and behind each model on spoken digits.

Chosen on validation speakers of the Free Spoken Digit Dataset; docs/digits.md says how.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from millpond.baseline import Ensemble
from millpond.evaluation.models import BASELINES, built
from millpond.evaluation.recipe import Recipe
from millpond.readout import Pool
from millpond.reservoir import checks
from millpond.scenarios.speech.frontends import FRONTENDS

_GRADIENT = {
    "n_units": 128,
    "pooling": "segments",
    "n_segments": 5,
    "dropout": 0.5,
    "input_dropout": 0.2,
    "input_noise": 0.8,
    "offset_noise": 0.3,
    "stretch": 0.2,
    "weight_decay": 1e-2,
}
_ESN = {
    "n_units": 1000,
    "spectral_radius": 0.9,
    "leak_rate": 0.07,
    "input_scaling": 3.0 / 48**0.5,
    "bias_scaling": 2.0,
    "connectivity": 10,
}
_PARAMETERS: dict[str, dict[str, Any]] = {
    "esn": _ESN,
    # not chosen: those of the esn
    "es2n": _ESN,
    "deep-esn": {"n_units": 1000, "architecture": "deep-ia", "layer": built("esn", **_ESN)},
    "lsm": {"n_units": 500, "dt": 5e-4, "engine": "numba"},
    "water": {"reference": 1.0},
    "lstm": _GRADIENT | {"cell": "lstm", "n_epochs": 24, "blend": 0.5, "recurrent_init": "uniform"},
    "gru": _GRADIENT | {"cell": "gru", "n_epochs": 24},
}
_FRONT_END = {"water": "bands16"}
_SEGMENTS = {"lsm": 3, "water": 4}
_MEMBERS = {"lstm": 2, "gru": 2}
_TRIED = {"esn": 25, "lsm": 16, "water": 23, "lstm": 8 + 7 + 16, "gru": 8 + 4 + 6, "hmm": 1}
_TRIED_ON_TEST = {"esn": 164, "lsm": 164, "water": 290}  # in an exploration of the corpus before this library


_MEAN: dict[str, dict[str, Any]] = {
    "esn": {
        "n_units": 1000, "spectral_radius": 1.2, "leak_rate": 0.1, "input_scaling": 1.5 / 16**0.5, "bias_scaling": 2.0,
    },
    # three settings of input_tau were compared on the validation speakers of two folds
    "lsm": {"n_units": 500, "dt": 5e-4, "engine": "numba", "input_tau": (0.003, 0.3)},
    "water": {"reference": 1.0},
    "gru": {
        "cell": "gru", "n_units": 64, "pooling": "mean", "n_epochs": 16, "dropout": 0.3, "input_noise": 0.3,
        "weight_decay": 1e-2,
    },
}  # fmt: skip
_MEAN_TRIED = {"lsm": 3}
_MEAN_TRIED_ON_TEST = {"esn": 12, "lsm": 20, "water": 8}  # in an exploration of the corpus before this task


def mean_recipe(model: str, front_end: str | None = None) -> Recipe:
    """Return the set-up of `model` for the mean over the word: mel bands without slopes, which contain no memory.

    The GRU is small, so that a comparison takes seconds.
    """
    usual = recipe(model, front_end)
    if model not in _MEAN:
        return replace(usual, front_end=front_end or "bands16")
    exposed = _MEAN_TRIED_ON_TEST.get(model, 0)
    pool = None if usual.pool is None else Pool("segments", n_segments=5)
    return Recipe(front_end or "bands16", built(model, **_MEAN[model]), pool, _MEAN_TRIED.get(model, 0), exposed)


def recipe(model: str, front_end: str | None = None) -> Recipe:
    """Return the set-up of `model`: its own where it has one, else the class's defaults on cepstra."""
    if front_end is not None:
        checks.option("front-end", front_end, FRONTENDS)
    pool = None if model in BASELINES else Pool("segments", n_segments=_SEGMENTS.get(model, 5))
    chosen = built(model, **_PARAMETERS.get(model, {}))
    if model in _MEMBERS:
        chosen = Ensemble(member=chosen, n_members=_MEMBERS[model])
    tried = (_TRIED.get(model, 0), _TRIED_ON_TEST.get(model, 0))
    return Recipe(front_end or _FRONT_END.get(model, "rcc"), chosen, pool, *tried)
