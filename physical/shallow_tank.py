"""A tank with obstacles, beaches or an uneven bed, of waves without dispersion."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from sklearn.base import clone

from millpond.physical import leapfrog
from millpond.reservoir import Reservoir, Sequences, checks
from millpond.reservoir.sequences import like

_BLOCK = 256  # rows whose surfaces are held at once

_State = tuple[np.ndarray, np.ndarray, np.ndarray, int]


class ShallowTank(Reservoir):
    r"""Shallow-water waves in a rectangular tank with anything in it, read by gauges; not dispersive.

    .. math:: \ddot \eta + \gamma \dot \eta = \nabla \cdot (g h\, \nabla (\eta + p))

    Each channel is a motor that presses on a round spot of the surface, in step with a common carrier; gauges are read
    at the end of each row. See `millpond.physical.leapfrog` for what the equation leaves out.

    Parameters
    ----------
    size : (float, float)
        Length and width of the tank (m).
    cells : (int, int)
        Cells along both.
    depth : float or array (cells[1], cells[0])
        Depth of water at rest (m); 0 where it is dry: an obstacle.
    damping : float
        gamma (1/s); waves decay with half of it.
    beach : float
        Width along the walls (m) in which the damping rises, as a parabola, by `beach_damping` at the wall.
    beach_damping : float
        1/s.
    motors : array (n_channels, 2), optional
        Places of the motors (m, from a corner); drawn over the water if not given.
    spot : float
        Radius of a motor's pressure (m): it falls as exp(-r^2 / 2 spot^2).
    amplitude : float
        Pressure in the middle of the spot for one unit of input (m of water).
    carrier : float
        Frequency of the motors (Hz), whose amplitude the input sets; 0 presses with the input itself.
    hold : float
        Time a row of input is held (s).
    time_step : float, optional
        Longest step (s); nine tenths of the limit of stability if not given.
    gravity : float
        m/s^2.
    camera : {"slope", "height"}
        What gauges read: the square of the slope, by central differences, or the height (m), from which a readout
        computes nothing that it could not from the input's past.
    n_units : int
        Gauges, drawn over wet cells without repeats; all of these where they are fewer.
    random_state : int or numpy.random.Generator, optional
        Draws motors and gauges.

    Attributes
    ----------
    motors_ : ndarray (n_channels, 2)
    gauges_ : ndarray of int (n_units, 2)
        Row and column of the cell of each gauge.
    time_step_, time_step_limit_ : float
        The step that is taken, a whole part of `hold`, and the limit of stability (s).
    n_units_, n_features_in_ : int
    unit_positions_ : ndarray (n_units, 3)

    Raises
    ------
    InputError
        A parameter outside its range, or a time step above the limit of stability.

    Examples
    --------
    >>> tank = ShallowTank(cells=(30, 24), n_units=40, random_state=0).fit(np.ones((5, 2)))
    >>> tank.transform(np.ones((5, 2))).shape, tank.surface(np.ones((5, 2))).shape
    ((5, 40), (5, 24, 30))
    """

    def __init__(
        self,
        *,
        size: tuple[float, float] = (0.30, 0.24),
        cells: tuple[int, int] = (60, 48),
        depth: Any = 0.03,
        damping: float = 0.5,
        beach: float = 0.0,
        beach_damping: float = 50.0,
        motors: Any = None,
        spot: float = 0.01,
        amplitude: float = 1e-3,
        carrier: float = 5.0,
        hold: float = 0.05,
        time_step: float | None = None,
        gravity: float = 9.81,
        camera: str = "slope",
        n_units: int = 200,
        random_state: checks.RandomState = None,
    ) -> None:
        self.size = size
        self.cells = cells
        self.depth = depth
        self.damping = damping
        self.beach = beach
        self.beach_damping = beach_damping
        self.motors = motors
        self.spot = spot
        self.amplitude = amplitude
        self.carrier = carrier
        self.hold = hold
        self.time_step = time_step
        self.gravity = gravity
        self.camera = camera
        self.n_units = n_units
        self.random_state = random_state

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        checks.option("camera", self.camera, ("slope", "height"))
        checks.matrix("cells", self.cells, (2,))
        n_x, n_y = (checks.integer(f"cells[{k}]", n, 2) for k, n in enumerate(self.cells))
        size = checks.matrix("size", self.size, (2,))
        for k in range(2):
            checks.number(f"size[{k}]", float(size[k]), 0, above=0)
        spacing = size / (n_x, n_y)
        depth = self._depths((n_y, n_x))
        x, y = (np.arange(n_x) + 0.5) * spacing[0], (np.arange(n_y) + 0.5) * spacing[1]
        wet = np.argwhere(depth > 0)
        gravity = checks.number("gravity", self.gravity, 0, above=0)
        self._faces = leapfrog.faces(depth, (spacing[0], spacing[1]), gravity)
        self._spacing = (spacing[0], spacing[1])
        self._steps()
        self._drag = self._damping(np.minimum.outer(np.minimum(y, size[1] - y), np.minimum(x, size[0] - x)))
        if self.motors is None:
            chosen = wet[streams[0].integers(len(wet), size=self.n_features_in_)]
            self.motors_ = np.column_stack([x[chosen[:, 1]], y[chosen[:, 0]]])
        else:
            self.motors_ = checks.matrix("motors", self.motors, (self.n_features_in_, 2))
            if ((self.motors_ < 0) | (self.motors_ > size)).any():
                raise checks.InputError(
                    f"a motor lies outside the tank of {size[0]:g} by {size[1]:g} m; give places between 0 and that"
                )
        spot, amplitude = checks.number("spot", self.spot, 0, above=0), checks.number("amplitude", self.amplitude)
        self._pushes = np.array(
            [
                leapfrog.spread(
                    self._faces, amplitude * np.exp(-np.add.outer((y - b) ** 2, (x - a) ** 2) / (2 * spot**2))
                )
                for a, b in self.motors_
            ]
        )
        n_units = min(checks.integer("n_units", self.n_units, 1), len(wet))
        self.gauges_ = wet[np.sort(streams[1].choice(len(wet), n_units, replace=False))]
        self.unit_positions_ = np.column_stack([x[self.gauges_[:, 1]], y[self.gauges_[:, 0]], np.zeros(n_units)])
        self.n_units_ = n_units

    def _depths(self, shape: tuple[int, int]) -> np.ndarray:
        if np.ndim(self.depth) == 0:
            return np.full(shape, checks.number("depth", self.depth, 0, above=0))
        depth = checks.matrix("depth", self.depth, shape)
        if depth.min() < 0 or not (depth > 0).any():
            raise checks.InputError(
                f"depth reaches from {depth.min():g} to {depth.max():g} m, but it must be 0 where dry and above 0 "
                "somewhere; give such a bed"
            )
        return depth

    def _steps(self) -> None:
        hold = checks.number("hold", self.hold, 0, above=0)
        self.time_step_limit_ = limit = leapfrog.longest_step(self._faces)
        longest = 0.9 * limit if self.time_step is None else checks.number("time_step", self.time_step, 0, above=0)
        if longest > limit:
            raise checks.InputError(
                f"time_step is {longest:g} s, but with these cells and this depth leapfrog is stable up to "
                f"{limit:.4g} s alone; give at most that or leave it out"
            )
        self._n_steps = max(1, ceil(hold / longest * (1 - 1e-12)))
        self.time_step_ = hold / self._n_steps
        self._omega = 2 * np.pi * checks.number("carrier", self.carrier, 0)

    def _damping(self, from_wall: np.ndarray) -> np.ndarray:
        drag = np.full(from_wall.shape, checks.number("damping", self.damping, 0))
        width, rate = checks.number("beach", self.beach, 0), checks.number("beach_damping", self.beach_damping, 0)
        if width > 0:
            drag += rate * np.maximum(0, 1 - from_wall / width) ** 2
        return drag

    def initial_state(self) -> _State:
        """Return heights now and a step before, the input of the last row, and how many rows have been."""
        still = np.zeros(self._drag.shape)
        return still, still, np.zeros(self.n_features_in_), 0

    def advance(self, U: np.ndarray, state: _State) -> tuple[np.ndarray, _State]:
        """Return the states of the rows U and the final state."""
        states = np.empty((len(U), self.n_units_))
        for first in range(0, len(U), _BLOCK):
            heights, state = self._surfaces(U[first : first + _BLOCK], state)
            seen = leapfrog.slope_squared(self._faces, self._spacing, heights) if self.camera == "slope" else heights
            states[first : first + _BLOCK] = seen[:, self.gauges_[:, 0], self.gauges_[:, 1]]
        return states, state

    def _surfaces(self, U: np.ndarray, state: _State) -> tuple[np.ndarray, _State]:
        """Return the heights (n_steps, n_y, n_x) at the end of each row, and the state after them."""
        now, before, last, row = state[0].copy(), state[1].copy(), state[2], state[3]
        heights = np.empty((len(U), *now.shape))
        for t, u in enumerate(U):
            beat = np.ones((self._n_steps, 1))
            if self._omega:
                n = np.arange(row * self._n_steps, (row + 1) * self._n_steps)
                beat[:, 0] = np.sin(self._omega * self.time_step_ * n)
            # in the step at a jump of the input its mean: else the error would be of first order
            for pressed, part in (((last + u) / 2, beat[:1]), (u, beat[1:])):
                push = np.tensordot(pressed, self._pushes, 1)[None]
                now, before = leapfrog.run(*self._faces, self._drag, push, part, self.time_step_, now, before)
            heights[t], last, row = now, u.copy(), row + 1
        return heights, (now, before, last, row)

    def surface(self, X: Any) -> Any:
        """Return the heights (n_steps, cells[1], cells[0]) (m) at the end of each row.

        In the same container as X; of `Sequences`, as a list.
        """
        self.check_fitted()
        heights = [self._surfaces(u, self.initial_state())[0] for u in self.checked_signals(X)]
        return heights if isinstance(X, Sequences) else like(X, heights)

    def own_controls(self) -> dict[str, Reservoir]:
        """Return the same tank read by its heights: what the readout has without the squares."""
        return {} if self.camera == "height" else {"height": clone(self).set_params(camera="height")}

    def operations(self) -> dict[str, int]:
        """Return what one step costs."""
        return {"multiply_adds": int(self._n_steps * self._drag.size * (9 + self.n_features_in_)), "activations": 0}

    def cite(self) -> list[str]:
        """Return the paper this model stands on."""
        return ["Courant, Friedrichs, Lewy (1928), Mathematische Annalen 100:32, doi:10.1007/BF01448839"]
