"""Numba functions with a private cache of their machine code, which is compiled again if the cache is damaged."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile

from millpond.reservoir import cache

_ROOT = Path(__file__).resolve().parents[1]


def njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Return `numba.njit` with these `options`; ``cache=True`` uses the cache of this module."""
    keep = options.pop("cache", False)
    decorate = numba.njit(**options)

    def made(function: Callable[..., Any]) -> Any:
        dispatcher = decorate(function)
        if keep:
            dispatcher._cache = _cache_of(function)
        return dispatcher

    return made


def _cache_of(function: Callable[..., Any]) -> Any:
    """Return the cache of a function: the default of Numba if it is private, else the user folder."""
    try:
        found = _Cache(function)
        if _is_private(Path(found.cache_path)):
            return found
    except RuntimeError:  # no writable folder
        pass
    numba.config.CACHE_DIR = str(cache.private("numba"))  # type: ignore[attr-defined]
    return _Cache(function)


def _is_private(folder: Path) -> bool:
    """Return whether only this user can write to the folder, or it is in the package itself."""
    if folder.resolve().is_relative_to(_ROOT):
        return True
    if os.name != "posix":
        return True
    found = folder.stat()
    return found.st_uid == os.getuid() and not found.st_mode & 0o022


class _Files(IndexDataCacheFile):
    """Cache files with a SHA-256 at the end, which pickle ignores. Files with a wrong hash are not used."""

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[io.BytesIO]:
        buffer = io.BytesIO()
        yield buffer
        with super()._open_for_write(filepath) as file:
            file.write(buffer.getvalue() + hashlib.sha256(buffer.getvalue()).digest())

    def _load_index(self) -> Any:
        return super()._load_index() if _is_whole(self._index_path) else {}

    def _load_data(self, name: str) -> Any:
        if not _is_whole(self._data_path(name)):
            raise OSError("damaged, or from another version")  # the function is compiled again
        return super()._load_data(name)


class _Cache(FunctionCache):
    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        own = self._cache_file
        self._cache_file = _Files.__new__(_Files)
        vars(self._cache_file).update(vars(own))

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError:  # full disk or missing folder: the function works without a cache
            pass


def _is_whole(path: str) -> bool:
    try:
        data = Path(path).read_bytes()
    except OSError:
        return False
    return hashlib.sha256(data[:-32]).digest() == data[-32:]
