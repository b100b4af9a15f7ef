"""Search spaces of the models and their notation on the command line."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone

from millpond.evaluation.models import places, value_of
from millpond.reservoir import checks


class Range(NamedTuple):
    """Numbers from `low` to `high`, log-uniform if `log` is set; integers if the parameter is an integer."""

    low: float
    high: float
    log: bool = False


Space = dict[str, Range | tuple[Any, ...]]
"""The range or the list of values of each parameter."""

_NETWORK: Space = {
    "spectral_radius": Range(0.1, 1.5), "leak_rate": Range(0.01, 1.0, True), "input_scaling": Range(0.01, 3.0, True),
    "bias_scaling": Range(0.02, 4.0, True), "connectivity": (3, 10, 30),
}  # fmt: skip
_GRADIENT: Space = {
    "learning_rate": Range(5e-4, 2e-2, True), "dropout": Range(0.0, 0.6), "input_noise": Range(0.0, 1.0),
    "n_units": (32, 64, 128),
}  # fmt: skip
SPACES: dict[str, Space] = {
    "esn": _NETWORK,
    "deep-esn": {name: _NETWORK[name] for name in ("spectral_radius", "leak_rate")}
    | {"inter_scaling": Range(0.01, 3.0, True)},
    "es2n": {name: _NETWORK[name] for name in ("leak_rate", "input_scaling", "bias_scaling")},
    "lsm": {
        "input_gain": Range(0.3, 5.0, True), "recurrent_gain": Range(0.1, 4.0, True), "fan_in": (2, 4, 8, None),
        "filters": ((0.03,), (0.1,), (0.03, 0.1), (0.03, 0.3), (0.1, 0.3)), "membrane": (False, True),
    },
    "water": {
        "extra_damping": Range(0.05, 5.0, True), "hold": Range(0.005, 0.4, True), "carrier": Range(4.0, 16.0),
        "reference": Range(0.0, 4.0), "camera": ("slope", "sobel"),
    },
    "mackey-glass": {"gamma": Range(0.01, 1.0, True), "eta": Range(0.1, 1.2), "exponent": (1, 2, 7)},
    "lstm": _GRADIENT,
    "gru": _GRADIENT,
}  # fmt: skip


def space_of(name: str, model: Any, over: list[str]) -> Space:
    """Return the search space of the model `name`: `over` if given, otherwise its default space.

    Raises
    ------
    InputError
        A parameter does not exist or is given twice, the parameter is the random seed, or neither `over` nor a default
        space is available.
    """
    given = [*map(parsed, over)]
    space: Space = dict(given) if over else SPACES.get(name, {})
    for i, (parameter, _) in enumerate(given):
        if parameter in dict(given[:i]):
            raise checks.InputError(f"over has '{parameter}' twice; give it one range, or all its values in one list")
    if not space:
        raise checks.InputError(
            f"model is '{name}', which has no default ranges; give them, for example --over leak_rate=0.01:1:log"
        )
    for parameter in space:
        known = [p for p in model.get_params() if p.rpartition("__")[2] != "random_state"]
        if not places(model, parameter) or parameter.rpartition("__")[2] == "random_state":
            checks.option(f"a parameter of {name}", parameter, known)
    return space


def parsed(text: str) -> tuple[str, Range | tuple[Any, ...]]:
    """Return the parameter and the range of NAME=LOW:HIGH, NAME=LOW:HIGH:log or NAME=A,B,C.

    >>> parsed("leak_rate=0.01:1:log")
    ('leak_rate', Range(low=0.01, high=1.0, log=True))
    >>> parsed("camera=slope,sobel")
    ('camera', ('slope', 'sobel'))
    """
    name, _, values = text.partition("=")
    try:
        if ":" not in values:
            if not (name and values):
                raise ValueError
            return name, tuple(_value(v.strip()) for v in values.split(","))
        low, high, *rest = values.split(":")
        found = Range(float(low), float(high), rest == ["log"])
        rising = -np.inf < found.low < found.high < np.inf
        if rest not in ([], ["log"]) or not rising or (found.log and found.low <= 0):
            raise ValueError
    except ValueError:
        raise checks.InputError(
            f"a range is '{text}', but NAME=LOW:HIGH, NAME=LOW:HIGH:log (LOW above 0) or NAME=A,B,C is needed; write "
            "it like leak_rate=0.01:1:log"
        ) from None
    return name, found


def _value(text: str) -> Any:
    try:
        return int(text) if text.lstrip("-").isdigit() else float(text)
    except ValueError:
        return {"none": None, "true": True, "false": False}.get(text.lower(), text)


def distributions(space: Space, model: Any) -> dict[str, Any]:
    """Return the space as Optuna distributions; listed values are represented by their names."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    found: dict[str, Any] = {}
    for name, tried in space.items():
        if not isinstance(tried, Range):
            found[name] = CategoricalDistribution([str(value) for value in tried])
        elif isinstance(value_of(model, places(model, name)[0]), int):
            low, high = round(tried.low), round(tried.high)
            if not low < high < 2**31 or low < -(2**31) or (tried.log and low < 1):
                raise checks.InputError(
                    f"{name} is a whole number, and {tried.low:g} to {tried.high:g} has fewer than two that can be "
                    "tried; give whole bounds"
                )
            found[name] = IntDistribution(low, high, log=tried.log)
        else:
            found[name] = FloatDistribution(tried.low, tried.high, log=tried.log)
    return found


def values(space: Space, params: dict[str, Any]) -> dict[str, Any]:
    """Convert the `params` chosen by Optuna to parameters of a model."""
    found = {}
    for name, value in params.items():
        tried = space[name]
        listed = not isinstance(tried, Range)
        found[name] = next(v for v in tried if str(v) == value) if listed else value
    return found


def nearest(space: Space, model: Any) -> dict[str, Any] | None:
    """Return what `model` is set to as Optuna has it, numbers brought into their ranges; None where that cannot be.

    >>> from millpond.esn import EchoStateNetwork
    >>> nearest({"leak_rate": Range(0.01, 0.5), "connectivity": (3, 10)}, EchoStateNetwork(leak_rate=0.9))
    {'leak_rate': 0.5, 'connectivity': '10'}
    """
    found = dict[str, Any]()
    for name, tried in space.items():
        value = value_of(model, places(model, name)[0])
        if not isinstance(tried, Range):
            alike = [v for v in tried if v in (value, (value,))]  # a single filter may be given without brackets
            if not alike:
                return None
            found[name] = str(alike[0])
        elif isinstance(value, int | float):
            bounds = (round(tried.low), round(tried.high)) if isinstance(value, int) else (tried.low, tried.high)
            found[name] = min(max(value, bounds[0]), bounds[1])
        else:
            return None
    return found


def set_to(model: Any, chosen: dict[str, Any]) -> Any:
    """Return a copy of `model` with the values `chosen` in the model or its parts."""
    return clone(model).set_params(**{place: v for name, v in chosen.items() for place in places(model, name)})
