"""Water that motors drive: from signals to the amplitudes of the modes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from millpond.physical import motors as m
from millpond.physical import waves
from millpond.physical.modes import Basin, eigenvalues
from millpond.reservoir import checks

_BLOCK = 256  # steps whose modes are in memory at a time
_MOST_STEPS = 4096  # for a row


@dataclass(frozen=True)
class Clock:
    """How a row of input is cut into steps.

    Attributes
    ----------
    step : float
        s.
    keep : ndarray of bool (n_steps_per_picture,)
        The steps at whose end the surface is wanted.
    pictures : int
        In a row.
    """

    step: float
    keep: np.ndarray
    pictures: int

    @property
    def steps_per_row(self) -> int:
        """Steps in a row of input."""
        return self.pictures * len(self.keep)

    @property
    def kept_per_row(self) -> int:
        """Surfaces kept of a row of input."""
        return self.pictures * int(self.keep.sum())


def clock(hold: float, pictures: int, exposure: float, fastest: float) -> Clock:
    """Return a step for each picture or, to gather light, steps of a sixteenth of the exposure or less.

    They are no longer than a sixteenth of a period of `fastest` (Hz), what moves fastest.
    """
    between = hold / pictures
    longest = min(exposure / 16, 1 / (16 * fastest)) if exposure else between
    fine = int(np.ceil(between / longest * (1 - 1e-12)))
    if fine * pictures > _MOST_STEPS:
        raise checks.InputError(
            f"exposure is {exposure:g} s of {hold:g} s, which needs {fine * pictures} steps for each row, but "
            f"at most {_MOST_STEPS} are allowed; use a longer exposure, or 0 for a flash"
        )
    gathered = round(exposure / between * fine) if exposure else 1
    return Clock(between / fine, np.arange(fine) >= fine - gathered, pictures)


@dataclass(frozen=True)
class Motion:
    """Where moving water stands between two chunks.

    Attributes
    ----------
    z : ndarray (2, n_modes)
        Real and imaginary parts.
    step : int
        How many have passed since rest.
    turns : ndarray (n_motors,)
        Phases of the carriers, where a signal shifts them.
    """

    z: np.ndarray
    step: int
    turns: np.ndarray


class DrivenWater:
    """A basin with its motors.

    Attributes
    ----------
    pressures : ndarray (n_motors,)
        Pa per unit of what each motor is told; set it with `press`.
    """

    def __init__(self, basin: Basin, motors: m.Motors, clock: Clock, dtype: np.dtype) -> None:
        self.basin, self.motors, self.clock, self.dtype = basin, motors, clock, dtype
        self._lam = eigenvalues(basin).ravel()
        self._B = m.pushes(basin, motors)
        self._E = waves.split(np.exp(self._lam * clock.step), dtype)
        still = self._lam.imag == 0
        self._heights = np.where(still, 0, 1 / np.where(still, 1, self._lam.imag)).astype(dtype)
        self._per_pascal = m.responses(self._lam, self._B, motors.carriers, clock.step)
        self.press(np.ones(len(motors.places)))

    def press(self, pressures: np.ndarray) -> None:
        """Set the pressures (n_motors,), Pa."""
        self.pressures = np.asarray(pressures, float)
        H = self._per_pascal * self.pressures[:, None]
        self._H = waves.split(H.reshape(-1, len(self._lam)), self.dtype)

    def rest(self) -> Motion:
        """Return still water."""
        return Motion(np.zeros((2, len(self._lam)), self.dtype), 0, self.motors.start)

    def blocks(self, U: np.ndarray, motion: Motion) -> Iterator[tuple[np.ndarray, Motion]]:
        """Yield what `run` returns for a few rows at a time."""
        rows = max(1, _BLOCK // self.clock.steps_per_row)
        for first in range(0, len(U), rows):
            samples, motion = self.run(U[first : first + rows], motion)
            yield samples, motion

    def run(self, U: np.ndarray, motion: Motion) -> tuple[np.ndarray, Motion]:
        """Return amplitudes (n_kept, n_x, n_y), m, at the steps the clock keeps, and the motion after the rows U."""
        told = np.repeat(self.motors.told(U), self.clock.steps_per_row, axis=0)
        steps = motion.step + np.arange(len(told))
        turns = motion.turns
        if self.motors.deviation is not None:
            H, V, turns = self._shifted(told, steps, turns)
        else:
            H, V = self._H, m.on_carrier(told, self._turns(steps))
        kept = len(told) // len(self.clock.keep) * int(self.clock.keep.sum())
        out = np.empty((kept, len(self._lam)), self.dtype)
        z = motion.z.copy()
        waves.run(self._E, H, V, z, self._heights, self.clock.keep, out)
        return out.reshape(-1, *self.basin.modes), Motion(z, motion.step + len(told), turns)

    def _turns(self, steps: np.ndarray) -> np.ndarray:
        return m.turns_at(steps, self.motors.carriers * self.clock.step, self.motors.start)

    def _shifted(
        self, told: np.ndarray, steps: np.ndarray, turns: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return H, V and the phases after, with the frequencies of all motors but the reference shifted.

        Each step has an input of its own, as its responses are those of no other.
        """
        assert self.motors.deviation is not None
        hertz = self.motors.carriers[:-1] + self.motors.deviation * told[:, :-1].astype(float)
        B = self._B[:-1] * self.pressures[:-1, None]
        added, after = m.frequency_modulated(self._lam, B, hertz, self.clock.step, turns[:-1])
        n = len(self.pressures)
        steady = m.on_carrier(told[:, -1:], self._turns(steps)[:, -1:])
        H = np.concatenate([waves.split(added, self.dtype), self._H[[n - 1, 2 * n - 1]]])
        V = np.hstack([np.eye(len(told), dtype=self.dtype), steady])
        return H, V, np.append(after, turns[-1])
