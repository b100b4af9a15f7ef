"""Set-ups of models for time series: one setting per model for all tasks, and tuned settings for some tasks.

The settings for all tasks are from an earlier study on similar tasks (36 settings of the network, 18 of the water, 21
of the column). Networks trained by gradient were compared on streams of the training part, with one stream of 600 steps
as a batch. Settings for single tasks are from `millpond tune`; docs/tuning.md describes how.
"""

from __future__ import annotations

from typing import Any

from millpond.evaluation.models import built
from millpond.evaluation.recipe import Recipe
from millpond.reservoir import checks

Settings = dict[str, tuple[int, dict[str, Any]]]
"""The number of candidates that a search tried for each model, and the settings that it replaces."""

_NETWORK: dict[str, Any] = {"n_units": 64, "n_epochs": 300, "batch_size": 1, "learning_rate": 3e-3}
_PARAMETERS: dict[str, dict[str, Any]] = {
    "esn": {"n_units": 500, "spectral_radius": 0.9, "leak_rate": 1.0, "input_scaling": 0.3, "bias_scaling": 0.2},
    "lsm": {"n_units": 500, "dt": 5e-4, "row_period": 0.02, "engine": "numba"},
    "water": {"hold": 0.2},
    "lstm": {"cell": "lstm", **_NETWORK},
    "gru": {"cell": "gru", **_NETWORK},
}
_TRIED = {"esn": 36, "water": 18, "lsm": 21, "lstm": 3, "gru": 4}

NARMA10: Settings = {
    "esn": (256 + 5, {"spectral_radius": 1.25, "leak_rate": 0.95, "input_scaling": 0.08, "bias_scaling": 0.6}),
    "lsm": (128 + 2, {"input_gain": 0.6, "recurrent_gain": 3.6, "filters": (0.1, 0.3), "membrane": True}),
}
VOLTERRA: Settings = {
    "esn": (256 + 3, {"spectral_radius": 1.2, "leak_rate": 0.6, "input_scaling": 0.2, "bias_scaling": 0.95}),
    "lsm": (128 + 3, {"input_gain": 1.5, "recurrent_gain": 4.0, "filters": (0.03, 0.1)}),
    # whole carrier periods per hold: one here, three in the others
    "water": (
        256 + 3, {"hold": 0.125, "carrier": 8.0, "reference": 1.0, "extra_damping": 1.0, "camera": "sobel"}
    ),
}  # fmt: skip
CHANNEL: Settings = {
    "water": (256 + 3, {"hold": 0.3, "reference": 0.5, "extra_damping": 0.8, "camera": "sobel"}),
}
HENON: Settings = {
    "water": (128 + 3, {"hold": 0.4, "carrier": 7.5, "reference": 1.6, "extra_damping": 0.55}),
}


def recipe(model: str, front_end: str, own: Settings) -> Recipe:
    """Return the set-up of `model` with its settings in `own`, or the defaults of the class."""
    if model == "hmm":
        raise checks.InputError("model is 'hmm', which classifies single words; leave it out of time series")
    n_searched, found = own.get(model, (0, {}))
    parameters = _PARAMETERS.get(model, {}) | found
    return Recipe(front_end, built(model, **parameters), None, _TRIED.get(model, 0) + n_searched)
