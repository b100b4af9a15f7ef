"""Parameters of models as JSON data and arrays, and back.

A file names classes, but a fixed table decides which classes exist: the public estimators and dataclasses of
Millpond's packages, and classes that the user passes. No module is imported because a file names it.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array, issparse

from millpond.reservoir import checks

_PACKAGES = (
    "millpond.reservoir", "millpond.esn", "millpond.lsm", "millpond.lsm.coding", "millpond.physical",
    "millpond.readout", "millpond.baseline",
)  # fmt: skip
_OTHERS = (
    "millpond.evaluation.fitting:NearestSymbol",
    "millpond.models.frontend:FrontEnd",
    "sklearn.pipeline:Pipeline",
)
_LARGEST = 10**7
"""Largest integer of a parameter, except seeds; the product of a list of integers is limited as well."""
_DENSE = 2 * 10**8  # weights


class Rules(NamedTuple):
    """Classes of the user that a file may name, and whether it may contain equations."""

    known: tuple[type, ...] = ()
    trusted: bool = False


def name_of(kind: type, known: Iterable[type] = ()) -> str:
    """Return the name of a class in the table; classes in `known` have the name ``module:Class``."""
    own = f"{kind.__module__}:{kind.__qualname__}"
    if own in _OTHERS:
        return own
    for package in _PACKAGES:
        module = importlib.import_module(package)
        if kind.__name__ in module.__all__ and getattr(module, kind.__name__) is kind:
            return f"{package}:{kind.__name__}"
    if kind in known:
        return own
    raise checks.InputError(
        f"{kind.__name__} is not a class of Millpond that can be saved; "
        f"pass it to save and load, for example save(model, path, known=[{kind.__name__}])"
    )


def class_of(name: Any, rules: Rules) -> type:
    """Return the class with a name from a file.

    Raises
    ------
    InputError
        The name is not in the table and no class in ``rules.known`` has it.
    """
    name = str(name)
    package, _, attribute = name.partition(":")
    for kind in rules.known:
        if f"{kind.__module__}:{kind.__qualname__}" == name:
            return kind
    if name in _OTHERS or (package in _PACKAGES and attribute in importlib.import_module(package).__all__):
        kind = getattr(importlib.import_module(package), attribute)
        if isinstance(kind, type):
            return kind
    raise checks.InputError(
        f"it names the class {name!r:.80}, which is not known; if it is your own class, load it with known=[CLASS]"
    )


def parameters_of(model: Any) -> dict[str, Any]:
    """Return the constructor parameters of an estimator or a dataclass."""
    if is_dataclass(model):
        return {f.name: getattr(model, f.name) for f in fields(model) if f.init}
    return dict(model.get_params(deep=False))


def encoded(value: Any, arrays: list[np.ndarray], known: Iterable[type] = ()) -> Any:
    """Return a value as JSON data; arrays are appended to `arrays`."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biufcU":
            raise checks.InputError(f"an array of type {value.dtype} cannot be saved; use numbers or texts")
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if issparse(value):
        rows = csr_array(value)
        parts = [encoded(part, arrays) for part in (rows.data, rows.indices, rows.indptr)]
        return {"sparse": parts, "shape": [int(n) for n in rows.shape]}
    if isinstance(value, list | tuple):
        return {"tuple" if isinstance(value, tuple) else "list": [encoded(v, arrays, known) for v in value]}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": {key: encoded(v, arrays, known) for key, v in value.items()}}
    if hasattr(value, "get_params") or is_dataclass(value):
        params = {name: encoded(v, arrays, known) for name, v in parameters_of(value).items()}
        return {"class": name_of(type(value), known), "params": params}
    raise checks.InputError(
        f"a value of type {type(value).__name__} cannot be saved; use numbers, texts, arrays and Millpond's classes"
    )


def decoded(value: Any, arrays: list[np.ndarray], rules: Rules) -> Any:
    """Return the value of JSON data that `encoded` returned."""
    if isinstance(value, dict):
        if "array" in value:
            return arrays[checks.integer("an array", value["array"])]
        if "sparse" in value:
            data, indices, indptr = (decoded(part, arrays, rules) for part in value["sparse"])
            found = csr_array((data, indices, indptr), shape=tuple(value["shape"]))
            found.check_format(full_check=True)  # an index out of bounds would be used by compiled code
            return found
        if "tuple" in value:
            return tuple(decoded(v, arrays, rules) for v in value["tuple"])
        if "list" in value:
            return [decoded(v, arrays, rules) for v in value["list"]]
        if "dict" in value:
            return {str(key): decoded(v, arrays, rules) for key, v in value["dict"].items()}
        return unfitted(value, arrays, rules)
    return value


def unfitted(value: dict[str, Any], arrays: list[np.ndarray], rules: Rules) -> Any:
    """Return the estimator or dataclass that JSON data describe, not fitted."""
    from millpond.lsm import NeuronModel, SynapseModel

    kind, params = class_of(value["class"], rules), value["params"]
    if issubclass(kind, NeuronModel | SynapseModel) and not rules.trusted:
        raise checks.InputError(
            "it contains equations, which would be compiled and run as code; if you trust the file, load it with "
            "trusted=True (on the command line: --trust)"
        )
    if not (is_dataclass(kind) or hasattr(kind, "get_params")):
        raise checks.InputError(f"it names {kind.__name__}, which is not an estimator")
    found = {str(name): decoded(v, arrays, rules) for name, v in params.items()}
    for name, v in found.items():
        if name not in ("random_state", "random_seed"):
            _check_size(name, v)
    _check_dense(found)
    return kind(**found)


def _check_size(name: str, value: Any) -> None:
    """Raise InputError for an integer, or a product of integers, that would take much memory."""
    if isinstance(value, list | tuple) and value and all(type(v) is int for v in value):
        value = math.prod(map(abs, value))
    if type(value) is int and abs(value) > _LARGEST:
        raise checks.InputError(f"its parameter {name:.40} is {value:.3g}, but at most {_LARGEST} is allowed")


def _check_dense(params: dict[str, Any]) -> None:
    n, share = params.get("n_units"), params.get("connectivity", 0)
    if type(n) is int and isinstance(share, int | float):
        weights = n * (share * n if isinstance(share, float) else min(abs(share), n))
        if weights > _DENSE:
            raise checks.InputError(f"its network has {weights:.3g} weights, but at most {_DENSE:g} are allowed")
