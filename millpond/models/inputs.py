"""Files as inputs of a trained model."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from millpond.recording import Recording
from millpond.reservoir import checks
from millpond.scenarios.speech import audio
from millpond.scenarios.tables import number_of, rows_of

SOUNDS = (".wav", ".flac", ".ogg", ".sph", ".aif", ".aiff", ".mp3")


class Given(NamedTuple):
    """One input: its name, its content, and whether it is scaled already (as the inputs of a recording are).

    The content is a pair (wave, rate in Hz) for models of sound, otherwise a signal (n_steps, n_channels).
    """

    name: str
    content: Any
    scaled: bool = False


def given(names: Iterable[str], is_sound: bool) -> Iterator[Given]:
    """Yield the inputs in files and folders; ``-`` reads a sound or a table from standard input."""
    for name in names:
        path = Path(name)
        if name == "-":
            yield from _stdin(is_sound)
        elif path.is_dir():
            files = sorted(f for f in path.iterdir() if f.suffix.lower() in (SOUNDS if is_sound else (".csv", ".npy")))
            if not files:
                what = "sound files" if is_sound else ".csv or .npy files"
                raise checks.InputError(f"the folder {path} contains no {what}; name another folder or file")
            for file in files:
                yield from _file(file, str(file), is_sound)
        elif not path.is_file():
            raise checks.InputError(f"the input '{name}' does not exist; check the path")
        else:
            yield from _file(path, name, is_sound)


def _stdin(is_sound: bool) -> Iterator[Given]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / ("input.wav" if is_sound else "input.csv")
        file.write_bytes(sys.stdin.buffer.read())
        try:
            yield from _file(file, "-", is_sound)
        except checks.InputError as error:
            raise checks.InputError(str(error).replace(str(file), "standard input")) from None


def _file(path: Path, name: str, is_sound: bool) -> Iterator[Given]:
    kind = path.suffix.lower()
    if kind in (".h5", ".hdf5"):
        with Recording.open(path) as recording:
            names = recording.names
            for i in range(len(recording)):
                yield Given(
                    f"{name}:{i if names is None else names[i]}", recording.inputs[i].astype(np.float64), scaled=True
                )
    elif is_sound:
        yield Given(name, audio.read(path))
    elif kind == ".npy":
        array = _array(path)
        for i, x in enumerate(array if array.ndim == 3 else [array]):
            yield Given(f"{name}:{i}" if array.ndim == 3 else name, checks.signal(x, f"'{name}'"))
    else:
        yield Given(name, checks.signal(_table(path), f"'{name}'"))


def _array(path: Path) -> np.ndarray:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError, TypeError, OverflowError):
        raise checks.InputError(f"'{path}' is not an array of numbers; save one with numpy.save(path, x)") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub" or array.ndim not in (1, 2, 3):
        raise checks.InputError(f"'{path}' is not an array (n_steps, n_channels) of numbers; save such an array")
    return array[:, None] if array.ndim == 1 else array


def _table(path: Path) -> np.ndarray:
    rows, delimiter = rows_of(path, comments=True)
    values = [[number_of(entry, delimiter != ",") for entry in row] for _, row in rows]
    if len(values) > 1 and None in values[0]:
        rows, values = rows[1:], values[1:]  # a header
    for (line, _), row in zip(rows, values, strict=True):
        if None in row or len(row) != len(values[0]):
            raise checks.InputError(
                f"'{path}' is not a table of numbers (line {line}); give each time step one line with one number per "
                "channel"
            )
    if not values:
        raise checks.InputError(f"'{path}' is empty; give each time step one line")
    return np.array(values, np.float64)
