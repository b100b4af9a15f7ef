"""Rebuilding a model from the configuration in a file. The file never chooses which code runs."""

from __future__ import annotations

import ast
import importlib
import math
import sys
from collections.abc import Iterable
from dataclasses import is_dataclass
from typing import Any, NamedTuple

from millpond.evaluation.models import reservoir_class, substrates
from millpond.lsm import NeuronModel, SynapseModel
from millpond.reservoir import Reservoir, checks
from millpond.reservoir.provenance import config

_OWN = ("reservoir", "lsm", "esn", "physical", "readout", "baseline")
_EQUATIONS = (NeuronModel, SynapseModel)
_LARGEST = 10**7
"""Largest integer in a configuration; a model with a million units has smaller ones."""
_SEED = "random_state"


class _Rules(NamedTuple):
    package: Any
    """Module in which dataclasses are looked up."""
    trusted: bool
    largest: int


def rebuilt(
    about: dict[str, Any], known: Iterable[type] = (), trusted: bool = False, n_units: int | None = None
) -> Reservoir:
    """Return the unfitted reservoir with a configuration from `millpond.reservoir.provenance.config`.

    The class must be a known reservoir or in `known`. Its parts must belong to Millpond or to modules that are already
    imported.

    Parameters
    ----------
    about : dict
        ``class`` and ``params`` from a recording or a summary.
    known : iterable of type
        Classes that are allowed in addition to the known reservoirs.
    trusted : bool
        Allow neuron and synapse equations, which Brian2 compiles and runs.
    n_units : int, optional
        Number of units of the states in the file. Much larger integers raise an error before memory is allocated.

    Raises
    ------
    InputError
        The class is not allowed, equations are not trusted, numbers are too large, or the configuration is incomplete.
    """
    about = _renamed(about)
    where, params = str(about.get("class")), about.get("params")
    kind = next((k for k in known if _place(k) == where), None) or _substrate(where)
    package = sys.modules.get(_package(kind.__module__)) or sys.modules[kind.__module__]
    largest = _LARGEST if n_units is None else min(_LARGEST, max(10_000, 100 * n_units))
    try:
        model = _made(kind, params, _Rules(package, trusted, largest))
        same = config(model)["params"] == params
    except checks.InputError:
        raise
    except (TypeError, ValueError, AttributeError, ImportError, SyntaxError, ArithmeticError, RecursionError):
        same = False
    if not same:
        raise checks.InputError(
            "its stored configuration is incomplete (large arrays and functions are not stored); build it again"
        )
    return model


def _renamed(about: Any) -> Any:
    """Return a configuration with current module names; version 0.1 had no common import name."""
    if isinstance(about, list):
        return [_renamed(value) for value in about]
    if not isinstance(about, dict):
        return about
    found = {name: _renamed(value) for name, value in about.items()}
    if {"class", "params"} <= set(found) and str(found["class"]).partition(":")[0].partition(".")[0] in _OWN:
        found["class"] = f"millpond.{found['class']}"
    return found


def _package(module: str) -> str:
    """Return the package of a module: the second level for Millpond, the first level for others."""
    parts = module.partition(":")[0].split(".")
    return ".".join(parts[: 2 if parts[0] == "millpond" else 1])


def _place(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _substrate(where: str) -> type[Reservoir]:
    """Return the class of the known reservoir `where` without importing anything else."""
    package, name = _package(where), where.rpartition(":")[2]
    for called, place in substrates().items():
        alike = _package(place) == package and place.rpartition(":")[2] == name
        if alike and _place(kind := reservoir_class(called)) == where:
            return kind
    raise checks.InputError(
        f"{where:.100} is not a known reservoir, and a file must not choose which code runs; "
        "register it with an entry point (docs/own-substrate.md)"
    )


def _made(kind: type, params: Any, rules: _Rules) -> Any:
    if not isinstance(params, dict):
        raise ValueError("no parameters")
    for name, value in params.items():
        if name != _SEED:
            _check_size(name, value, rules.largest)
    return kind(**{name: _value(value, rules) for name, value in params.items()})


def _check_size(name: str, value: Any, largest: int) -> None:
    """Raise InputError for integers or products of integers that are too large for the file."""
    if isinstance(value, list) and value and all(type(v) is int for v in value):
        value = math.prod(map(abs, value))
    if type(value) is int and abs(value) > largest:
        raise checks.InputError(
            f"its parameter {name} is {value:.3g}, but at most {largest} fits the units of this file; make it again"
        )


def _value(value: Any, rules: _Rules) -> Any:
    """Convert a parameter from plain data; lists become tuples."""
    if isinstance(value, dict) and {"class", "params"} <= set(value):
        return _made(_part(str(value["class"]), rules.package.__name__), value["params"], rules)
    if isinstance(value, dict) and "sha256" in value:
        raise ValueError("an array of which only the hash was kept")
    if isinstance(value, list):
        return tuple(_value(v, rules) for v in value)
    if isinstance(value, str) and value.startswith("<") and value.endswith(">"):
        raise ValueError(f"{value} was a function")
    return _data(value, rules) if isinstance(value, str) and value.endswith(")") else value


def _part(where: str, package: str) -> type:
    """Return the class of a nested estimator; only packages of Millpond are imported."""
    module, _, name = where.partition(":")
    top = _package(module)
    if top in {f"millpond.{own}" for own in _OWN}:
        importlib.import_module(top)
    elif top != package:
        raise ValueError(f"{module} is not Millpond's")
    kind = getattr(sys.modules.get(module), name, None)
    if not isinstance(kind, type) or _place(kind) != where or not hasattr(kind, "get_params"):
        raise ValueError(f"{name} is no estimator of {module}")
    return kind


def _data(text: str, rules: _Rules) -> Any:
    """Return the dataclass of the package with the repr `text`, such as a spike encoder with its parameters."""
    call = ast.parse(text, mode="eval").body
    name = call.func.id if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else ""
    kind = getattr(rules.package, name, None)
    if not is_dataclass(kind) or not isinstance(kind, type) or not isinstance(call, ast.Call):
        raise ValueError(f"{text} is nothing of {rules.package.__name__}")
    if issubclass(kind, _EQUATIONS) and not rules.trusted:
        raise checks.InputError(
            f"its configuration contains equations ({name}), which would be compiled and run as code; if you trust the "
            "file, allow it with --trust (in Python: trusted=True)"
        )
    given = {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
    for own, value in given.items():
        _check_size(own, list(value) if isinstance(value, tuple) else value, rules.largest)
    return kind(**given)
