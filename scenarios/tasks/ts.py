"""Classification of series given as ``NAME_TRAIN.ts`` and ``NAME_TEST.ts``, the format of the UEA and UCR archives.

Series may have several dimensions and differ in length; `millpond.scenarios.tasks.ts_file` describes the format. Labels
are compared as numbers if all of them are numbers: ``1`` in one file and ``1.0`` in the other are the same class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from millpond.evaluation.folds import Fold, by_class
from millpond.evaluation.models import BASELINES, built, controls_of
from millpond.evaluation.recipe import Recipe
from millpond.evaluation.task_data import Material, labelled
from millpond.readout import Pool
from millpond.reservoir import Reservoir, Sequences, checks
from millpond.scenarios.data_sets import data_set
from millpond.scenarios.labels import one_spelling
from millpond.scenarios.tasks.ts_file import Series, read

CORPORA = ("given",)
SPLITS = ("official",)
FRONT_ENDS = ("raw",)
_GROUPS = 5


@dataclass(frozen=True, eq=False)
class Archive:
    """One data set: its series, first training, then test."""

    name: str
    sequences: Sequences


def load(corpus: str, data: str | None = None) -> Archive:
    """Read the two files of the data set `corpus` in the folder `data`; "given" means the only data set there.

    Raises
    ------
    InputError
        The folder or the files do not exist, a file has another format, or the files are inconsistent.
    """
    folder, name = data_set(corpus, data, "_TRAIN.ts", "_TEST.ts")
    parts = {part: read(folder / f"{name}_{part.upper()}.ts") for part in ("train", "test")}
    train, test = parts.values()
    n_train = len(train.labels)
    labels = one_spelling(train.labels + test.labels)
    _check_agreement(name, parts, labels[:n_train], labels[n_train:])
    split = np.array(["train"] * n_train + ["test"] * len(test.labels))
    return Archive(name, Sequences(train.signals + test.signals, labels=np.array(labels), split=split))


def _check_agreement(name: str, parts: dict[str, Series], trained: list[str], tested: list[str]) -> None:
    """Raise InputError if the two files are inconsistent."""
    n_dimensions = parts["train"].signals[0].shape[1]
    for part, series in parts.items():
        for line, signal in zip(series.lines, series.signals, strict=True):
            if signal.shape[1] != n_dimensions:
                raise checks.InputError(
                    f"line {line} of {name}_{part.upper()}.ts has {signal.shape[1]} dimensions, but the first series "
                    f"of {name}_TRAIN.ts has {n_dimensions}; give files of one data set"
                )
    unknown = sorted(set(tested) - set(trained))
    if unknown:
        raise checks.InputError(
            f"{name}_TEST.ts has labels that {name}_TRAIN.ts has not ({', '.join(unknown)[:60]}; there: "
            f"{', '.join(sorted(set(trained)))[:60]}); write them the same way in both files"
        )
    if len(set(trained)) < 2:
        raise checks.InputError(f"{name}_TRAIN.ts has the single label '{trained[0]}'; give at least two classes")


def represent(raw: Archive, front_end: str) -> Material:
    """Return the series with the question about their classes."""
    checks.option("front-end", front_end, FRONT_ENDS)
    return labelled(raw.sequences, "class")


def folds(raw: Archive, split: str) -> list[Fold]:
    """Return the division of the archive; validation groups are stratified by class."""
    checks.option("split", split, SPLITS)
    assert raw.sequences.split is not None and raw.sequences.labels is not None
    train, test = (np.flatnonzero(raw.sequences.split == part) for part in ("train", "test"))
    return [Fold("official", train, test, by_class(raw.sequences.labels[train], _GROUPS))]


def recipe(model: str, front_end: str | None = None) -> Recipe:
    """Return the defaults of the class, which are not tuned."""
    pool = None if model in BASELINES else Pool("segments", n_segments=3)
    return Recipe(front_end or FRONT_ENDS[0], built(model), pool)


def controls(recipe: Recipe, n_channels: int) -> dict[str, Reservoir]:
    """Return the standard controls of a model."""
    return controls_of(recipe.model, n_channels)
