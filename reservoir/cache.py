"""The cache folder for downloaded, synthesised and compiled files."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import stat
import tempfile
from pathlib import Path

from millpond.reservoir.checks import InputError
from millpond.reservoir.printable import tell


def folder() -> Path:
    """Return the cache folder. It is created if necessary, readable only by this user.

    The environment variable MILLPOND_CACHE sets the folder. The default is the cache folder of the operating system.

    Raises
    ------
    InputError
        The folder cannot be created.
    """
    try:
        return _made()
    except OSError as error:
        raise InputError(
            f"The cache folder '{_place()}' cannot be created ({error.strerror}); "
            "set the environment variable MILLPOND_CACHE to a writable folder"
        ) from None


def _place() -> Path:
    import pooch

    return Path(os.environ.get("MILLPOND_CACHE") or pooch.os_cache("millpond")).expanduser()


def _made() -> Path:
    path = _place()
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    return path


def private(name: str) -> Path:
    """Return the cache folder `name` for executable files, which only this user can read and write.

    Files that other users could have written are removed. If the cache is not writable or belongs to another user, a
    temporary folder is used until this process ends.
    """
    try:
        path = _made() / name
        path.mkdir(mode=0o700, exist_ok=True)
        _make_private(path)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        return _temporary(name, str(error.strerror or error))


def _make_private(path: Path) -> None:
    """Remove the access rights of other users; raise OSError if the folder belongs to another user."""
    if os.name != "posix":
        return
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise OSError(f"{path} belongs to another user")
    if found.st_mode & 0o077:
        path.chmod(0o700)
    if found.st_mode & 0o022:  # other users may have written files
        for inside in path.iterdir():
            shutil.rmtree(inside) if inside.is_dir() and not inside.is_symlink() else inside.unlink()


@functools.cache
def _temporary(name: str, why: str) -> Path:
    path = Path(tempfile.mkdtemp(prefix=f"millpond-{name}-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    tell(
        f"the cache folder {_place()} cannot be used ({why}), so compiled programs are stored in {path} until this "
        "process ends; set MILLPOND_CACHE to a writable folder that belongs to you"
    )
    return path
