"""Spoken digits as a task: which front end, model and pooling belong together.

The recipe of the ESN (root cepstra with decaying weights, slow units, a wide bias, means over five segments)
was chosen on validation speakers of the Free Spoken Digit Dataset; docs/digits.md says how.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from readout import Pool
from reservoir import Reservoir, Sequences, checks
from scenarios.digits.corpus import Corpus
from scenarios.digits.frontends import FRONTENDS, compute_all
from scenarios.digits.loading import CORPORA, load
from scenarios.digits.splits import KINDS, folds
from scenarios.models import built

__all__ = ["CORPORA", "FRONT_ENDS", "SPLITS", "Recipe", "folds", "load", "recipe", "represent"]

SPLITS = KINDS
FRONT_ENDS = tuple(FRONTENDS)


@dataclass(frozen=True)
class Recipe:
    """A model with all that stands before and behind it."""

    front_end: str
    model: Reservoir
    pool: Pool


_CEPSTRA = "rcc"
_SEGMENTS = 5
_RECIPES: dict[str, tuple[str, dict[str, Any], int]] = {  # front end, parameters, segments
    "esn": (
        _CEPSTRA,
        {
            "n_units": 1000,
            "spectral_radius": 0.9,
            "leak_rate": 0.07,
            "input_scaling": 3.0 / 48**0.5,
            "bias_scaling": 2.0,
            "connectivity": 10,
        },
        _SEGMENTS,
    ),
    "lsm": (_CEPSTRA, {"n_units": 500, "dt": 5e-4, "engine": "numba"}, 3),
    "water": ("bands16", {"reference": 1.0}, 4),
}


def recipe(model: str, front_end: str | None = None) -> Recipe:
    """Return the set-up of `model`: its own where it has one, else the class's defaults on cepstra."""
    if front_end is not None:
        checks.option("front-end", front_end, FRONTENDS)
    own_front_end, params, n_segments = _RECIPES.get(model, (_CEPSTRA, {}, _SEGMENTS))
    return Recipe(front_end or own_front_end, built(model, **params), Pool("segments", n_segments=n_segments))


def represent(spoken: Corpus, front_end: str) -> tuple[Sequences, np.ndarray | None]:
    """Return the corpus behind a front end, and the weights its channels take after scaling."""
    return compute_all(spoken, front_end), FRONTENDS[front_end].weights
