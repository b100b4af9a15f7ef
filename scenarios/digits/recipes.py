"""What stands before and behind each model on spoken digits.

Chosen on validation speakers of the Free Spoken Digit Dataset; docs/digits.md says how. `n_tried` counts the settings
that were compared before one was kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from readout import Pool
from reservoir import Reservoir, checks
from scenarios.digits.frontends import FRONTENDS
from scenarios.models import BASELINES, built


@dataclass(frozen=True)
class Recipe:
    """A model with its front end and pooling; a baseline, which is trained whole, has no pool."""

    front_end: str
    model: Reservoir | Any
    pool: Pool | None
    n_tried: int = 0


_GRADIENT = {
    "n_units": 128,
    "n_epochs": 24,
    "pooling": "segments",
    "dropout": 0.5,
    "input_dropout": 0.2,
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
    "lstm": _GRADIENT | {"cell": "lstm", "input_noise": 1.0, "n_segments": 3},
    "gru": _GRADIENT | {"cell": "gru", "input_noise": 0.8, "n_segments": 5},
}
_FRONT_END = {"water": "bands16"}
_SEGMENTS = {"lsm": 3, "water": 4}
_TRIED = {"esn": 164 + 25, "lsm": 164 + 16, "water": 290 + 23, "lstm": 8 + 5, "gru": 8 + 4}


def recipe(model: str, front_end: str | None = None) -> Recipe:
    """Return the set-up of `model`: its own where it has one, else the class's defaults on cepstra."""
    if front_end is not None:
        checks.option("front-end", front_end, FRONTENDS)
    pool = None if model in BASELINES else Pool("segments", n_segments=_SEGMENTS.get(model, 5))
    return Recipe(
        front_end or _FRONT_END.get(model, "rcc"),
        built(model, **_PARAMETERS.get(model, {})),
        pool,
        _TRIED.get(model, 0),
    )
