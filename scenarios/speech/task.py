"""Spoken digits as a task: the names `millpond.scenarios.tasks` asks for."""

from __future__ import annotations

from typing import Any

from millpond.evaluation.models import controls_of
from millpond.evaluation.recipe import Recipe
from millpond.evaluation.task_data import Material, labelled
from millpond.reservoir import Reservoir
from millpond.scenarios.speech.corpus import Corpus
from millpond.scenarios.speech.frontends import FRONTENDS, compute_all, working_rate
from millpond.scenarios.speech.loading import CORPORA, load
from millpond.scenarios.speech.recipes import recipe
from millpond.scenarios.speech.shown import keep_word
from millpond.scenarios.speech.splits import KINDS, folds

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
