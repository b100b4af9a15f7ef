"""Spoken digits as a task: the names `scenarios.tasks` asks for."""

from __future__ import annotations

from typing import Any

from reservoir import Reservoir
from scenarios.digits.corpus import Corpus
from scenarios.digits.frontends import FRONTENDS, compute_all, working_rate
from scenarios.digits.loading import CORPORA, load
from scenarios.digits.recipes import recipe
from scenarios.digits.shown import keep_word
from scenarios.digits.splits import KINDS, folds
from scenarios.models import controls_of
from scenarios.recipe import Recipe
from scenarios.tasks.material import Material, labelled

__all__ = [
    "CORPORA",
    "FRONT_ENDS",
    "SPLITS",
    "controls",
    "folds",
    "keep_word",
    "load",
    "of_sound",
    "recipe",
    "represent",
]

SPLITS = ("speaker", *(kind for kind in KINDS if kind != "speaker"))
FRONT_ENDS = tuple(FRONTENDS)


def controls(recipe: Recipe, n_channels: int) -> dict[str, Reservoir]:
    """Return the plain controls of a model."""
    return controls_of(recipe.model, n_channels)


def of_sound(spoken: Corpus) -> dict[str, Any]:
    """Return what `audio.prepare` is told for every wave, as a recording keeps it."""
    return {"rate": working_rate(spoken.rate)}


def represent(spoken: Corpus, front_end: str) -> Material:
    """Return the corpus behind a front end, and the question which digit each word is."""
    return labelled(compute_all(spoken, front_end), "digit", FRONTENDS[front_end].weights)
