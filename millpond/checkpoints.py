"""Checkpoints of long commands: each outcome is written to disk as soon as it is computed.

An outcome is a ``.npz`` file without pickle: arrays, and all other data as JSON. Its name is a hash of everything that
the outcome depends on, so only a call with the same settings reuses it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from millpond.evaluation.evaluate import Outcome
from millpond.evaluation.folds import Fold
from millpond.evaluation.models import adjusted
from millpond.evaluation.task_data import Material
from millpond.execution import versions
from millpond.execution.jobs import Data, Entry, Job, Nested
from millpond.reservoir import checks, source
from millpond.reservoir.printable import tell
from millpond.reservoir.provenance import config, digest, plain
from millpond.reservoir.spike_trains import SpikeRows
from millpond.reservoir.workers import Run, Work

FOLDER = "outcomes"
_FORMAT = 1  # of the file format


@contextmanager
def resumed(run: Run, folder: Path, key: Callable[[Any], str], what: str) -> Iterator[Run]:
    """Yield a `Run` that stores the results of `run` in `folder` and computes only those that are missing.

    The stored results are removed when the context ends without error, because they are then written elsewhere.

    Parameters
    ----------
    run : Run
    folder : Path
    key : callable
        Returns a hash of everything that the result of an item depends on.
    what : str
        Name of the results in the message about resuming.
    """
    keys: dict[Any, str] = {}

    def again(work: Work, items: dict[Any, Any]) -> Iterator[tuple[Any, Any]]:
        keys.update({name: key(item) for name, item in items.items()})
        done = found(folder, {name: keys[name] for name in items})
        if done:
            going_on(len(done), len(items), what, folder)
        yield from done.items()
        left = {name: item for name, item in items.items() if name not in done}
        for name, outcome in run(work, left) if left else ():
            if not isinstance(outcome, checks.InputError):
                keep(folder, keys[name], outcome)
            yield name, outcome

    yield again
    forget(folder, keys.values())


def going_on(n_done: int, n: int, what: str, folder: Path) -> None:
    """Print that an interrupted call resumes."""
    tell(f"resuming: {n_done} of {n} {what} are in {folder}")


def found(folder: Path, keys: dict[Any, str]) -> dict[Any, Any]:
    """Return the stored outcomes (or plain data) of jobs in `folder`."""
    read = {job: _read(folder / f"{key}.npz") for job, key in keys.items()}
    return {job: outcome for job, outcome in read.items() if outcome is not None}


def keep(folder: Path, key: str, outcome: Outcome | dict[str, Any]) -> None:
    """Write an outcome (or plain data) to `folder` atomically.

    Raises
    ------
    InputError
        The disk is full. Earlier outcomes are kept.
    """
    path = folder / f"{key}.npz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(path, outcome)
    except OSError as error:
        raise checks.InputError(
            f"writing {path} failed ({error.strerror or error}); free some space and repeat the call, which resumes"
        ) from error


def forget(folder: Path, keys: Iterable[str]) -> None:
    """Remove the outcomes with these `keys`; those of other calls are kept."""
    for key in keys:
        for path in folder.glob(f"{key}*"):
            path.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


def keys_of(jobs: list[Job], entries: list[Entry], data: Data, folds: list[Fold], nested: Nested) -> dict[Job, str]:
    """Return a hash for each job of everything that its outcome depends on: code, versions, model, seed, data, fold."""
    materials = {name: _material(material) for name, material in data.items()}
    parted = [digest([f.train, f.test, f.validation]) for f in folds]
    curves = {at: digest([part for _, part in parts], *(share for share, _ in parts)) for at, parts in nested.items()}
    found = {}
    for e, seed, f in jobs:
        entry = entries[e]
        pool = None if entry.pool is None else entry.pool.get_params()
        given = (config(adjusted(entry.model, seed=seed)), entry.kind == "baseline", seed, pool)
        at = (materials[entry.front_end], parted[f], curves.get((seed, f)))
        found[e, seed, f] = digest([], code(entry.model), given, at)
    return found


def code(model: Any) -> list[Any]:
    """Return the hashes of the code that runs a model: all of Millpond, and the modules of `reservoir.source.code`."""
    return [digest([], _FORMAT, versions.mark()), source.code(model)]


def _material(material: Material) -> str:
    s, loop = material.sequences, material.loop
    also = [a for a in (s.labels, s.groups, s.split, s.names, material.weights) if a is not None]
    asked = [[*q.answers, *(q.rows or [])] for q in material.questions]
    shape = [s.period, s.lengths, s.n_channels]
    facts = [*shape, material.noise, [[q.name, q.score, q.pooling, q.rows is None] for q in material.questions]]
    looped = None if loop is None else [loop.n_taught, loop.noise, loop.asked.__module__, loop.asked.__qualname__]
    heard = [a for x in s.signals for a in ([x.trains.times, x.trains.units] if isinstance(x, SpikeRows) else [x])]
    return digest([*heard, *(s.targets or []), *also, *(a for arrays in asked for a in arrays)], facts, looped)


def _write(path: Path, outcome: Outcome | dict[str, Any]) -> None:
    if isinstance(outcome, dict):
        about, arrays = plain(outcome), []
    else:
        about = plain({k: v for k, v in asdict(outcome).items() if k not in ("predicted", "fewer")})
        about |= {"predicted": list(outcome.predicted), "fewer": list(outcome.fewer)}
        arrays = [np.asarray(a) for a in (*outcome.predicted.values(), *outcome.fewer.values())]
    if any(a.dtype.hasobject for a in arrays):
        return  # answers that would need pickle are not stored but computed again
    text = json.dumps(about)
    fresh = path.with_suffix(".new")
    try:
        with fresh.open("wb") as file:
            np.savez(file, np.array(text), *arrays)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _read(path: Path) -> Outcome | dict[str, Any] | None:
    """Return the outcome (or plain data) in a file, or None if the file is missing or damaged."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            about: dict[str, Any] = json.loads(str(file["arr_0"]))
            arrays = [file[f"arr_{k + 1}"] for k in range(len(file.files) - 1)]
        if "predicted" not in about:
            return about
        names, shares = about.pop("predicted"), about.pop("fewer")
        predicted = dict(zip(names, arrays[: len(names)], strict=True))
        return Outcome(predicted, fewer=dict(zip(shares, arrays[len(names) :], strict=True)), **about)
    except Exception:  # zipfile and numpy raise various errors for damaged bytes
        return None
