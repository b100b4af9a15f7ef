"""Benchmark profiles (cards) of reservoirs and recordings, and maps over two parameters (``millpond measure``).

Cards of several models and the points of a map are stored one by one, so that an interrupted call can resume.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from millpond import checkpoints
from millpond.evaluation.models import adjusted, built
from millpond.execution.processes import worker_pool
from millpond.locking import locked
from millpond.measures import MEASURES, Card, Map, card, probe, sweep
from millpond.recording import Recording, record
from millpond.reservoir import Reservoir, checks
from millpond.reservoir.progress import bar
from millpond.reservoir.provenance import config, digest, environment, git_commit
from millpond.reservoir.workers import Run, certain
from millpond.summary import write

FILE = "measures.json"

_MAPPED = ("memory capacity", "product capacity", "kernel rank", "Lyapunov exponent")


def measure(model: str, units: int | None = None, keep: Path | None = None, seed: int = 0) -> Card:
    """Return the card of the model `model`. With `keep`, record it to this file first and measure the file."""
    chosen = _model(model, units, seed)
    if keep is None:
        with threadpool_limits(1):  # many small products
            return card(chosen, random_state=seed)
    record(chosen, probe(seed), keep, dtype="float64").close()
    return recorded(keep, seed)


def recorded(file: Path, seed: int = 0) -> Card:
    """Return the card of the recording `file` of the test signal."""
    with threadpool_limits(1), Recording.open(file) as recording:
        return card(recording, random_state=seed)


def side_by_side(
    models: list[str], units: int | None, n_seeds: int, out: Path, n_workers: int | None = None,
    scheduler: str | None = None,
) -> dict[str, list[dict[str, Any]]]:  # fmt: skip
    """Return one card per model and seed (see `_card`); write the cards to ``measures.json`` in `out`."""
    chosen = {(name, seed): _model(name, units, seed) for name in models for seed in range(n_seeds)}
    cards = {}
    with (
        _kept(out, "cards", n_workers, scheduler, len(chosen)) as run,
        bar(len(chosen), f"{len(models)} models x {n_seeds} seeds") as advance,
    ):
        for at, found in certain(run(_card, {at: (model, at[1]) for at, model in chosen.items()})):
            cards[at] = found
            advance(1)
        side = {name: [cards[name, seed] for seed in range(n_seeds)] for name in models}
        write(out / FILE, json.dumps(plain(side), indent=1, allow_nan=False) + "\n")
    return side


def plain(side: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Return the cards of `side_by_side` in the format of ``measures.json``."""
    return {name: [found["card"] for found in own] for name, own in side.items()}


def told(found: Card) -> dict[str, Any]:
    """Return a card as plain data, with explanations and the version that measured it."""
    about = found.to_dict() | {"by": f"millpond {environment()['millpond']}, commit {git_commit()[0][:9] or 'unknown'}"}
    for name, result in found.results.items():
        about["results"][name]["said"] = result.said
    return about


def _card(item: tuple[Reservoir, int], _: None) -> dict[str, Any]:
    """Return a card as plain data, and its values separately, because standard JSON has no infinite numbers."""
    model, seed = item
    made = card(model, random_state=seed)
    values = {name: float(result) for name, result in made.results.items()}
    return {"card": told(made) | {"config": config(model), "random_state": seed}, "values": values}


@contextmanager
def _kept(out: Path, what: str, n_workers: int | None, scheduler: str | None, n: int) -> Iterator[Run]:
    """Yield a `Run` whose results are stored in `out`, which this process locks."""
    if out.exists() and not out.is_dir():
        raise checks.InputError(f"out is '{out}', which is a file; name a folder for the results")
    if (out / "summary.json").exists():
        raise checks.InputError(f"{out} contains a comparison and its {FILE}; name another folder")
    out.mkdir(parents=True, exist_ok=True)
    with (
        locked(out),
        worker_pool(None, n_workers, scheduler, n) as run,
        checkpoints.resumed(run, out / checkpoints.FOLDER, _key, what) as again,
    ):
        yield again


def _key(item: tuple[Any, ...]) -> str:
    """Return a hash of everything that measures depend on: code, parameters, measures and test signal."""
    model, *asked = item
    names = [[*a] if isinstance(a, dict) else a for a in asked]
    return digest([], "measures", checkpoints.code(model), config(model), names)


def chart(
    model: str, axes: list[str], units: int | None, out: Path, n_workers: int | None = None,
    scheduler: str | None = None,
) -> Map:  # fmt: skip
    """Return a map of the model `model` over `axes`, each given as NAME=LOW:HIGH:STEPS or NAME=A,B,C.

    It is written to ``measures.json`` in `out`.
    """
    parsed = [axis(text) for text in axes]
    if len({name for name, _ in parsed}) < len(parsed):
        raise checks.InputError(f"the axes are {', '.join(name for name, _ in parsed)}; name two different ones")
    chosen, measures = _model(model, units, 0), {name: MEASURES[name] for name in _MAPPED}
    n = int(np.prod([len(values) for _, values in parsed]))
    with _kept(out, "points", n_workers, scheduler, n) as run:
        found = sweep(chosen, dict(parsed), measures, run=run)
        write(out / FILE, json.dumps(found.to_dict(), indent=1, allow_nan=False) + "\n")
    return found


def spacings(found: Map) -> list[str]:
    """Return one sentence for each axis with a constant ratio between values."""
    lines = []
    for name, values in found.axes.items():
        if len(values) > 2 and min(values) > 0 and np.ptp(np.diff(np.log(values))) < 1e-9:
            lines.append(f"The {len(values)} values of {name} are spaced geometrically; NAME=A,B,C gives others.")
    return lines


def axis(text: str) -> tuple[str, list[float | int]]:
    """Return the parameter and its values of NAME=LOW:HIGH:STEPS or NAME=A,B,C.

    The steps are spaced geometrically if LOW > 0, otherwise evenly.

    Whole numbers in a list stay integers. A constant of a preset is written as ``constants__reach``.

    >>> axis("leak_rate=0.01:1:3")
    ('leak_rate', [0.01, 0.1, 1.0])
    """
    name, _, values = text.partition("=")
    try:
        if ":" not in values:
            return name, [int(v) if v.strip().lstrip("-").isdigit() else float(v) for v in values.split(",")]
        low, high, steps = values.split(":")
        evenly = np.geomspace if float(low) > 0 and float(high) > 0 else np.linspace
        found = evenly(float(low), float(high), checks.integer("the number of steps", int(steps), 1))
    except ValueError:
        raise checks.InputError(
            f"an axis is '{text}', but NAME=LOW:HIGH:STEPS or NAME=A,B,C is needed; write it like leak_rate=0.01:1:5"
        ) from None
    return name, [float(f"{v:.4g}") for v in found]


def _model(name: str, units: int | None, seed: int) -> Reservoir:
    model: Any = built(name)
    if not isinstance(model, Reservoir):
        raise checks.InputError(f"model is '{name}', which is trained end to end and has no states; name a reservoir")
    model = adjusted(clone(model), units, seed)
    if "engine" in model.get_params(deep=False):
        model.set_params(engine="numba")  # the same spikes, without compiling a Brian2 program
    return model
