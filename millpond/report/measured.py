"""Benchmark profiles of the reservoirs of a comparison, computed once and stored in its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from millpond.evaluation.models import adjusted
from millpond.measures import card
from millpond.measuring import FILE, told
from millpond.rebuild import rebuilt
from millpond.report.schema import CARD, misfit
from millpond.reservoir import Reservoir, checks
from millpond.reservoir.progress import bar
from millpond.summary import write

_CONFIG = ("class", "params")


def cards(
    folder: Path, rows: list[dict[str, Any]], measure: bool, progress: bool | None = None, trusted: bool = False
) -> dict[str, Any]:
    """Return the profile of each reservoir as plain data, or one sentence with the reason why there is none.

    Profiles in ``measures.json`` are reused if the configuration is unchanged. With `measure`, missing profiles are
    computed and stored one by one, so that an interrupted call can resume.
    """
    called = folder.resolve().name  # only the name: the page may be copied to another machine
    wanted = {row["model"]: row for row in rows if row["kind"] == "reservoir"}
    kept = _kept(folder / FILE)
    found = {name: kept[name]["card"] for name, row in wanted.items() if _is_of(kept.get(name), row)}
    missing = [name for name in wanted if name not in found]
    with bar(len(missing), "measuring", show=progress if measure else False) as advance:
        for name in missing:
            try:
                model = model_of(wanted[name], trusted)
                found[name] = _card(model) if measure else f"not measured yet; 'millpond report {called}' measures it"
            except checks.InputError as error:  # some configurations fit only their own task
                found[name] = f"{error}" + (f"; 'millpond measure --model {name}' measures it" if ":" in name else "")
            except Exception as error:  # a configuration from a file may contain any values
                found[name] = f"its configuration cannot be measured ({type(error).__name__}: {error})"
            else:
                if measure:
                    kept[name] = {**_origin(wanted[name]), "card": found[name]}
                    write(folder / FILE, json.dumps(kept, indent=1, allow_nan=False) + "\n")
            advance(1)
    return {name: found[name] for name in wanted}


def model_of(row: dict[str, Any], trusted: bool = False) -> Reservoir:
    """Return the unfitted model of a row with its configuration and first seed."""
    seed = row["seed_config"][0].get("random_state")
    return adjusted(rebuilt(row["config"], (), trusted, row["n_units"]), seed=seed if isinstance(seed, int) else None)


def _card(model: Reservoir) -> dict[str, Any]:
    if "engine" in model.get_params(deep=False):
        model.set_params(engine="numba")  # the same spikes, without compiling a Brian2 program
    with threadpool_limits(1):
        return told(card(model))


def _origin(row: dict[str, Any]) -> dict[str, Any]:
    """Return the configuration and seed that a profile depends on."""
    params = {name: row["config"].get(name) for name in _CONFIG}
    return {"config": params, "random_state": row["seed_config"][0].get("random_state")}


def _is_of(kept: Any, row: dict[str, Any]) -> bool:
    if not isinstance(kept, dict) or {k: kept.get(k) for k in ("config", "random_state")} != _origin(row):
        return False
    return not misfit(kept.get("card"), CARD)


def _kept(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
