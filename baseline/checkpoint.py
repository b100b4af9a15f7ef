"""Networks and trainings on disk: one npz file of arrays and a line of JSON, without pickle."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from millpond.reservoir import checks


def write(path: str | Path, what: dict[str, Any], trees: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write `what` (JSON), the leaves of `trees` and `arrays`, in one stroke: the file is whole or not there."""
    import jax

    path = Path(path)
    held = {f"array {name}": np.asarray(a) for name, a in arrays.items()}
    for name, tree in trees.items():
        held |= {f"{name} {i}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves(tree))}
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        np.savez(file, allow_pickle=False, **{"what": np.array(json.dumps(what))}, **held)
    fresh.replace(path)


def read(path: str | Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what was written: the JSON part, and all arrays by name.

    Raises
    ------
    InputError
        No such file, or one that is something else.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            held = {name: file[name] for name in file.files}
        return json.loads(str(held.pop("what"))), held
    except FileNotFoundError:
        raise checks.InputError(f"there is no file {path}; give one that save() has written") from None
    except (ValueError, KeyError, OSError) as error:
        raise checks.InputError(f"{path} is not a network ({error}); give a file that save() has written") from None


def filled(name: str, tree: Any, held: dict[str, np.ndarray]) -> Any:
    """Return a tree like `tree` with the leaves that are held under `name`."""
    import jax

    leaves, shape = jax.tree.flatten(tree)
    return jax.tree.unflatten(shape, [held[f"{name} {i}"] for i in range(len(leaves))])


def fingerprint(config: dict[str, Any], arrays: list[np.ndarray]) -> str:
    """Return a name for a training: its parameters and its data."""
    digest = hashlib.sha256(json.dumps(config, sort_keys=True, default=str).encode())
    for a in arrays:
        digest.update(str((a.shape, a.dtype)).encode())
        digest.update(np.ascontiguousarray(a).tobytes())
    return digest.hexdigest()
