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
from scenarios.models import BASELINES, built

__all__ = ["CORPORA", "FRONT_ENDS", "SPLITS", "Recipe", "folds", "load", "recipe", "represent"]

SPLITS = KINDS
FRONT_ENDS = tuple(FRONTENDS)


@dataclass(frozen=True)
class Recipe:
    """A model with all that stands before and behind it."""

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
_PARAMETERS: dict[str, dict[str, Any]] = {
    "esn": {
        "n_units": 1000,
        "spectral_radius": 0.9,
        "leak_rate": 0.07,
        "input_scaling": 3.0 / 48**0.5,
        "bias_scaling": 2.0,
        "connectivity": 10,
    },
    "lstm": _GRADIENT | {"cell": "lstm", "input_noise": 1.0, "n_segments": 3},
    "gru": _GRADIENT | {"cell": "gru", "input_noise": 0.8, "n_segments": 5},
}
# settings compared on validation speakers before these were kept: docs/digits.md and docs/yardstick.md
_TRIED = {"esn": 164 + 25, "lstm": 8 + 5, "gru": 8 + 4}


def recipe(model: str, front_end: str | None = None) -> Recipe:
    """Return the set-up of `model`: its own where it has one, else the class's defaults on cepstra."""
    if front_end is not None:
        checks.option("front-end", front_end, FRONTENDS)
    pool = None if model in BASELINES else Pool("segments", n_segments=5)
    return Recipe(front_end or "rcc", built(model, **_PARAMETERS.get(model, {})), pool, _TRIED.get(model, 0))


def represent(spoken: Corpus, front_end: str) -> tuple[Sequences, np.ndarray | None]:
    """Return the corpus behind a front end, and the weights its channels take after scaling."""
    return compute_all(spoken, front_end), FRONTENDS[front_end].weights
