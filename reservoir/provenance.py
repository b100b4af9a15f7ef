"""Provenance of a result: configuration, versions, commit, and a fingerprint of the inputs."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import shlex
import subprocess
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path, PurePath
from typing import Any

import numpy as np

_PACKAGES = ("millpond", "numpy", "scipy", "numba", "h5py", "scikit-learn", "brian2", "jax")


def plain(value: Any) -> Any:
    """Return `value` as JSON data. A large array becomes its shape, dtype and hash, an estimator its `config`."""
    if isinstance(value, np.generic):
        return value.item()
    if hasattr(value, "tocsr"):
        return {"sparse": list(value.shape), "sha256": _hash([value.tocsr().data, value.tocsr().indices])}
    if isinstance(value, np.ndarray):
        if value.size <= 64:
            return value.tolist()
        return {"array": list(value.shape), "dtype": str(value.dtype), "sha256": _hash([value])}
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if hasattr(value, "get_params") and not isinstance(value, type):
        return config(value)
    return value if isinstance(value, str | int | float | bool | None) else repr(value)


def config(model: Any) -> dict[str, Any]:
    """Return class and parameters of a scikit-learn estimator as plain data."""
    kind = type(model)
    return {"class": f"{kind.__module__}:{kind.__qualname__}", "params": plain(model.get_params(deep=False))}


def fingerprint(model: Any, arrays: Iterable[np.ndarray], *facts: Any) -> str:
    """Return a hash of a fitted model (parameters and drawn arrays), of `arrays` and of plain `facts`.

    Two calls with the same fingerprint compute the same states.
    """
    fitted = {k: v for k, v in sorted(vars(model).items()) if k.endswith("_") or k.startswith("_")}
    held = [a for v in fitted.values() for a in _arrays(v)]
    what = config(model)
    what["params"].pop("n_jobs", None)  # the number of workers does not change results
    what["params"].pop("random_state", None)  # the drawn weights are in the fitted arrays
    return digest([*held, *arrays], what, facts)


def digest(arrays: Iterable[np.ndarray], *facts: Any) -> str:
    """Return a hash of plain `facts` and of `arrays`."""
    return _hash([json.dumps(plain(facts), sort_keys=True).encode(), *arrays])


@cache
def environment() -> dict[str, str]:
    """Return the versions of the packages that a result depends on."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:  # run from a checkout, or not needed here
            found[name] = "not installed"
    return found


def typed(words: Sequence[str]) -> str:
    """Return the `words` of a command as typed; paths outside the working folder are reduced to their last part.

    >>> typed(["/home/me/scenarios/__main__.py", "compare", "ts", "--data", "/home/me/waves", "--out=../b", "a/b"])
    'millpond compare ts --data waves --out=b a/b'
    """
    if not words:
        return ""
    name = PurePath(words[0]).name
    return shlex.join(["millpond" if name == "__main__.py" else name, *map(_shortened, words[1:])])


def _shortened(word: str) -> str:
    head, equals, path = word.rpartition("=")
    where = PurePath(path)
    return head + equals + (where.name if where.is_absolute() or ".." in where.parts else path)


@cache
def git_commit() -> tuple[str, bool]:
    """Return the commit of the checkout that contains this package ("" if none) and whether it was changed.

    The result is cached, because imported code does not change.
    """
    folder = Path(__file__).parent

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()

    try:
        if not git("ls-files", "--", Path(__file__).name):  # installed inside another repository
            return "", False
        return git("rev-parse", "HEAD"), bool(git("status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return "", False


def _arrays(value: Any) -> list[np.ndarray]:
    if hasattr(value, "tocsr"):
        return [value.data, value.indices, value.indptr]
    return [value] if isinstance(value, np.ndarray) else []


_name = cache(str)  # numpy formats a dtype on every call


def _hash(parts: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.shape}{_name(part.dtype)}".encode())
            part = np.ascontiguousarray(part)
            part = part.view(np.uint8) if part.size and part.dtype.kind in "fiub" else repr(part.tolist()).encode()
        digest.update(part)
    return digest.hexdigest()
