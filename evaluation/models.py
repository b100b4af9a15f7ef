"""The models of a comparison by name, and the controls of each reservoir."""

from __future__ import annotations

import ast
from importlib.metadata import entry_points
from typing import Any

import numpy as np
from sklearn.base import clone

from millpond.baseline import RawInput, SquaredIntegrators, StaticExpansion
from millpond.evaluation.task import loaded
from millpond.reservoir import Reservoir, checks
from millpond.reservoir.interface import check_methods

BUILT_IN = {
    "esn": "millpond.esn:EchoStateNetwork",
    "deep-esn": "millpond.esn:DeepEchoStateNetwork",
    "es2n": "millpond.esn:ES2N",
    "lsm": "millpond.lsm:LiquidStateMachine",
    "water": "millpond.physical:WaveTank",
    "mackey-glass": "millpond.physical:MackeyGlassDelayLine",
    "opto-electronic": "millpond.physical:OptoElectronicNode",
    "mass-spring": "millpond.physical:MassSpringNetwork",
    "shallow-tank": "millpond.physical:ShallowTank",
}
BASELINES = {
    "lstm": "millpond.baseline:RecurrentNetwork",
    "gru": "millpond.baseline:RecurrentNetwork",
    "hmm": "millpond.baseline:HiddenMarkov",
}
"""Models trained end to end: classes with ``fit(X, y, groups)``, ``predict(X)``, ``operations()`` and the fitted
``n_units_``, ``n_features_`` and ``n_parameters_``."""
CONTROLS = ("input", "squares", "static", "leaky", "no-recurrence", "spikes", "height", "shift-register", "nvar")


MIXED_RATES = (0.02, 1.0)
"""The leak rates of the control "leaky" are log-uniform in this range: time constants of 1 to 50 time steps."""


def substrates() -> dict[str, str]:
    """Return the names of reservoirs and their classes ("module:Class"), including third-party ones."""
    return {e.name: e.value for e in entry_points(group="millpond.substrates")} | BUILT_IN


def reservoir_class(name: str) -> type[Reservoir]:
    """Return the class with the name `name`: a reservoir, or any "module:Class" with its interface."""
    where = name if ":" in name else substrates()[checks.option("model", name, [*substrates(), *BASELINES])]
    found = loaded("model", name, where)
    if not (isinstance(found, type) and issubclass(found, Reservoir)):
        raise checks.InputError(f"model '{name}' is not a millpond.Reservoir; derive it from that class")
    check_methods(found)
    return found


def built(name: str, **params: Any) -> Any:
    """Return an unfitted reservoir or baseline with the name `name`."""
    if name in BASELINES:
        found = loaded("model", name, BASELINES[name])
        if hasattr(found, "check_installed"):  # fail before the corpus is read and other models run
            found.check_installed()
        return found(**params)
    kind = reservoir_class(name)
    try:
        return kind(**params)
    except TypeError as error:
        raise checks.InputError(f"model '{name}' cannot be built ({error}); give every parameter a default") from None


def adjusted(model: Any, units: int | None = None, seed: int | None = None, epochs: int | None = None) -> Any:
    """Return a copy with other size, seed and training length, where the model or its parts have these parameters."""
    given = {"n_units": units, "random_state": seed, "n_epochs": epochs}
    changes = {place: v for name, v in given.items() if v is not None for place in places(model, name)}
    return clone(model).set_params(**changes)


def named(name: str) -> tuple[str, dict[str, Any]]:
    """Return the name of a model and the settings after it.

    >>> named("esn(leak_rate=0.3, n_units=200)"), named("lsm")
    (('esn', {'leak_rate': 0.3, 'n_units': 200}), ('lsm', {}))
    """
    base, bracket, _ = name.partition("(")
    if not bracket:
        return name, {}
    try:
        call = ast.parse(name[len(base) :].join(("f", "")), mode="eval").body
        if isinstance(call, ast.Call) and not call.args and all(k.arg for k in call.keywords):
            return base.strip(), {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        pass
    raise checks.InputError(
        f"model is {name!r}, but settings are written as NAME=VALUE in brackets, with numbers or quoted texts; "
        "for example, 'esn(leak_rate=0.3)'"
    )


def with_settings(model: Any, settings: dict[str, Any]) -> Any:
    """Return a copy of a model with other values of some parameters, also of its parts.

    Raises
    ------
    InputError
        The model has no such parameter.
    """
    changes: dict[str, Any] = {}
    for name, value in settings.items():
        found = places(model, name) or [place for place in model.get_params() if place == name]
        if not found:
            raise checks.InputError(
                f"{type(model).__name__} has no parameter {name!r}; its parameters are "
                f"{', '.join(sorted(model.get_params(deep=False)))}"
            )
        changes |= dict.fromkeys(found, value)
    return clone(model).set_params(**changes)


def value_of(model: Any, place: str) -> Any:
    """Return the value of the (nested) parameter `place`; of one that is None, what the class takes in its place."""
    value = model.get_params()[place]
    owner, _, name = place.rpartition("__")
    part = model.get_params()[owner] if owner else model
    return getattr(part, "drawn_defaults", {}).get(name) if value is None else value


def places(model: Any, name: str) -> list[str]:
    """Return the (nested) `set_params` keys for `name`."""
    if name in model.get_params(deep=False):
        return [name]
    return [place for place in model.get_params() if place.rpartition("__")[2] == name]


def controls_of(model: Reservoir, n_channels: int) -> dict[str, Reservoir]:
    """Return the controls of `model` by name."""
    from millpond.esn import EchoStateNetwork  # slow import

    n_units, own = clone(model).fit(np.zeros((2, n_channels))).n_units_, model.control_parameters(n_channels)
    unconnected = EchoStateNetwork(n_units=n_units, spectral_radius=0.0, leak_rate=MIXED_RATES, **own["static"])
    found: dict[str, Reservoir] = {
        "input": RawInput(),
        "squares": SquaredIntegrators(**own["squares"]),
        "static": StaticExpansion(n_units=n_units, **own["static"]),
        "leaky": unconnected,
    }
    try:
        found["no-recurrence"] = model.without_recurrence()
    except checks.InputError:
        pass  # the model has no connections to switch off
    return found | model.own_controls()
