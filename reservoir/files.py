"""Files that are written as a whole or not at all."""

from __future__ import annotations

import secrets
from pathlib import Path

from millpond.reservoir.checks import InputError


def replace(path: Path, content: bytes) -> Path:
    """Write a file atomically, also if other processes write it, and return its path.

    An interrupted call leaves the earlier file or none.

    Raises
    ------
    InputError
        The disk is full, or the folder is not writable.
    """
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    try:
        fresh.write_bytes(content)
        fresh.replace(path)
    except OSError as error:
        raise InputError(
            f"writing {path} failed ({error.strerror or error}); free some space and repeat the call"
        ) from error
    finally:
        fresh.unlink(missing_ok=True)
    return path
