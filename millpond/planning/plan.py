"""Estimates of time, memory, disk and network for a task and a model."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from millpond.evaluation.evaluate import parted
from millpond.evaluation.models import places, value_of
from millpond.planning import machine
from millpond.planning.calibration import STAGES, held, measured
from millpond.planning.notes import notes
from millpond.planning.readout import rates
from millpond.planning.stages import Job, Subject
from millpond.reservoir import Reservoir, checks
from millpond.scenarios.tasks import task_of

SECONDS = 12.0
"""Approximate time for measuring a model (s)."""


_SHORT = 3.0  # loading times below this are measured again, because much may be start-up cost


def plan(
    task: str, model: str, corpus: str, data: str | None, split: str, *, units: int | None, n_sequences: int | None,
    n_workers: int, n_seeds: int = 3, front_end: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Estimate the cost of recording, training and comparing from small runs on this machine.

    Returns
    -------
    dict
        ``stages``, each with ``cpu_seconds`` and ``wall_seconds`` (likely, low, high), ``memory_bytes``, ``disk_bytes``
        and ``network_bytes``; ``measured`` (sizes and speeds); ``notes`` (assumptions and problems).

    Raises
    ------
    InputError
        A name is unknown, the model is trained end to end, or the corpus cannot be used.
    """
    subject = studied(task, model, corpus, data, split, units=units, front_end=front_end)
    n = len(subject.material.sequences) if n_sequences is None else n_sequences
    return foretold(subject, units, n, n_workers, n_seeds)


def studied(
    task: str, model: str, corpus: str, data: str | None, split: str, *, units: int | None,
    front_end: str | None = None, most_sequences: int = 400, seconds: float = SECONDS, folder: Path = Path(),
) -> Subject:  # fmt: skip
    """Measure a model on a task in sizes up to `units` in about `seconds`, plus the time to load the task."""
    module = task_of(task)
    recipe = module.recipe(model, front_end)
    if not isinstance(recipe.model, Reservoir):
        raise checks.InputError(
            f"model is '{model}', which is trained end to end and has no states to plan for; name a reservoir"
        )
    for _ in range(2):
        start = time.process_time()
        raw = module.load(corpus, data)
        material, folds = module.represent(raw, recipe.front_end), module.folds(raw, split)
        loaded = time.process_time()
        sequences = parted(material, folds[0], recipe.model)
        spent = loaded - start, time.process_time() - loaded
        if sum(spent) > _SHORT:
            break
    own, raw_bytes = held(material), held(raw)
    at = places(recipe.model, "n_units")
    found = measured(
        recipe.model, sequences, recipe.pool, folder, raw_bytes + own + held(sequences.signals),
        most_units=(units or value_of(recipe.model, at[0])) if at else None,
        most_sequences=most_sequences, seconds=seconds,
    )  # fmt: skip
    names = {"task": task, "corpus": raw.name, "split": split, "model": model, "front_end": recipe.front_end}
    return Subject(
        names, recipe.model, recipe.pool, material, folds, *spent, raw_bytes, own, found, rates(),
        machine.disk_speeds(folder),
    )  # fmt: skip


def foretold(subject: Subject, units: int | None, n: int, n_workers: int, n_seeds: int = 3) -> dict[str, Any]:
    """Return the plan for `n` sequences and the given numbers of units and workers."""
    job = Job(subject, units, n)
    stages = [job.data(), job.recording(n_workers), job.one_file(n_workers)]
    if subject.material.loop is None:
        seeds = n_seeds if places(subject.model, "random_state") or subject.material.noise else 1
        stages += [job.training(), job.comparison(n_workers, seeds)]
    return {
        **subject.names, "units": job.units if subject.measured.units else None, "columns": job.columns,
        "sequences": n, "rows": round(job.rows), "workers": n_workers, "stages": stages,
        "measured": _told(subject), "notes": notes(job, units, stages),
    }  # fmt: skip


def _told(subject: Subject) -> dict[str, Any]:
    """Return the measurements as plain data."""
    sizes = subject.measured.sizes
    return {
        "units": [size.units for size in sizes] if subject.measured.units else None,
        "columns": [size.model.n_units_ for size in sizes],
        "sequences": [[*size.rows] for size in sizes],
        "seconds": {
            stage: [[taken for _, taken in size.points(stage)] for size in sizes]
            for stage in STAGES
        },
        "write_bytes_per_second": subject.speeds["write"], "copy_bytes_per_second": subject.speeds["copy"],
        "readout_seconds": subject.rates._asdict(),
        "process_bytes": subject.measured.base, "machine_bytes": machine.memory(),
    }  # fmt: skip
