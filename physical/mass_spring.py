"""A body of masses and nonlinear springs, pushed by the input and read by its springs."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from scipy.spatial import ConvexHull, Delaunay

from millpond.physical import springs
from millpond.reservoir import Reservoir, checks

_State = tuple[np.ndarray, np.ndarray]
"""Positions (n_masses, 2) and velocities of the masses."""


class MassSpringNetwork(Reservoir):
    r"""A plane net of masses joined by nonlinear springs; the outermost are held, the input pushes some others.

    .. math:: m \ddot q = -\sum (k_1 d + k_3 d^3 + d_1 \dot d + d_3 \dot d^3)\, e + w\, u

    over the springs of a mass, where d is how much longer a spring is than at rest and e its direction. States are
    d of every spring that can change. Hauser et al. (2011), doi:10.1007/s00422-012-0471-0; that the hull is held,
    the ranges of the constants and the share of pushed masses are those of the first author's published
    simulator (github.com/helmuthauser/Matlab_Morphological_Computation_Simulation).

    Parameters
    ----------
    n_masses : int
        Masses of 1 kg, drawn in a square and joined by a Delaunay triangulation; at least 5.
    size : float
        Side of the square (m).
    stiffness, damping : (float, float)
        Ranges of k1 (N/m) and d1 (N s/m), drawn evenly in the logarithm.
    cubic_stiffness, cubic_damping : (float, float)
        Ranges of k3 (N/m^3) and d3 (N s^3/m^3), drawn likewise.
    force : float
        Each channel pushes its masses along x by up to plus or minus this for one unit of input (N).
    input_share : float
        Share of the free masses that a channel pushes.
    hold : float
        Time a row of input is held (s).
    max_step : float
        Longest step of the solver (s).
    random_state : int or numpy.random.Generator, optional
        Draws places, springs and pushed masses.

    Attributes
    ----------
    springs_ : millpond.physical.springs.Springs
    places_ : ndarray (n_masses, 2)
        At rest (m).
    w_in_ : ndarray (n_masses, n_channels)
        Force along x on each mass for one unit of input (N).
    n_units_, n_features_in_ : int
    unit_positions_ : ndarray (n_units, 3)
        Middles of the springs at rest (m).

    Raises
    ------
    InputError
        A parameter outside its range, or a run that leaves the stable range of the solver.

    Examples
    --------
    >>> body = MassSpringNetwork(n_masses=10, random_state=0).fit(np.ones((10, 1)))
    >>> body.transform(np.ones((10, 1))).shape == (10, body.n_units_)
    True
    """

    def __init__(
        self,
        *,
        n_masses: int = 30,
        size: float = 10.0,
        stiffness: tuple[float, float] = (1.0, 10.0),
        damping: tuple[float, float] = (1.0, 10.0),
        cubic_stiffness: tuple[float, float] = (100.0, 200.0),
        cubic_damping: tuple[float, float] = (100.0, 200.0),
        force: float = 1.0,
        input_share: float = 0.2,
        hold: float = 0.01,
        max_step: float = 0.001,
        random_state: checks.RandomState = None,
    ) -> None:
        self.n_masses = n_masses
        self.size = size
        self.stiffness = stiffness
        self.damping = damping
        self.cubic_stiffness = cubic_stiffness
        self.cubic_damping = cubic_damping
        self.force = force
        self.input_share = input_share
        self.hold = hold
        self.max_step = max_step
        self.random_state = random_state

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        n = checks.integer("n_masses", self.n_masses, 5)
        self.places_ = streams[0].random((n, 2)) * checks.number("size", self.size, 0, above=0)
        held = np.zeros(n, bool)
        held[ConvexHull(self.places_).vertices] = True
        ends = _joined(self.places_, held)
        drawn = {
            name: _spread(label, limits, len(ends), streams[k])
            for k, (name, label, limits) in enumerate(
                [
                    ("k1", "stiffness", self.stiffness),
                    ("k3", "cubic_stiffness", self.cubic_stiffness),
                    ("d1", "damping", self.damping),
                    ("d3", "cubic_damping", self.cubic_damping),
                ],
                start=1,
            )
        }
        rest = np.zeros(len(ends))
        net = springs.Springs(ends, rest, **drawn, inverse_mass=np.where(held, 0.0, 1.0))
        springs.lengthening(net, self.places_, rest)
        self.springs_ = net
        self.w_in_ = self._pushes(np.flatnonzero(~held), streams[5])
        hold, longest = (checks.number(k, getattr(self, k), 0, above=0) for k in ("hold", "max_step"))
        self._n_steps = max(1, ceil(hold / longest * (1 - 1e-12)))
        self._step = hold / self._n_steps
        self.n_units_ = len(ends)
        self.unit_positions_ = np.pad(self.places_[ends].mean(1), ((0, 0), (0, 1)))

    def _pushes(self, free: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        force = checks.number("force", self.force, 0)
        share = checks.number("input_share", self.input_share, 0, 1, above=0)
        w_in = np.zeros((len(self.places_), self.n_features_in_))
        for channel in w_in.T:
            pushed = rng.choice(free, ceil(share * len(free)), replace=False)
            channel[pushed] = rng.uniform(-force, force, len(pushed))
        return w_in

    def initial_state(self) -> _State:
        """Return the state at rest."""
        return self.places_, np.zeros_like(self.places_)

    def advance(self, U: np.ndarray, state: _State) -> tuple[np.ndarray, _State]:
        """Return the states of the rows U and the final state."""
        q, v = state[0].copy(), state[1].copy()
        pushes = np.zeros((len(U), len(q)))
        for c in range(U.shape[1]):  # a matrix product would round by the length of the chunk
            pushes += U[:, c : c + 1] * self.w_in_[:, c]
        states = np.empty((len(U), self.n_units_))
        springs.run(self.springs_, q, v, pushes, self._step, self._n_steps, states)
        return states, (q, v)

    def check_finite(self, states: np.ndarray, where: str) -> None:
        """Raise InputError if the run diverged."""
        if not np.isfinite(states[-1]).all():
            step = int(np.argmin(np.isfinite(states).all(1)))
            raise checks.InputError(
                f"the springs diverge at step {step}: steps of {self._step:g} s are too long for such a strong "
                "a push; lower force or max_step, or scale the input down"
            )

    def operations(self) -> dict[str, int]:
        """Return what one step costs: four evaluations of all springs for each step of the solver."""
        return {"multiply_adds": 4 * self._n_steps * (20 * self.n_units_ + 8 * len(self.places_)), "activations": 0}

    def cite(self) -> list[str]:
        """Return the paper this model stands on."""
        return ["Hauser et al. (2011), Biological Cybernetics 105:355, doi:10.1007/s00422-012-0471-0"]


def _joined(places: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Return the pairs of neighbours (n_springs, 2) of which at least one can move."""
    corners = np.sort(Delaunay(places).simplices, axis=1)
    pairs = np.unique(np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=0)
    pairs = pairs[~held[pairs].all(1)].astype(np.int64)
    if not len(pairs):
        raise checks.InputError(
            f"of the {len(places)} drawn masses none lies within the fixed outline; raise n_masses or change the seed"
        )
    return pairs


def _spread(name: str, limits: Any, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return n numbers between two limits, drawn evenly in the logarithm; where both are 0, zeros."""
    low, high = checks.matrix(name, limits, (2,))
    if low == high == 0:
        return np.zeros(n)
    checks.number(f"{name}[0]", float(low), 0, above=0)
    checks.number(f"{name}[1]", float(high), float(low))
    return np.exp(rng.uniform(np.log(low), np.log(high), n))
