"""Removal of control characters from text that is printed or shown on a page."""

from __future__ import annotations

import re
import sys
import unicodedata

_SEQUENCE = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?")
_KINDS = ("Cc", "Cs", "Zl", "Zp")
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str, lines: bool = False) -> str:
    r"""Return `text` without control characters, escape sequences, lone surrogates and changes of direction.

    With `lines`, line breaks are kept.

    >>> printable("\x1b[31mred\x07")
    'red'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in _SEQUENCE.sub("", text) if _shows(c) or (lines and c == "\n"))


def tell(what: str) -> None:
    """Print a message to standard error on one line."""
    print(f"millpond: {printable(what.replace(chr(10), ' '))}", file=sys.stderr)  # noqa: T201


def _shows(c: str) -> bool:
    return c not in _DIRECTIONS and unicodedata.category(c) not in _KINDS
