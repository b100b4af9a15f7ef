"""Scales, ticks and non-overlapping labels for plots."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

SIZE = 11
"""Font size of labels in pixels."""


class Scale(NamedTuple):
    """A linear or logarithmic map from [`low`, `high`] to [`start`, `end`] pixels."""

    low: float
    high: float
    start: float
    end: float
    is_log: bool = False

    def __call__(self, value: float) -> float:
        """Return the position of `value` in pixels."""
        a, b, v = (math.log10(x) if self.is_log else x for x in (self.low, self.high, value))
        return self.start + (v - a) / (b - a) * (self.end - self.start)


def ticks(low: float, high: float, n: int = 5) -> list[float]:
    """Return about `n` round numbers in [low, high].

    >>> ticks(0.78, 0.95)
    [0.8, 0.85, 0.9, 0.95]
    """
    raw = (high - low) / n
    power = 10.0 ** math.floor(math.log10(raw))
    step = power * next(m for m in (1, 2, 2.5, 5, 10) if m * power >= 0.999 * raw)
    return [round(k * step, 12) for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def decades(low: float, high: float) -> list[float]:
    """Return the powers of ten in [low, high], with intermediate values if there are fewer than three."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1,), (1, 3), (1, 2, 5)):
        found = [m * 10.0**p for p in powers for m in factors if low <= m * 10.0**p <= high]
        if len(found) > 2:
            return found
    return found or [low, high]


class Box(NamedTuple):
    """A rectangle, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Return whether the two rectangles overlap."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def width(text: str, size: float = SIZE) -> float:
    """Return the estimated width of a text in pixels, rather too large than too small."""
    return sum(0.95 if c in "MWmw@%" or ord(c) > 0x2E7F else 0.36 if c in "iljtf.,:'|! " else 0.66 for c in text) * size


def label(text: str, x: float, y: float, taken: Iterable[Box], inside: Box, most: float) -> Box | None:
    """Return a free place for the label of the point (x, y), at most `most` pixels away, or None."""
    w, h, taken = width(text), SIZE * 1.25, list(taken)
    for gap in (g for g in (7, 16, 28, 42, 60, 80) if g <= most):
        for dx, dy in ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1)):
            left = x + gap * dx if dx > 0 else x - gap * -dx - w if dx else x - w / 2
            top = y - h / 2 + dy * (gap + (0 if dx else h / 2))
            box = Box(left, top, left + w, top + h)
            is_in = inside.left <= box.left and box.right <= inside.right
            is_in = is_in and inside.top <= box.top and box.bottom <= inside.bottom
            if is_in and not any(box.meets(other) for other in taken):
                return box
    return None


def mark(kind: str, x: float, y: float) -> str:
    """Return the mark of a row: a dot for a reservoir, a ring for a control, a diamond for a baseline."""
    if kind == "baseline":
        return f'<path class="baseline" d="M{x - 6:.1f} {y:.1f}l6 -6 6 6 -6 6z"/>'
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{3.4 if kind == "control" else 5}"/>'


def spread(places: list[float], gap: float, low: float, high: float) -> list[float]:
    """Return `places` moved apart to at least `gap`, in the same order and within [low, high] if possible.

    >>> spread([5.0, 5.0, 20.0], 4, 0, 30)
    [5.0, 9.0, 20.0]
    """
    order = sorted(range(len(places)), key=places.__getitem__)
    found, last = dict.fromkeys(order, 0.0), low - gap
    for i in order:
        found[i] = last = max(places[i], last + gap)
    limit = max(high, low + gap * (len(places) - 1)) + gap
    for i in reversed(order):
        found[i] = limit = min(found[i], limit - gap)
    return [found[i] for i in range(len(places))]
