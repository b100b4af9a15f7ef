"""Set-ups of models for sequences of spoken words.

Settings for tasks that need only memory (`SUMS`) are from an earlier study on three speakers of the Free Spoken Digit
Dataset. Settings for tasks that need products (`PRODUCTS`) started from these and were then compared on validation
speakers of all six folds, without the test speaker of each fold. docs/tasks.md lists the tried settings.
"""

from __future__ import annotations

from typing import Any

from millpond.evaluation.models import built
from millpond.evaluation.recipe import Recipe
from millpond.lsm import IntegrateFire
from millpond.reservoir import checks

_WATER = {
    "camera": "sobel", "hold": 0.01, "pixels": (50, 40), "cells": (25, 20), "extra_damping": 1.0, "reference": 0.0,
}  # fmt: skip
_LSM = {"n_units": 500, "dt": 5e-4, "engine": "numba", "filters": (0.03, 0.3, 1.0)}
# axonal delays of about one slot of 600 ms: not realistic, and specific to this speed
_LONG_AXONS = {
    "n_units": 500, "preset": "delayed", "recurrent_gain": 0.8, "input_gain": 2.0, "fan_in": 2, "filters": (0.1, 0.3),
    "constants": {"delay": 0.57, "longest_delay": 0.63, "driven": 1.0, "input_scale": 1.0}, "dt": 1e-3,
    "encoder": IntegrateFire(signed=False), "engine": "numba",
}  # fmt: skip
_NETWORK = {"n_units": 64, "n_epochs": 60, "dropout": 0.2}

PRODUCTS: dict[str, tuple[str, dict[str, Any]]] = {
    "esn": ("bands8-200ms", {
        "n_units": 500, "topology": "permutation", "spectral_radius": 0.95, "leak_rate": 1.0, "input_scaling": 0.15,
        "bias_scaling": 0.4,
    }),
    "water": ("bands8", _WATER),
    "lsm": ("bands8", _LONG_AXONS),
    "lstm": ("bands8-200ms", {"cell": "lstm"} | _NETWORK),
    "gru": ("bands8-200ms", {"cell": "gru"} | _NETWORK),
}  # fmt: skip
SUMS: dict[str, tuple[str, dict[str, Any]]] = {
    "esn": ("rcc-40ms", {
        "n_units": 500, "spectral_radius": 0.5, "leak_rate": (0.01, 0.3), "input_scaling": 0.4 / 48**0.5,
        "bias_scaling": 0.2,
    }),
    "water": ("bands8", _WATER),
    "lsm": ("rcc", _LSM),
    "lstm": ("rcc-40ms", {"cell": "lstm"} | _NETWORK),
    "gru": ("rcc-40ms", {"cell": "gru"} | _NETWORK),
}  # fmt: skip
TRIED = {"esn": 65, "water": 18, "lsm": 23 + 22}
TRIED_FOR_PRODUCTS = {"esn": 37 + 79, "water": 7, "lsm": 8, "gru": 3}


def recipe(model: str, front_end: str | None, front_ends: tuple[str, ...], needs_products: bool) -> Recipe:
    """Return the set-up of `model`, or the defaults of the class.

    A task without the default front end uses the first of its own.
    """
    if model == "hmm":
        raise checks.InputError("model is 'hmm', which classifies single words; leave it out of sequences of words")
    usual, parameters = (PRODUCTS if needs_products else SUMS).get(model, (front_ends[0], {}))
    usual = usual if usual in front_ends else front_ends[0]
    n_tried = TRIED.get(model, 0) + (TRIED_FOR_PRODUCTS.get(model, 0) if needs_products else 0)
    return Recipe(front_end or usual, built(model, **parameters), None, n_tried)
