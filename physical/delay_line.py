"""One nonlinear node with delayed feedback: a network spread out in time."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.physical.masks import mask_of
from millpond.reservoir import Reservoir, checks
from millpond.reservoir.compiled import njit


class MackeyGlassDelayLine(Reservoir):
    r"""A Mackey-Glass node whose delay line holds `n_units` virtual nodes.

    .. math:: \dot x(t) = -x(t) + \eta\, f(x(t - \tau) + \gamma J(t)), \qquad f(s) = \frac{s}{1 + s^p}

    with :math:`\tau = n\,\theta` in units of the node's own time constant. A row of input is held for one round
    of the delay line, and J(t) is that row times the mask of the virtual node whose turn it is; the states are
    x at the end of each node's interval :math:`\theta`. Equation, 400 nodes and :math:`\theta = 0.2`:
    Appeltant et al. (2011), doi:10.1038/ncomms1476.

    Parameters
    ----------
    n_units : int
        Virtual nodes; taken from `mask` where that is given.
    theta : float
        Interval between nodes, in time constants; below about 1, neighbours hear each other through inertia.
    eta : float
        Strength of the feedback. Without input the line rests at 0 up to 1, above at (eta - 1)^(1/p), where
        sequences start; that holds on its own while p (eta - 1) < 2 eta.
    gamma : float
        Strength of the input.
    exponent : int or float
        p. A whole number is the equation as published, with a pole at s = -1 where it is odd; any other takes
        abs(s)^p, which is the same for s above 0.
    mask_levels : int
        The mask is drawn from as many evenly spaced levels between plus and minus 1 / sqrt(n_channels).
    mask : array (n_units, n_channels), optional
        The mask, taken as it is.
    substeps : int
        Steps of the solver in each theta; the error falls with their square.
    random_state : int or numpy.random.Generator, optional
        Draws the mask.

    Attributes
    ----------
    mask_ : ndarray (n_units, n_channels)
    n_units_, n_features_in_ : int

    Raises
    ------
    InputError
        A parameter outside its range; with an odd exponent, an input that drives x + gamma J to -1 or below.

    Notes
    -----
    Within one round the delayed value is known, so the equation is linear and its solution an integral over
    that known drive (variation of constants), which is taken to be straight between the points of the solver.

    Examples
    --------
    >>> line = MackeyGlassDelayLine(n_units=50, random_state=0).fit(np.ones((10, 1)))
    >>> line.transform(np.ones((10, 1))).shape
    (10, 50)
    """

    def __init__(
        self,
        *,
        n_units: int = 400,
        theta: float = 0.2,
        eta: float = 0.5,
        gamma: float = 0.05,
        exponent: float = 1,
        mask_levels: int = 2,
        mask: Any = None,
        substeps: int = 1,
        random_state: checks.RandomState = None,
    ) -> None:
        self.n_units = n_units
        self.theta = theta
        self.eta = eta
        self.gamma = gamma
        self.exponent = exponent
        self.mask_levels = mask_levels
        self.mask = mask
        self.substeps = substeps
        self.random_state = random_state

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        theta = checks.number("theta", self.theta, 0, above=0)
        eta = checks.number("eta", self.eta)
        exponent = checks.number("exponent", self.exponent, 0, above=0)
        self._substeps = checks.integer("substeps", self.substeps, 1)
        self.mask_ = mask_of(self.mask, self.n_units, self.mask_levels, self.n_features_in_, streams[0])
        self.n_units_ = len(self.mask_)
        self.unit_positions_ = None
        drive = self.mask_ * checks.number("gamma", self.gamma)
        self._line = drive, eta, exponent, *_weights(theta / self._substeps)

    def initial_state(self) -> np.ndarray:
        """Return x at every point of the last round, the point before it first: at rest all alike."""
        return np.full(self.n_units_ * self._substeps + 1, max(self.eta - 1, 0.0) ** (1 / self.exponent))

    def advance(self, U: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the states of the rows U and the final state."""
        states = np.empty((len(U), self.n_units_))
        line = state.copy()
        pole = _run(*self._line, self._substeps, U, line, states)
        if pole >= 0:
            raise checks.InputError(
                f"at step {pole} the input drives x + gamma J to -1 or below, where an odd exponent has its pole; "
                "lower gamma, scale the input down or take an even exponent"
            )
        return states, line

    def operations(self) -> dict[str, int]:
        """Return what one step costs."""
        points = self.n_units_ * self._substeps
        return {"multiply_adds": self.mask_.size + 4 * points, "activations": points + self.n_units_}

    def cite(self) -> list[str]:
        """Return the paper this model stands on."""
        return ["Appeltant et al. (2011), Nature Communications 2:468, doi:10.1038/ncomms1476"]


def _weights(h: float) -> tuple[float, float, float]:
    """Return how much of x, of the drive at the start and of the drive at the end is in x a step h later.

    x(h) = exp(-h) x(0) + integral of exp(s - h) g(s), with g straight from g(0) to g(h).
    """
    kept = np.exp(-h)
    gained = -np.expm1(-h)
    late = 1 - gained / h
    return float(kept), float(gained - late), float(late)


@njit(cache=True, nogil=True, error_model="numpy")
def _curve(s, exponent):  # type: ignore[no-untyped-def]
    """Return s / (1 + s^p), and whether s lies at the pole of an odd exponent or behind it."""
    if exponent == 1:
        return s / (1 + s), s <= -1
    if exponent == np.floor(exponent):
        return s / (1 + s**exponent), s <= -1 and exponent % 2 == 1
    return s / (1 + abs(s) ** exponent), False


@njit(cache=True, nogil=True, error_model="numpy")
def _run(drive, eta, exponent, kept, early, late, substeps, U, line, out):  # type: ignore[no-untyped-def]
    """Fill `out`, carry `line` on in place and return the row that reached the pole, or -1."""
    for t in range(len(U)):
        old_left = line[0]
        line[0] = x = line[-1]
        k = 1
        for i in range(len(drive)):
            j = 0.0
            for c in range(U.shape[1]):
                j += drive[i, c] * U[t, c]
            left, beyond = _curve(old_left + j, exponent)
            if beyond:
                return t
            for _ in range(substeps):
                old_right = line[k]
                right, beyond = _curve(old_right + j, exponent)
                if beyond:
                    return t
                x = kept * x + eta * (early * left + late * right)
                line[k] = x
                left, old_left = right, old_right
                k += 1
            out[t, i] = x
    return -1


def run_plain(model: MackeyGlassDelayLine, U: np.ndarray) -> np.ndarray:
    """Return the states (n_steps, n_units) of `U` from rest: the same computation, round by round in numpy."""
    drive, eta, p, kept, early, late = model._line
    m = model._substeps
    line, states = model.initial_state(), []
    for u in U:
        J = np.repeat(drive @ u, m)

        def f(s: np.ndarray) -> np.ndarray:
            return s / (1 + (s**p if p == int(p) else np.abs(s) ** p))

        forcing = eta * (early * f(line[:-1] + J) + late * f(line[1:] + J))
        new = [line[-1]]
        for g in forcing:
            new.append(kept * new[-1] + g)
        line = np.array(new)
        states.append(line[m::m])
    return np.array(states)
