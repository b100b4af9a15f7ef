"""Normalisation of labels from files."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

_EXACT = 2.0**53  # smaller integers are exact in float


def one_spelling(labels: Sequence[str]) -> list[str]:
    """Return labels stripped and in the composed form of Unicode. If all are numbers, equal numbers get equal labels.

    >>> one_spelling(["1", "2.0", "01"]), one_spelling(["1", "yes "]), one_spelling(["0.50", ".5"])
    (['1', '2', '1'], ['1', 'yes'], ['0.5', '0.5'])
    """
    plain = [unicodedata.normalize("NFC", label.strip()) for label in labels]
    try:
        values = [float(label) for label in plain]
    except ValueError:
        return plain
    if any(not math.isfinite(v) or abs(v) >= _EXACT for v in values) or any("_" in label for label in plain):
        return plain
    return [str(int(v)) if v == int(v) else repr(v) for v in values]
