"""What ``millpond measure`` does: the card of a substrate, live or recorded, and maps over two parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from measures import MEASURES, Card, Map, card, probe, sweep
from reservoir import Recording, Reservoir, checks, record
from reservoir.crews import certain
from reservoir.progress import bar
from scenarios.crew import crew
from scenarios.models import adjusted, built

_MAPPED = ("memory capacity", "product capacity", "kernel rank", "Lyapunov exponent")


def measure(model: str, units: int | None = None, keep: Path | None = None, seed: int = 0) -> Card:
    """Return the card of the model called `model`; with `keep`, recorded there first and measured from that file."""
    chosen = _model(model, units, seed)
    if keep is None:
        with threadpool_limits(1):  # many small products
            return card(chosen, random_state=seed)
    record(chosen, probe(seed), keep, dtype="float64").close()
    return recorded(keep, seed)


def recorded(file: Path, seed: int = 0) -> Card:
    """Return the card of the recording `file` of a probe."""
    with threadpool_limits(1), Recording.open(file) as recording:
        return card(recording, random_state=seed)


def side_by_side(
    models: list[str], units: int | None, n_seeds: int, n_workers: int | None = None, scheduler: str | None = None
) -> dict[str, list[Card]]:
    """Return a card for each seed of each model."""
    chosen = {(name, seed): _model(name, units, seed) for name in models for seed in range(n_seeds)}
    cards = {}
    with (
        crew(None, n_workers, scheduler, len(chosen)) as run,
        bar(len(chosen), f"{len(models)} models x {n_seeds} seeds") as advance,
    ):
        for at, found in certain(run(_card, {at: (model, at[1]) for at, model in chosen.items()})):
            cards[at] = found
            advance(1)
    return {name: [cards[name, seed] for seed in range(n_seeds)] for name in models}


def _card(item: tuple[Reservoir, int], _: None) -> Card:
    model, seed = item
    return card(model, random_state=seed)


def chart(
    model: str, axes: list[str], units: int | None, n_workers: int | None = None, scheduler: str | None = None
) -> Map:
    """Return a map of the model called `model` over `axes`, each written as NAME=LOW:HIGH:STEPS or NAME=A,B,C."""
    parsed = [axis(text) for text in axes]
    if len({name for name, _ in parsed}) < len(parsed):
        raise checks.InputError(f"the axes are {', '.join(name for name, _ in parsed)}; name two that differ")
    chosen, measures = _model(model, units, 0), {name: MEASURES[name] for name in _MAPPED}
    with crew(None, n_workers, scheduler) as run:
        return sweep(chosen, dict(parsed), measures, run=run)


def axis(text: str) -> tuple[str, list[float | int]]:
    """Return the parameter and its values of NAME=LOW:HIGH:STEPS (evenly, by ratio where LOW > 0) or NAME=A,B,C.

    Whole numbers in a list stay whole. A constant of a preset is named as ``constants__reach``.

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
        model.set_params(engine="numba")  # the same spikes, without building a program for one card
    return model
