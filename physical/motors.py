r"""The motors that shake the water: where they stand, and what a signal makes them do.

Over one step of length T a motor presses with  p \sin(w t + \varphi),  where \varphi is its phase at the start of the
step. What that does to a mode is linear in \cos\varphi and \sin\varphi, so a run needs two responses for each motor
and no table over time:  H_c = B (R_+ - R_-) / 2i  and  H_s = B (R_+ + R_-) / 2  with  R_\pm = `response` (\pm w).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from millpond.physical.modes import Basin, response, spot

MODULATIONS = ("amplitude", "frequency", "pressure")
_MARGIN = 0.03  # of each side, where no motor is placed


@dataclass(frozen=True)
class Motors:
    """The motors of a tank; the last one is the reference, which no signal reaches.

    Attributes
    ----------
    places : ndarray (n_motors, 2)
        m.
    footprint : float
        Standard deviation of the Gaussian spot of pressure, m.
    carriers : ndarray (n_motors,)
        Hz; 0 for a pressure that does not swing.
    start : ndarray (n_motors,)
        Phases at rest, in turns.
    gains : ndarray (n_motors - 1, n_inputs), optional
        What each hears of the inputs; without, each hears its own.
    on_off : bool
        Inputs are the positive and the negative parts of the channels.
    deviation : float, optional
        Hz per unit of signal; without, the signal scales the pressure.
    """

    places: np.ndarray
    footprint: float
    carriers: np.ndarray
    start: np.ndarray
    gains: np.ndarray | None
    on_off: bool
    deviation: float | None

    def told(self, U: np.ndarray) -> np.ndarray:
        """Return what each motor is told (n_steps, n_motors) by the channels U (n_steps, n_channels)."""
        if self.on_off:
            U = np.hstack([np.maximum(U, 0), np.maximum(-U, 0)])
        if self.gains is not None:
            # channel by channel: a matrix product may round a row by how many there are
            U = sum((U[:, c, None] * self.gains[:, c] for c in range(U.shape[1])), np.zeros((), U.dtype))
        return np.hstack([U, np.ones((len(U), 1), U.dtype)])


def placed(size: tuple[float, float], count: int, rng: np.random.Generator) -> np.ndarray:
    """Return `count` random places (count, 2) in a tank of `size`, m."""
    return rng.uniform(_MARGIN, 1 - _MARGIN, (count, 2)) * size


def pushes(basin: Basin, motors: Motors) -> np.ndarray:
    """Return B (n_motors, n_modes): what 1 Pa under each motor does to each mode, m/s^2."""
    return np.array([spot(basin, x, y, motors.footprint).ravel() for x, y in motors.places])


def responses(lam: np.ndarray, B: np.ndarray, carriers: np.ndarray, T: float) -> np.ndarray:
    """Return H (2, n_motors, n_modes): H_c and H_s of each motor over a step of T seconds."""
    H = np.zeros((2, *B.shape), complex)
    for hertz in np.unique(carriers):
        these = carriers == hertz
        plus, minus = response(lam, T, 2 * np.pi * hertz), response(lam, T, -2 * np.pi * hertz)
        H[0, these] = B[these] * (plus - minus) / 2j
        H[1, these] = B[these] * (plus + minus) / 2
    return H


def on_carrier(told: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """Return the inputs (n_steps, 2 n_motors) that H_c and H_s belong to: signal times cosine, signal times sine."""
    angle = 2 * np.pi * turns
    return np.hstack([told * np.cos(angle), told * np.sin(angle)]).astype(told.dtype)


def turns_at(steps: np.ndarray, cycles: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return the phases (n_steps, n_motors), in turns, of carriers with `cycles` per step that began at `start`."""
    # rounded, as a carrier of whole periods per step must not drift by the error of its product
    return np.round(np.mod(steps[:, None] * cycles + start, 1), 12) % 1


def frequency_modulated(
    lam: np.ndarray, B: np.ndarray, hertz: np.ndarray, T: float, turns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what motors of changing frequency add to z in each step (n_steps, n_modes), and their phases after.

    Parameters
    ----------
    lam : ndarray (n_modes,)
    B : ndarray (n_motors, n_modes)
    hertz : ndarray (n_steps, n_motors)
        Held over each step; phases do not jump between.
    T : float
        Length of a step, s.
    turns : ndarray (n_motors,)
        Phases before the first step, in turns.
    """
    added = np.zeros((len(hertz), B.shape[1]), complex)
    for t, now in enumerate(hertz):
        H = responses(lam, B, now, T)
        angle = 2 * np.pi * turns[:, None]
        added[t] = (np.cos(angle) * H[0] + np.sin(angle) * H[1]).sum(0)
        turns = np.mod(turns + now * T, 1)
    return added, turns
