"""Spoken words as spike trains of a cochlea model: the Heidelberg Spiking Datasets (SHD, SSC) and files like them.

The data are the files ``NAME_train.h5`` and ``NAME_test.h5`` in a folder, and ``NAME_valid.h5`` if there is one.
`millpond.scenarios.tasks.shd_file` describes the layout. A liquid receives the spikes at their times. Other models
receive the spike counts of rows of 10 ms. The readout uses the mean of the states over the word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from millpond.evaluation.folds import Fold, by_class
from millpond.evaluation.models import BASELINES, built, controls_of
from millpond.evaluation.recipe import Recipe
from millpond.evaluation.task_data import Material, labelled
from millpond.readout import Pool
from millpond.reservoir import Reservoir, Sequences, checks
from millpond.scenarios.data_sets import data_set
from millpond.scenarios.tasks.shd_file import read

CORPORA = ("given",)
SPLITS = ("official",)
FRONT_ENDS = ("spikes",)
_ROW = 0.01  # s
_MANY, _GROUPS = 8, 4  # with more speakers than the first number, they are divided into this number of groups
_CONTROLS = ("spikes", "static", "no-recurrence")
# not tuned; the gain compensates for the low rates of 700 channels
_LSM: dict[str, Any] = {"n_units": 1000, "dt": 5e-4, "engine": "numba", "encoder": "spikes", "input_gain": 8.0}


@dataclass(frozen=True, eq=False)
class SpokenSpikes:
    """One data set: its words, first those of the training part."""

    name: str
    sequences: Sequences


def load(corpus: str, data: str | None = None) -> SpokenSpikes:
    """Read the files of the data set `corpus` in the folder `data`; "given" means the only data set there.

    Raises
    ------
    InputError
        The folder or a file does not exist, a file has another layout, or the classes of the files differ.
    """
    folder, name = data_set(corpus, data, "_train.h5", "_test.h5")
    paths = {part: folder / f"{name}_{part}.h5" for part in ("train", "valid", "test")}
    if not paths["valid"].is_file():
        del paths["valid"]
    parts = {part: read(path, _ROW) for part, path in paths.items()}
    classes = {part: set(map(str, found.labels)) for part, found in parts.items()}
    if unknown := sorted(classes["test"] - classes["train"]):
        raise checks.InputError(
            f"{name}_test.h5 has classes that {name}_train.h5 has not ({', '.join(unknown)[:50]}); use files of one set"
        )
    named = {"train": "train", "valid": "validation", "test": "test"}
    has_speakers = all(found.speakers is not None for found in parts.values())
    return SpokenSpikes(name, Sequences(
        [train for found in parts.values() for train in found.trains],  # type: ignore[misc]
        period=_ROW,
        labels=np.concatenate([found.labels for found in parts.values()]),
        groups=np.concatenate([found.speakers for found in parts.values()]) if has_speakers else None,
        split=np.repeat([named[part] for part in parts], [len(found.trains) for found in parts.values()]),
    ))  # fmt: skip


def represent(raw: SpokenSpikes, front_end: str) -> Material:
    """Return the words with the question about their classes."""
    checks.option("front-end", front_end, FRONT_ENDS)
    return labelled(raw.sequences, "word")


def folds(raw: SpokenSpikes, split: str) -> list[Fold]:
    """Return the official division. The validation groups are speakers, or groups of speakers if there are many.

    Without speakers, they are five groups with equal shares of each class.
    """
    checks.option("split", split, SPLITS)
    s = raw.sequences
    assert s.split is not None and s.labels is not None
    train, test = np.flatnonzero(s.split != "test"), np.flatnonzero(s.split == "test")
    if s.groups is not None and len(names := np.unique(s.groups[train])) > 1:
        place = np.searchsorted(names, s.groups[train])
        return [Fold("official", train, test, place % _GROUPS if len(names) > _MANY else place)]
    return [Fold("official", train, test, by_class(s.labels[train], 5))]


def recipe(model: str, front_end: str | None = None) -> Recipe:
    """Return the set-up of `model`, which is not tuned."""
    pool = None if model in BASELINES else Pool("mean")
    return Recipe(front_end or FRONT_ENDS[0], built(model, **(_LSM if model == "lsm" else {})), pool)


def controls(recipe: Recipe, n_channels: int) -> dict[str, Reservoir]:
    """Return the controls "spikes", "static" and "no-recurrence", those of them that a model has."""
    found = controls_of(recipe.model, n_channels)
    return {name: found[name] for name in _CONTROLS if name in found}
