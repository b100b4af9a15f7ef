"""Sequences of different lengths, cut into batches of few shapes, with the noise that training adds.

All chance is drawn here, by numpy: what is compiled draws nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def padded_length(n_steps: int) -> int:
    """Return the length that sequences of `n_steps` are padded to: 8, 16, ... 64, then four in each octave.

    A function of the length alone, so that other folds and other data meet shapes that are compiled already.
    """
    step = max(8, 2 ** int(n_steps - 1).bit_length() // 8)
    return -(-n_steps // step) * step


def by_length(lengths: np.ndarray, size: int, rng: np.random.Generator | None = None) -> list[np.ndarray]:
    """Return the indices of each batch: sequences of similar length side by side.

    With `rng` lengths are blurred by a fifth before they are sorted, and batches come in random order, so
    that no two epochs are alike.
    """
    blur = 1.0 if rng is None else rng.uniform(0.8, 1.25, len(lengths))
    order = np.argsort(lengths * blur, kind="stable")
    parts = [order[i : i + size] for i in range(0, len(order), size)]
    return parts if rng is None else [parts[i] for i in rng.permutation(len(parts))]


@dataclass(frozen=True)
class Noise:
    """What is done to the inputs of the training part, anew in each epoch.

    Attributes
    ----------
    input : float
        Standard deviation of white noise on each value.
    offset : float
        Standard deviation of a constant that each sequence adds to each of its channels: another speaker,
        another microphone.
    blend : float
        Sequences of one label each are moved a share of the way, up to this, to another with their label, brought to
        their length: what lies between two speakers is a third (Chawla et al. 2002, doi:10.1613/jair.953).
    stretch : float
        Sequences are made longer or shorter by a factor of up to 1 + stretch, by linear interpolation.
    dropout : float
        Share of input values set to 0, the others growing in turn.
    """

    input: float = 0.0
    offset: float = 0.0
    blend: float = 0.0
    stretch: float = 0.0
    dropout: float = 0.0

    def blended(
        self, signals: list[np.ndarray], labels: list[np.ndarray], rng: np.random.Generator
    ) -> list[np.ndarray]:
        """Return each signal on its way to another of those with its label."""
        of = np.asarray(labels)
        like = {label: np.flatnonzero(of == label) for label in np.unique(of)}
        partners = [signals[rng.choice(like[label])] for label in of]
        shares = rng.uniform(0, self.blend, len(signals)).astype(signals[0].dtype)
        return [x + s * (resampled(p, len(x)) - x) for x, p, s in zip(signals, partners, shares, strict=True)]

    def stretched(self, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return x (n_steps, n_channels) at another pace."""
        return resampled(x, max(1, round(len(x) * (1 + self.stretch) ** rng.uniform(-1, 1))))

    def added(self, X: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the batch X (n_steps, batch, n_channels) with noise on it, of the same dtype."""
        if self.input:
            X = X + self.input * rng.standard_normal(X.shape, dtype=X.dtype)
        if self.offset:
            X = X + self.offset * rng.standard_normal(X.shape[1:], dtype=X.dtype)
        if self.dropout:
            X = X * kept(X.shape, self.dropout, rng)
        return X


def resampled(x: np.ndarray, n_steps: int) -> np.ndarray:
    """Return x (n, n_channels) with `n_steps` steps, by linear interpolation."""
    at = np.linspace(0, len(x) - 1, n_steps)
    low = np.minimum(at.astype(int), max(len(x) - 2, 0))
    share = (at - low)[:, None].astype(x.dtype)
    return x[low] + share * (x[np.minimum(low + 1, len(x) - 1)] - x[low])


def kept(shape: tuple[int, ...], dropout: float, rng: np.random.Generator) -> np.ndarray:
    """Return 0 for what is dropped and 1 / (1 - dropout) for the rest, float32."""
    return (rng.random(shape, dtype=np.float32) >= dropout) / np.float32(1 - dropout)


def stacked(arrays: list[np.ndarray], size: int, n_steps: int) -> np.ndarray:
    """Return the arrays (n, ...) side by side as (n_steps, size, ...), filled with zeros."""
    out = np.zeros((n_steps, size, *arrays[0].shape[1:]), arrays[0].dtype)
    for k, a in enumerate(arrays):
        out[: len(a), k] = a
    return out
