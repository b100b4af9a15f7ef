"""Where what was downloaded, synthesised or compiled is kept between runs."""

from __future__ import annotations

import os
from pathlib import Path

from reservoir.checks import InputError


def folder() -> Path:
    """Return the cache folder, made if need be.

    It is the user's cache folder of the operating system, or what the environment variable MILLPOND_CACHE
    names.

    Raises
    ------
    InputError
        The folder cannot be made.
    """
    import pooch

    path = Path(os.environ.get("MILLPOND_CACHE") or pooch.os_cache("millpond")).expanduser()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The cache folder '{path}' cannot be made ({error.strerror}); "
            "set the environment variable MILLPOND_CACHE to a folder that can be written"
        ) from None
    return path
