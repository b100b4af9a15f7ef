"""Headers of sound files: how many bytes of samples they declare, and whether they contradict themselves.

libsndfile reads what is there of a file that was cut short and reports nothing, so the size of the data chunk is
compared with the file here. The size of the whole file, which the first chunk declares, is not used: browsers and other
recorders that write to a stream set it wrongly.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path

from millpond.reservoir.checks import InputError

_ORDERS = {b"RIFF": "<", b"RIFX": ">", b"FORM": ">"}
_UNKNOWN = {0, 0x7FFFFFFF, 0x7FFFF000, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF}  # sizes that streams write
_UNCHECKED = {b"RF64": "RF64", b"riff": "Wave64", b".snd": "AU", b"Crea": "VOC"}
_STREAMED = 0x7FFF0000  # sizes from here on are those of streams, whose length nobody knew
_PCM, _FLOAT, _LAWS, _EXTENSIBLE = 1, 3, (6, 7), 0xFFFE
_SMALL = 1 << 16  # bytes of a header of NIST SPHERE, at most


def check(path: Path) -> None:
    """Raise InputError if a RIFF, RIFX, AIFF or SPHERE file is truncated or its format chunk is inconsistent.

    Raises
    ------
    InputError
        The header declares more samples than the file holds, or two of its numbers exclude each other.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] in _ORDERS and len(head) == 12:
            missing = _missing_of_chunks(file, _ORDERS[head[:4]], size, path)
        elif head[:7] == b"NIST_1A":
            file.seek(0)
            missing = _declared_by_sphere(file.read(_SMALL)) - size
        elif head[:4] in _UNCHECKED:
            raise InputError(
                f"The sound file '{path}' is of a kind ({_UNCHECKED[head[:4]]}) that cannot be checked for missing "
                "samples; convert it to WAV or FLAC"
            )
        else:
            return
    if missing > 0:
        raise InputError(f"The sound file '{path}' is cut short by {missing} bytes; copy or download it again")


def _missing_of_chunks(file, order: str, size: int, path: Path) -> int:  # type: ignore[no-untyped-def]
    """Return how many bytes of the chunk of samples are missing; 0 where there is none or its size is unknown."""
    while len(head := file.read(8)) == 8:
        name, declared = struct.unpack(f"{order}4sI", head)
        at = file.tell()
        if name in (b"data", b"SSND"):
            if declared in _UNKNOWN or declared >= _STREAMED > size:
                return 0
            file.seek(at + declared + declared % 2)
            if not all(byte == 0 or 32 <= byte < 127 for byte in file.read(4)):  # neither a chunk nor a tag nor padding
                raise InputError(
                    f"The sound file '{path}' continues after the {declared} bytes that its header declares; "
                    "copy or download it again"
                )
            return at + declared - size
        if name == b"fmt ":
            _check_format(file.read(min(declared, 40)), order, path)
        file.seek(at + declared + declared % 2)  # chunks start at even places
    return 0


def _check_format(chunk: bytes, order: str, path: Path) -> None:
    """Raise where rate, channels and bits of uncompressed samples do not fit the bytes per frame and per second."""
    if len(chunk) < 16:
        return
    kind, n_channels, rate, speed, width, bits = struct.unpack(f"{order}HHIIHH", chunk[:16])
    if kind == _EXTENSIBLE and len(chunk) >= 26:
        (kind,) = struct.unpack(f"{order}H", chunk[24:26])
    if kind not in (_PCM, _FLOAT, *_LAWS):
        return
    bits = bits if kind not in _LAWS or bits == 8 else 0  # which fits no width
    if width != n_channels * (-(-bits // 8)) or speed not in (0, rate * width):
        raise InputError(
            f"The header of the sound file '{path}' is inconsistent ({n_channels} channels, {bits} bits, {rate} Hz, "
            f"{width} bytes a frame, {speed} bytes a second); copy or download it again"
        )


def _declared_by_sphere(head: bytes) -> int:
    """Return the size in bytes that a SPHERE header declares; 0 where it declares none."""
    text = head.split(b"end_head")[0].decode("ascii", "replace")
    fields = dict(re.findall(r"^(\w+) -i (\d{1,12})\s*$", text, re.MULTILINE))
    samples = int(fields.get("sample_count", 0)) * int(fields.get("channel_count", 1))
    coding = re.search(r"^sample_coding -s\d+ (\S+)", text, re.MULTILINE)
    start = re.match(r"NIST_1A\s+(\d{1,9})\s", text)
    if start is None or (coding is not None and coding[1] != "pcm"):
        return 0
    return int(start[1]) + samples * int(fields.get("sample_n_bytes", 2))
