"""The card of each reservoir of a comparison, measured once and kept beside its scores."""

from __future__ import annotations

import ast
import importlib
import json
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from measures import card
from reservoir import Reservoir, checks
from reservoir.progress import bar
from reservoir.provenance import config
from scenarios.models import adjusted, reservoir_class, substrates
from scenarios.summary import write

FILE = "measures.json"
_OWN = ("reservoir", "lsm", "esn", "physical", "readout", "baseline")
_CONFIG = ("class", "params")


def cards(folder: Path, rows: list[dict[str, Any]], measure: bool, progress: bool | None = None) -> dict[str, Any]:
    """Return for each reservoir its card as plain data, or in one sentence why there is none.

    Cards that are in ``measures.json`` and still belong to the configuration are taken from there; with `measure`
    those that are missing are made, and kept one by one, so that a stopped call goes on.
    """
    wanted = {row["model"]: row for row in rows if row["kind"] == "reservoir"}
    kept = _kept(folder / FILE)
    found = {name: kept[name]["card"] for name, row in wanted.items() if _is_of(kept.get(name), row)}
    missing = [name for name in wanted if name not in found]
    if not measure:
        return found | {name: f"not measured yet: 'millpond report {folder}' does it" for name in missing}
    with bar(len(missing), "measures cards", show=progress) as advance:
        for name in missing:
            try:
                found[name] = _card(rebuilt(wanted[name]))
            except checks.InputError as error:  # some configurations fit their own task alone
                found[name] = str(error)
            else:
                kept[name] = {**_origin(wanted[name]), "card": found[name]}
                write(folder / FILE, json.dumps(kept, indent=1, allow_nan=False) + "\n")
            advance(1)
    return {name: found[name] for name in wanted}


def _card(model: Reservoir) -> dict[str, Any]:
    if "engine" in model.get_params(deep=False):
        model.set_params(engine="numba")  # the same spikes, without building a program for one card
    with threadpool_limits(1):
        made = card(model)
    plain = made.to_dict()
    for name, result in made.results.items():
        plain["results"][name]["said"] = result.said
    return plain


def _origin(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a card depends on."""
    params = {name: row["config"].get(name) for name in _CONFIG}
    return {"config": params, "random_state": row["seed_config"][0].get("random_state")}


def _is_of(kept: Any, row: dict[str, Any]) -> bool:
    if not isinstance(kept, dict) or {k: kept.get(k) for k in ("config", "random_state")} != _origin(row):
        return False
    results = kept.get("card", {}).get("results") if isinstance(kept.get("card"), dict) else None
    return isinstance(results, dict) and all(
        isinstance(r, dict) and {"value", "said"} <= set(r) and isinstance(r["value"], int | float | None)
        for r in results.values()
    )


def _kept(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def rebuilt(row: dict[str, Any]) -> Reservoir:
    """Return the model of a row, with its configuration and its first seed.

    A file is not asked which code to run: the class is that of a known substrate with the name of the row, and parts
    of it come from Millpond's own packages.

    Raises
    ------
    InputError
        Another model than a known substrate, or a configuration that does not hold all of it.
    """
    name, about = row["model"], row["config"]
    if name not in substrates():
        raise checks.InputError(f"not a known substrate; 'millpond measure --model {name}' measures it")
    kind = reservoir_class(name)
    if f"{kind.__module__}:{kind.__qualname__}" != about.get("class") or not isinstance(about.get("params"), dict):
        raise checks.InputError("the configuration in summary.json is of another class; repeat the comparison")
    try:
        package = importlib.import_module(kind.__module__.partition(".")[0])
        model = kind(**{k: _value(v, package) for k, v in about["params"].items()})
        same = config(model)["params"] == about["params"]
    except (TypeError, ValueError, AttributeError, ImportError, SyntaxError):
        same = False
    if not same:
        raise checks.InputError("summary.json does not hold every parameter (large arrays); measure the model itself")
    seed = row["seed_config"][0].get("random_state")
    return adjusted(model, seed=seed if isinstance(seed, int) else None)


def _value(value: Any, package: Any) -> Any:
    """Return a parameter from its plain form; a list is read as the tuple it was."""
    if isinstance(value, dict) and {"class", "params"} <= set(value):
        module, _, name = str(value["class"]).partition(":")
        if module.split(".")[0] not in _OWN:
            raise ValueError(f"{module} is not Millpond's")
        kind = getattr(importlib.import_module(module), name)
        return kind(**{k: _value(v, package) for k, v in value["params"].items()})
    if isinstance(value, dict) and "sha256" in value:
        raise ValueError("an array of which only the hash was kept")
    if isinstance(value, list):
        return tuple(_value(v, package) for v in value)
    return _data(value, package) if isinstance(value, str) and value.endswith(")") else value


def _data(text: str, package: Any) -> Any:
    """Return the dataclass of `package` that prints as `text`, such as a code of spikes with its parameters."""
    call = ast.parse(text, mode="eval").body
    kind = getattr(package, call.func.id, None) if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) else 0
    if not is_dataclass(kind) or not isinstance(kind, type) or not isinstance(call, ast.Call):
        raise ValueError(f"{text} is nothing of {package.__name__}")
    return kind(**{str(k.arg): ast.literal_eval(k.value) for k in call.keywords})
