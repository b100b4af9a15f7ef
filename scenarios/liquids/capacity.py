"""How much of the past, and of products in it, a linear readout finds in states.

Streams of numbers that have nothing to do with each other, split into training, validation and test; a penalty for
each target, chosen on the validation streams. Memory capacity after Jaeger (2001), GMD report 152.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WASHOUT, DELAYS, XOR_DELAYS = 120, 101, 16
_PENALTIES = np.logspace(-8, 1, 10)
_CLIP = 8.0  # s.d.


@dataclass(frozen=True)
class Split:
    """How many streams train, choose and test, and how many steps each has."""

    train: int = 7
    validation: int = 2
    test: int = 3
    n_steps: int = 600

    @property
    def parts(self) -> tuple[slice, slice, slice]:
        """Which streams are which."""
        first, second = self.train, self.train + self.validation
        return slice(first), slice(first, second), slice(second, second + self.test)


def streams(split: Split, rng: np.random.Generator) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return inputs (n_steps, 1) even in [-1, 1], and others of -1 and 1 alone."""
    shape = (split.train + split.validation + split.test, split.n_steps, 1)
    return list(rng.uniform(-1, 1, shape)), list(rng.choice([-1.0, 1.0], shape))


def past(u: np.ndarray) -> np.ndarray:
    """Return the input of 0, 1 ... 100 steps ago, (n_steps, 101)."""
    return np.column_stack([_late(u, d) for d in range(DELAYS)])


def past_xor(u: np.ndarray) -> np.ndarray:
    """Return u(t - d) u(t - d - 1) for d from 0 to 15, (n_steps, 16): of signs it is the exclusive or."""
    return np.column_stack([_late(u, d) * _late(u, d + 1) for d in range(XOR_DELAYS)])


def capacity(states: list[np.ndarray], targets: list[np.ndarray], split: Split) -> np.ndarray:
    """Return 1 - error / variance on the test streams, not below 0, of each target: 1 is all of it, 0 nothing."""
    X, Y = ([np.vstack([s[WASHOUT:] for s in side[part]]) for part in split.parts] for side in (states, targets))
    mean, sd = X[0].mean(axis=0), X[0].std(axis=0)
    sd[sd == 0] = 1
    X = [np.clip((x - mean) / sd, -_CLIP, _CLIP) for x in X]
    middle = Y[0].mean(axis=0)
    scale, axes = np.linalg.eigh(X[0].T @ X[0] / len(X[0]))
    scale, X = np.maximum(scale, 0), [x @ axes for x in X]
    aims = X[0].T @ (Y[0] - middle) / len(X[0])
    errors = np.array([
        [_error(x @ (aims / (scale + p)[:, None]) + middle, y) for x, y in zip(X[1:], Y[1:], strict=True)]
        for p in _PENALTIES
    ])  # fmt: skip
    chosen = errors[:, 0].argmin(axis=0)
    return np.maximum(0, 1 - errors[chosen, 1, np.arange(len(chosen))])


def _error(predicted: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.asarray(((predicted - y) ** 2).mean(axis=0) / y.var(axis=0))


def _late(u: np.ndarray, delay: int) -> np.ndarray:
    return np.concatenate([np.zeros(delay), u[: len(u) - delay, 0]])
