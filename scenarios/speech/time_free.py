"""Spoken digits read from the mean of the states over the word, beside the readout that keeps time.

The mean over the word does not contain the order of the states. A model answers well only if its states themselves
contain the earlier part of the word, so this readout measures memory. Five segments keep the order, and then
a readout needs little memory in the states. Both questions are read from the same states.
"""

from __future__ import annotations

from dataclasses import replace

from millpond.evaluation.task_data import Material
from millpond.scenarios.speech import task
from millpond.scenarios.speech.corpus import Corpus
from millpond.scenarios.speech.recipes import mean_recipe as recipe
from millpond.scenarios.speech.task import CORPORA, FRONT_ENDS, SPLITS, controls, folds, keep_word, load, of_sound

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


def represent(spoken: Corpus, front_end: str) -> Material:
    """Return the corpus after a front end, with the same question for both readouts."""
    found = task.represent(spoken, front_end)
    (asked,) = found.questions
    return replace(found, questions=(replace(asked, name="digit, mean", pooling="mean"),
                                     replace(asked, name="digit, 5 segments")))  # fmt: skip
