"""The optional package that reads the microphone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from millpond.reservoir.checks import InputError


@contextmanager
def device() -> Iterator[Any]:
    """Yield the package sounddevice; errors of the microphone become one sentence.

    Raises
    ------
    InputError
        The package or the system's PortAudio is missing, or the microphone cannot be used.
    """
    try:
        import sounddevice
    except (ImportError, OSError):  # OSError if PortAudio is missing
        raise InputError(
            "the microphone needs the package sounddevice and the system's PortAudio; install it with "
            "pip install 'millpond[microphone]', or give a sound file"
        ) from None
    try:
        yield sounddevice
    except sounddevice.PortAudioError as error:
        raise InputError(f"the microphone cannot be used ({error}); give a sound file") from None
