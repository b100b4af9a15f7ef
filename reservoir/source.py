"""Hashes of the source code that a model runs, so that results of different code can be distinguished."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import sys
import sysconfig
import threading
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.machinery import PathFinder
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from millpond.reservoir.interface import Reservoir

_ROOT = Path(__file__).resolve().parents[1]
_OWN = ("esn", "lsm", "physical", "baseline", "readout")
"""Packages of Millpond with kernels. Each is hashed as a whole."""
_FRAME = ("reservoir", "recording", "measures", "evaluation", "scenarios", "millpond")
_INTERFACE = ("millpond.reservoir.interface", "millpond.recording.filling")
_MOST = 300  # modules: an HDF5 attribute is limited to 64 kB
_INSTALLED = {"site-packages", "dist-packages"}
_parsing = threading.Lock()  # Python 3.11 fails if two threads build syntax trees
_STDLIB = Path(sysconfig.get_paths()["stdlib"]).resolve()


def code(model: Any) -> dict[str, str]:
    """Return a hash of every source module that `model` runs, by module name.

    These are the modules of its class, its base classes and its parts, and all modules that they import directly or
    indirectly. A kernel package of Millpond is included as a whole. Other installed packages are not included, unless
    they define the model; their versions are stored as the environment. For an interactively defined class, which has
    no file, the compiled functions are hashed.
    """
    kinds = [*_kinds(model)]
    tops = {_top(kind) for kind in kinds if isinstance(kind, type) and issubclass(kind, Reservoir)}
    found = {name: _hash((_ROOT / Path(*name.split(".")[1:])).with_suffix(".py")) for name in _INTERFACE}
    seen: set[str] = set()
    todo = [kind.__module__ for kind in kinds]
    while todo:
        if (name := todo.pop()) in seen:
            continue
        seen.add(name)
        file = _file(name)
        if file is None:
            if own_kinds := [kind for kind in kinds if kind.__module__ == name]:
                found[_shown(name)] = _typed(own_kinds)
        elif own := _own(file):
            found |= _package(own)
        elif _counts(file) or (name.partition(".")[0] in tops - {"millpond"}):
            found[_shown(name)] = _hash(file)
            todo += _imports(name, file, found[_shown(name)])
    return _few(found)


def _few(found: dict[str, str]) -> dict[str, str]:
    """Return the hashes by name; if there are too many modules for a file, the hashes of whole packages."""
    if len(found) > _MOST:
        tops: dict[str, str] = {}
        for name, value in sorted(found.items()):
            top = name.partition(".")[0]
            tops[top] = hashlib.sha256(f"{tops.get(top)}{value}".encode()).hexdigest()[:16]
        found = tops
    return dict(sorted(found.items()))


def kept(text: Any) -> dict[str, str] | None:
    """Return the hashes that a file stores as JSON, or None if it stores none that can be read."""
    try:
        found = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None
    whole = isinstance(found, dict) and all(isinstance(v, str) for v in found.values())
    return found if whole else None


def difference(before: dict[str, str], now: dict[str, str]) -> str:
    """Return the names of the modules that differ, or an empty string."""
    changed = [name for name in before if name in now and before[name] != now[name]]
    gone, new = sorted(before.keys() - now.keys()), sorted(now.keys() - before.keys())
    parts = [(changed, "changed"), (gone, "no longer used"), (new, "new")]
    return "; ".join(f"{_some(names)} {word}" for names, word in parts if names)


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _kinds(model: Any) -> Iterator[Any]:
    """Yield the classes of a model and its parameters, and the functions among the parameters."""
    params = model.get_params(deep=True).values() if hasattr(model, "get_params") else ()
    for value in [model, *_flat(params)]:
        yield from (kind for kind in type(value).__mro__ if kind.__module__ != "builtins")
        if callable(value) and isinstance(getattr(value, "__module__", None), str):
            yield value


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list | tuple | dict):
            yield from _flat(value.values() if isinstance(value, dict) else value)
        else:
            yield value


def _top(kind: Any) -> str:
    return kind.__module__.partition(".")[0]


def _shown(name: str) -> str:
    return "__main__" if name == "__mp_main__" else name  # the name of the script in a spawned process


def _file(name: str) -> Path | None:
    """Return the file of a module without importing it."""
    loaded = getattr(sys.modules.get(name), "__file__", None)
    if loaded is not None:
        return Path(loaded).resolve()
    try:
        top, *rest = name.split(".")
        spec: Any = importlib.util.find_spec(top)
        for k in range(len(rest)):
            spec = PathFinder.find_spec(".".join([top, *rest[: k + 1]]), spec.submodule_search_locations)
        origin = Path(spec.origin)
    except (AttributeError, ImportError, TypeError, ValueError):
        return None
    return origin.resolve() if origin.is_file() else None


def _own(file: Path) -> str:
    """Return the kernel package of Millpond that contains a file, or an empty string."""
    inside = file.relative_to(_ROOT).parts if file.is_relative_to(_ROOT) else ("",)
    return inside[0] if inside[0] in _OWN else ""


def _counts(file: Path) -> bool:
    """Return whether a module is user code: neither installed, nor part of Python, nor of Millpond."""
    if file.is_relative_to(_ROOT) and file.relative_to(_ROOT).parts[0] in _FRAME:
        return False
    return not (_INSTALLED & set(file.parts)) and not file.is_relative_to(_STDLIB)


@cache
def _package(name: str) -> dict[str, str]:
    files = sorted((_ROOT / name).rglob("*.py"))
    return {".".join(["millpond", *file.relative_to(_ROOT).with_suffix("").parts]): _hash(file) for file in files}


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]


@cache
def _imports(name: str, file: Path, _: str) -> list[str]:
    """Return the names of the modules that a module with the hash `_` may import."""
    try:
        with _parsing:
            tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):  # compiled, or without source
        return []
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parts, *filter(None, [base])])
            found += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    homes = getattr(sys.modules.get("millpond"), "_HOME", {})  # of the public names, which are no modules
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found += [f"millpond.{home}" for public, home in homes.items()
              if f"millpond.{public}" in found or ("millpond" in found and public in used)]  # fmt: skip
    prefixes = {".".join(n.split(".")[: k + 1]) for n in found for k in range(n.count(".") + 1)}
    return sorted(n for n in prefixes if n and n.partition(".")[0] not in sys.stdlib_module_names)


def _typed(kinds: Iterable[Any]) -> str:
    """Return a hash of classes and functions without a file."""
    found = hashlib.sha256()
    functions: dict[str, FunctionType] = {}
    for kind in kinds:
        members = vars(kind).items() if isinstance(kind, type) else [(kind.__name__, kind)]
        for name, value in sorted(members):
            if isinstance(value := getattr(value, "__func__", value), FunctionType):
                functions[f"{kind.__qualname__}.{name}"] = value
            elif isinstance(value, bool | int | float | str | tuple):
                found.update(f"{name}={value!r}".encode())
    while functions:
        name, function = functions.popitem()
        for used in _bytecode(function.__code__, found):
            value = function.__globals__.get(used)
            if isinstance(value, FunctionType) and value.__module__ == function.__module__ and value is not function:
                _bytecode(value.__code__, found)
            elif isinstance(value, bool | int | float | str | tuple):
                found.update(f"{used}={value!r}".encode())
        found.update(name.encode())
    return found.hexdigest()[:16]


def _bytecode(of: CodeType, found: Any) -> tuple[str, ...]:
    """Add a function to a hash; return the names that it uses."""
    names = of.co_names
    found.update(of.co_code + repr(names).encode())
    for constant in of.co_consts:
        if isinstance(constant, CodeType):
            names += _bytecode(constant, found)
        else:  # a set has no defined order
            found.update(repr(sorted(map(repr, constant)) if isinstance(constant, frozenset) else constant).encode())
    return names
