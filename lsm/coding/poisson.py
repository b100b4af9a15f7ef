"""Rates by chance."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from millpond.lsm.coding import signs
from millpond.lsm.coding.decoding import low_pass
from millpond.lsm.coding.volley import Volley, of_raster
from millpond.lsm.units import si
from millpond.reservoir import checks


@dataclass(frozen=True)
class Poisson:
    """Each line spikes by chance, rate * max(0, +-u) times a second, independent of its own past and other lines.

    In each step a line spikes with probability p = rate * max(0, +-u) dt: counts are binomial, with the mean
    of the Poisson process and a variance smaller by 1 - p.

    Chance is a function of `seed`, the sequence, the time step and the line, by a generator that can be set to
    any place in its row (numpy's PCG64): batches, chunks and workers change no bit, and the same sequence
    always has the same spikes. What stands for the sequence is its first row, the only
    thing known of it from the start: sequences that begin with the very same numbers, as with digital
    silence, share their noise.

    Parameters
    ----------
    rate : float
        Spikes per second for an input of 1.
    signed : bool
        Two lines a channel, first those of the positive parts, then those of the negative. Else one, and
        negative input is silent.
    frozen : bool
        All sequences meet the same draws: inputs that differ little then differ in few spikes, but noise that
        repeats is no noise to a readout trained on it.
    seed : int
        Of the draws. The `random_state` of a liquid draws its network and does not reach its encoder.
    """

    rate: float = 60.0
    signed: bool = True
    frozen: bool = False
    seed: int = 0

    def lines(self, n_channels: int) -> int:
        """Return the number of input lines."""
        return signs.n_lines(self.signed, n_channels)

    def rest(self, n_channels: int) -> tuple[int, int | None]:
        """Return the state before the first row: steps so far, and the key that the first row brings."""
        return 0, None

    def encode(
        self, U: np.ndarray, state: tuple[int, int | None], n_sub: int, dt: float
    ) -> tuple[Volley, tuple[int, int | None]]:
        """Return the spikes of rows U, and the steps so far with the key."""
        chance = signs.parts(self.signed, U) * (si("rate", self.rate, "Hz", above=0) * dt)
        at, key = state
        if key is None:
            key = _key(checks.integer("seed", self.seed), U[:0] if self.frozen else U[0])
        n = chance.shape[1]
        bits = np.random.PCG64(key)
        bits.advance(at * n)  # a draw for each line in each step
        rng = np.random.Generator(bits)
        raster = np.empty((len(U) * n_sub, n), bool)
        for row, p in enumerate(chance):
            np.less(rng.random((n_sub, n)), p, out=raster[row * n_sub : (row + 1) * n_sub])
        dropped = n_sub * float((chance - 1)[chance > 1].sum())
        return of_raster(raster, dropped=dropped), (at + len(raster), key)

    def decode(self, volley: Volley, n_channels: int, n_sub: int, dt: float, tau: float = 0.0) -> np.ndarray:
        """Return the input that the rates of the lines stand for, behind a filter of `tau` seconds.

        Unbiased; the error of a row has a variance of ``|u|`` (1 - p) / (rate n_sub dt).
        """
        counts = signs.whole(self.signed, volley.counts(self.lines(n_channels), n_sub))
        return low_pass(counts / (si("rate", self.rate, "Hz", above=0) * n_sub * dt), n_sub * dt, tau)


def _key(seed: int, row: np.ndarray) -> int:
    """Return 128 bits for `seed` and the numbers in `row`."""
    numbers = np.ascontiguousarray(row + 0.0, dtype="<f8")  # 0 and -0 are one number
    digest = hashlib.blake2b(f"{seed};".encode() + numbers.tobytes(), digest_size=16).digest()
    return int.from_bytes(digest, "little")
