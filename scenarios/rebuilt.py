"""A model made again from the plain configuration that a file keeps of it."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterable
from dataclasses import is_dataclass
from typing import Any

from reservoir import Reservoir, checks
from reservoir.provenance import config
from scenarios.models import reservoir_class, substrates

_OWN = ("reservoir", "lsm", "esn", "physical", "readout", "baseline")


def rebuilt(about: dict[str, Any], known: Iterable[type] = ()) -> Reservoir:
    """Return the reservoir that `reservoir.provenance.config` told of, not fitted.

    A file is not asked which code to run: the class is that of a known substrate or one of those `known`, and its
    parts come from Millpond's own packages or from that of the class.

    Raises
    ------
    InputError
        Another class, or a configuration that does not hold all of the model.
    """
    where, params = str(about.get("class")), about.get("params")
    kind = next((k for k in known if _place(k) == where), None) or _substrate(where)
    package = sys.modules.get(kind.__module__.partition(".")[0]) or sys.modules[kind.__module__]
    try:
        model = _made(kind, params, package)
        same = config(model)["params"] == params
    except (TypeError, ValueError, AttributeError, ImportError, SyntaxError):
        same = False
    if not same:
        raise checks.InputError(
            "what was kept of its configuration is not all of it (large arrays and functions are not); build it anew"
        )
    return model


def _place(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _substrate(where: str) -> type[Reservoir]:
    """Return the class of the known substrate that is at `where`; nothing else is imported."""
    package, name = where.partition(".")[0].partition(":")[0], where.rpartition(":")[2]
    for called, place in substrates().items():
        alike = place.partition(".")[0].partition(":")[0] == package and place.rpartition(":")[2] == name
        if alike and _place(kind := reservoir_class(called)) == where:
            return kind
    raise checks.InputError(
        f"{where} is not a known substrate, and a file does not say which code runs; "
        "an entry point makes it known (docs/own-substrate.md)"
    )


def _made(kind: type, params: Any, package: Any) -> Any:
    if not isinstance(params, dict):
        raise ValueError("no parameters")
    return kind(**{name: _value(value, package) for name, value in params.items()})


def _value(value: Any, package: Any) -> Any:
    """Return a parameter from its plain form; a list is read as the tuple it was."""
    if isinstance(value, dict) and {"class", "params"} <= set(value):
        module, _, name = str(value["class"]).partition(":")
        if module.split(".")[0] not in (*_OWN, package.__name__):
            raise ValueError(f"{module} is not Millpond's")
        kind = getattr(importlib.import_module(module), name)
        if not isinstance(kind, type) or _place(kind) != value["class"] or not hasattr(kind, "get_params"):
            raise ValueError(f"{name} is no estimator of {module}")
        return _made(kind, value["params"], package)
    if isinstance(value, dict) and "sha256" in value:
        raise ValueError("an array of which only the hash was kept")
    if isinstance(value, list):
        return tuple(_value(v, package) for v in value)
    if isinstance(value, str) and value.startswith("<") and value.endswith(">"):
        raise ValueError(f"{value} was a function")
    return _data(value, package) if isinstance(value, str) and value.endswith(")") else value


def _data(text: str, package: Any) -> Any:
    """Return the dataclass of `package` that prints as `text`, such as a code of spikes with its parameters."""
    call = ast.parse(text, mode="eval").body
    kind = getattr(package, call.func.id, None) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else 0
    if not is_dataclass(kind) or not isinstance(kind, type) or not isinstance(call, ast.Call):
        raise ValueError(f"{text} is nothing of {package.__name__}")
    return kind(**{str(k.arg): ast.literal_eval(k.value) for k in call.keywords})
