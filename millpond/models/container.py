"""The container of a model file: JSON data and arrays in one uncompressed zip file.

The members are ``model.json`` and one ``arrays/NNNN.npy`` for each array. Nothing is compressed, all dates are fixed
and the comment at the end holds the CRC-32 of all bytes before it. The same content therefore gives the same bytes,
and a change of any byte is detected. A checksum does not protect against a person who changes both.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from millpond.reservoir import checks
from millpond.reservoir.files import replace

_DATE = (1980, 1, 1, 0, 0, 0)
_JSON = "model.json"
_COMMENT = len(b"millpond 00000000")
_KINDS = "biufcU"
LARGEST_FILE = 2**31  # bytes


def packed(what: dict[str, Any], arrays: list[np.ndarray]) -> bytes:
    """Return the bytes of a model file with the JSON data `what` and `arrays`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as file:
        _add(file, _JSON, json.dumps(what, indent=1).encode())
        for i, array in enumerate(arrays):
            npy = io.BytesIO()
            np.lib.format.write_array(npy, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            _add(file, _array_name(i), npy.getvalue())
        file.comment = b" " * _COMMENT
    content = out.getvalue()[:-_COMMENT]
    return content + f"millpond {zlib.crc32(content):08x}".encode()


def _add(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _DATE)
    info.create_system, info.external_attr = 3, 0o644 << 16
    file.writestr(info, content)


def _array_name(i: int) -> str:
    return f"arrays/{i:04d}.npy"


def write(path: str | Path, content: bytes) -> None:
    """Write a file atomically; its folder must exist."""
    path = Path(path)
    checks.has_folder(path)
    if path.is_dir():
        raise checks.InputError(f"{path} is a folder; name a file to write the model to")
    replace(path, content)


def unpacked(path: str | Path) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Return JSON data and arrays of a model file.

    Raises
    ------
    InputError
        The file is missing, damaged, too large or not a model.
    """
    path = Path(path)
    if not path.is_file():
        raise checks.InputError(f"the model file '{path}' does not exist; check the path")
    if path.stat().st_size > LARGEST_FILE:
        raise checks.InputError(f"the model file '{path}' is larger than {LARGEST_FILE} bytes; save a smaller model")
    content = path.read_bytes()
    try:
        _check_sum(content)
        return _read(content)
    except checks.InputError as error:
        raise checks.InputError(f"the model file '{path}' cannot be used: {error}; save or copy it again") from None
    except (ValueError, KeyError, zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RecursionError,
            SyntaxError, TypeError, MemoryError, UnicodeError, RuntimeError, OverflowError):  # fmt: skip
        raise checks.InputError(
            f"the model file '{path}' cannot be used: it is damaged; save or copy it again"
        ) from None


def _check_sum(content: bytes) -> None:
    if not content.startswith(b"PK\x03\x04"):
        raise checks.InputError("it is not a file written by millpond.save")
    if content[-_COMMENT:] != f"millpond {zlib.crc32(content[:-_COMMENT]):08x}".encode():
        raise checks.InputError("its checksum differs from its contents, so that it is damaged")


def _read(content: bytes) -> tuple[dict[str, Any], list[np.ndarray]]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        members = file.infolist()
        names = [_JSON, *map(_array_name, range(len(members) - 1))]
        if [m.filename for m in members] != names:
            raise checks.InputError("its members have other names than those of a model")
        if any(m.compress_type != zipfile.ZIP_STORED or m.file_size != m.compress_size for m in members):
            raise checks.InputError("it has compressed members, which millpond.save does not write")
        if sum(m.file_size for m in members) > len(content):
            raise checks.InputError("its members claim more bytes than the file has")
        what = json.loads(file.read(members[0]))
        if not isinstance(what, dict):
            raise checks.InputError("its description is not a JSON object")
        return what, [_array(file.read(m)) for m in members[1:]]


def _array(content: bytes) -> np.ndarray:
    """Return the array of a .npy member; its size is compared with the member before memory is allocated."""
    stream = io.BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise checks.InputError("an array has another version of the .npy format than 1.0")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.kind not in _KINDS or dtype.hasobject:
        raise checks.InputError(f"an array has the type {dtype}, but only numbers and texts are allowed")
    data = content[stream.tell() :]
    if fortran or min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(data):
        raise checks.InputError("an array claims another size than the file holds")
    if dtype.itemsize == 0:
        return np.zeros(shape, dtype) if math.prod(shape) < 10**6 else np.zeros(0, dtype)
    return np.frombuffer(data, dtype).reshape(shape).copy()
