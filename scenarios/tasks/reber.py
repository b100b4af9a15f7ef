"""The embedded Reber grammar: recall the second letter at the position where the grammar repeats it.

The strings are those of `millpond.scenarios.lessons.reber`. Between the letter and the question there is a complete
string of the grammar of any length. The readout is trained on four fifths of the strings and tested on the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from millpond.evaluation.folds import Fold, in_turn
from millpond.evaluation.models import built, controls_of
from millpond.evaluation.recipe import Recipe
from millpond.evaluation.task_data import Material, refuse_data
from millpond.reservoir import Question, Reservoir, Sequences, checks
from millpond.scenarios.lessons import reber

CORPORA = ("generated",)
SPLITS = ("strings",)
FRONT_ENDS = ("one-hot",)
_N, _FOLDS = 1000, 5
_PARAMETERS: dict[str, dict[str, Any]] = {
    "esn": {"n_units": 500, "spectral_radius": 0.95, "leak_rate": 1.0, "input_scaling": 0.3, "bias_scaling": 0.2},
    "lsm": {"n_units": 500, "dt": 5e-4, "engine": "numba"},
    "lstm": {"cell": "lstm", "n_units": 32},
    "gru": {"cell": "gru", "n_units": 32},
}


@dataclass(frozen=True, eq=False)
class Strings:
    """One-hot letters of each string except the last, and the letter to predict."""

    name: str
    signals: list[np.ndarray]
    letters: np.ndarray


def load(corpus: str, data: str | None = None) -> Strings:
    """Draw the strings with a fixed seed."""
    checks.option("corpus", corpus, CORPORA)
    refuse_data(data)
    signals, following, _ = reber.sequences(_N, np.random.default_rng(1967), embedded=True)
    return Strings(corpus, signals, np.array([reber.LETTERS[y[-2]] for y in following]))


def represent(raw: Strings, front_end: str) -> Material:
    """Return the strings up to the question."""
    checks.option("front-end", front_end, FRONT_ENDS)
    rows = [np.array([len(x) - 2]) for x in raw.signals]
    groups = np.array([f"part {i}" for i in np.arange(_N) % _FOLDS])
    question = Question("letter", list(raw.letters[:, None]), rows)
    return Material(Sequences(raw.signals, groups=groups), (question,))


def folds(raw: Strings, split: str) -> list[Fold]:
    """Return five folds."""
    checks.option("split", split, SPLITS)
    return in_turn(_N, _FOLDS)


def recipe(model: str, front_end: str | None = None) -> Recipe:
    """Return the set-up of `model`, which was not tuned."""
    if model == "hmm":
        raise checks.InputError("model is 'hmm', which classifies words; leave it out of grammars")
    return Recipe(front_end or FRONT_ENDS[0], built(model, **_PARAMETERS.get(model, {})))


def controls(recipe: Recipe, n_channels: int) -> dict[str, Reservoir]:
    """Return the standard controls of a model."""
    return controls_of(recipe.model, n_channels)
