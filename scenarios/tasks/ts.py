"""Classification of series given as ``NAME_TRAIN.ts`` and ``NAME_TEST.ts``, the format of the UEA and UCR archives.

Series may have several dimensions and differ in length (Bagnall et al. 2018, arXiv:1811.00075).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from readout import Pool
from reservoir import Reservoir, Sequences, checks
from scenarios.folds import Fold
from scenarios.models import BASELINES, built, controls_of
from scenarios.recipe import Recipe
from scenarios.tasks.material import Material, labelled

CORPORA = ("given",)
SPLITS = ("official",)
FRONT_ENDS = ("raw",)
_GROUPS = 5


@dataclass(frozen=True, eq=False)
class Archive:
    """One data set: its series, in the order training, test."""

    name: str
    sequences: Sequences


def load(corpus: str, data: str | None = None) -> Archive:
    """Read the two files of the data set `corpus` in the folder `data`; "given" is the only one there.

    Raises
    ------
    InputError
        No folder, no such pair of files, or a file that does not keep the format.
    """
    if data is None or not Path(data).is_dir():
        raise checks.InputError(
            f"data is {data!r}, but a folder with NAME_TRAIN.ts and NAME_TEST.ts is needed; name it"
        )
    names = sorted(p.name.removesuffix("_TRAIN.ts") for p in Path(data).glob("*_TRAIN.ts"))
    if corpus == "given" and len(names) != 1:
        found = ", ".join(names) or "none"
        raise checks.InputError(f"the folder {data} has these data sets: {found}; choose one with --corpus NAME")
    name = names[0] if corpus == "given" else checks.option("corpus", corpus, names)
    series, labels, split = [], [], []
    for part in ("train", "test"):
        found_series, found_labels = read(Path(data) / f"{name}_{part.upper()}.ts")
        series += found_series
        labels += found_labels
        split += [part] * len(found_labels)
    return Archive(name, Sequences(series, labels=np.array(labels), split=np.array(split)))


def read(path: Path) -> tuple[list[np.ndarray], list[str]]:
    """Return the series (n_steps, n_dimensions) of a file, and their labels."""
    if not path.is_file():
        raise checks.InputError(f"there is no file {path}; put it beside its other half")
    lines = [line.strip() for line in path.read_text(errors="replace").splitlines()]
    series, labels, in_data = [], [], False
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        if not in_data:
            words = line.lower().split()
            in_data = words[0] == "@data"
            if words[:2] in (["@timestamps", "true"], ["@classlabel", "false"], ["@targetlabel", "true"]):
                raise checks.InputError(f"{path} says '{line}', but series without times and with classes are needed")
            continue
        *dimensions, label = line.split(":")
        try:
            series.append(np.array([[float(v) for v in d.split(",")] for d in dimensions]).T)
        except ValueError:
            raise checks.InputError(
                f"line {number} of {path} is no series of numbers of one length; fill in what is missing"
            ) from None
        if series[-1].ndim != 2:
            raise checks.InputError(f"line {number} of {path} has no series before its label; repair that line")
        labels.append(label.strip())
    if not series:
        raise checks.InputError(f"{path} has no series after a line '@data'; give a file in the .ts format")
    return series, labels


def represent(raw: Archive, front_end: str) -> Material:
    """Return the series, with the question for the class of each."""
    checks.option("front-end", front_end, FRONT_ENDS)
    return labelled(raw.sequences, "class")


def folds(raw: Archive, split: str) -> list[Fold]:
    """Return the division of the archive; validation groups hold their share of every class."""
    checks.option("split", split, SPLITS)
    assert raw.sequences.split is not None and raw.sequences.labels is not None
    train, test = (np.flatnonzero(raw.sequences.split == part) for part in ("train", "test"))
    groups = np.empty(len(train), int)
    groups[np.argsort(raw.sequences.labels[train], kind="stable")] = np.arange(len(train)) % _GROUPS
    return [Fold("official", train, test, groups)]


def recipe(model: str, front_end: str | None = None) -> Recipe:
    """Return the class's defaults, which nobody tuned for data that nobody knows."""
    pool = None if model in BASELINES else Pool("segments", n_segments=3)
    return Recipe(front_end or FRONT_ENDS[0], built(model), pool)


def controls(recipe: Recipe, n_channels: int) -> dict[str, Reservoir]:
    """Return the plain controls of a model."""
    return controls_of(recipe.model, n_channels)
