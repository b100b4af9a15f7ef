"""Notes on a plan: origin of its figures, assumptions, and problems."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from millpond.planning import machine
from millpond.planning.readout import most_features
from millpond.planning.stages import Job
from millpond.planning.words import size

FAR = 100
"""Factor beyond the measured sizes above which a plan is called a guess."""


def notes(job: Job, units: int | None, stages: list[dict[str, Any]]) -> list[str]:
    """Return one or two sentences about each topic."""
    return [*_measured(job), *_assumed(job, stages), *_refused(job, units), *_too_large(job, stages)]


def _measured(job: Job) -> list[str]:
    sizes = job.found.sizes
    runs = [n for size_ in sizes for n in size_.rows]
    known = f"{sizes[0].units:,} to {sizes[-1].units:,} units, " if job.found.units else ""
    found = [f"Measured here, just now: {known}{min(runs)} to {max(runs)} sequences; one core, CPU time."]
    times = {"sequences": job.n / max(runs), "units": job.units / sizes[-1].units}
    far = [f"{times[name]:,.0f} times the {name}" for name in times if times[name] > FAR]
    if far:
        found.append(f"A guess: that is {' and '.join(far)} that were measured.")
    return found


def _assumed(job: Job, stages: list[dict[str, Any]]) -> list[str]:
    by_name = {stage["name"]: stage for stage in stages}
    shares = [f"a recording has {by_name['recording']['shards']:,} shards"]
    if "comparison" in by_name:
        shares.append(f"a comparison {by_name['comparison']['tasks']} runs of a fold and seed")
    found = [
        "Assumed: workers are such cores, share the work evenly, and write to one disk such as this; "
        f"{' and '.join(shares)}, and more workers than these do not help. More sequences are like those there are."
    ]
    if "comparison" in by_name:
        found.append("The comparison is of the model alone: a control of the same size takes as much again.")
    else:
        found.append(
            f"The readout of {job.subject.names['task']} hears itself, for which there is no plan: only recording."
        )
    return found


def _refused(job: Job, units: int | None) -> list[str]:
    if units is None or job.found.units:
        return []
    kind = type(job.subject.model).__name__
    return [
        f"units is {units:,}, but {kind} takes no such number: it has {job.columns:,} columns, and that is planned."
    ]


def _too_large(job: Job, stages: list[dict[str, Any]]) -> list[str]:
    there, found = machine.memory(), []
    large = [f"{stage['name']}, {size(stage['memory_bytes'])}" for stage in stages if stage["memory_bytes"] > there]
    if large:
        found.append(f"Too large for this machine's {size(there)} of memory: {'; '.join(large)}.")
    if any(stage["name"] == "training" and stage["memory_bytes"] > there for stage in stages):
        found.append(_readout(job, max(0.0, there - job.found.base)))
    free = shutil.disk_usage(Path()).free
    if job.file > free:
        found.append(f"The recording does not fit: {size(job.file)}, and {size(free)} are free here.")
    return found


def _readout(job: Job, memory: float) -> str:
    """Return why the training does not fit into `memory`, and the largest size that fits."""
    work, table = job.readouts(1.0)
    largest = max(work, key=lambda w: w.n_bytes)
    columns = max(job.n_features if q.rows is None else job.columns for q in job.subject.material.questions)
    if not largest.gram or columns <= most_features(memory, job.n_groups):
        return (
            f"What readouts see, {size(table)}, is in memory at once: "
            f"{int(job.n * memory / (2 * table + largest.n_bytes)):,} sequences fit."
        )
    fits = most_features(memory, job.n_groups)
    return (
        f"A ridge readout of {columns:,} columns has a Gram matrix of {size(8.0 * columns**2)} and takes "
        f"{largest.operations:.0e} operations; this machine's memory holds those of {fits:,} columns, "
        f"{fits * job.units // columns:,} units."
    )
