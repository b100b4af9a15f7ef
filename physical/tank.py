"""The bucket of water."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone

from millpond.physical import calibration
from millpond.physical.camera import CAMERAS, Camera, centres, optics, photograph
from millpond.physical.checkup import concerns
from millpond.physical.driven import Clock, DrivenWater, Motion, clock
from millpond.physical.liquids import Liquid, liquid
from millpond.physical.modes import Basin, decay, frequency
from millpond.physical.motors import MODULATIONS, Motors, placed
from millpond.reservoir import Reservoir, checks
from millpond.reservoir.interface import side_by_side


class WaveTank(Reservoir):
    r"""A rectangular tank of water, shaken by motors, seen by a camera.

    Waves of gravity and surface tension are linear and solved exactly for each mode. The camera is nonlinear.
    "Pattern recognition in a bucket" (Fernando and Sojakka 2003, doi:10.1007/978-3-540-39432-7_63).

    Parameters
    ----------
    size : tuple of float
        Length along x and y, m.
    depth : float
        m.
    modes : tuple of int
        Standing waves along x and y, the flat one among them; the shortest waves are two sides long over as many.
    liquid : {"water", "ethanol", "mercury", "glycerol-50"} or physical.Liquid
    damping : {"film", "walls", "bulk", "none"}
        Damping; see `millpond.physical.modes.decay`. It sets the memory: about 3 s for 5 cm waves under a film.
    extra_damping : float
        1/s, added to every mode.
    gravity : float
        m/s^2.
    n_motors : int, optional
        The default is one motor per channel. Otherwise each motor receives all channels with gains in [-1, 1].
    motor_positions : array (n_motors, 2), optional
        m; at random places if not given. Where they stand matters: average over seeds.
    footprint : float
        Standard deviation of the Gaussian spot under a motor, m.
    on_off : bool
        Two motors for each channel, one for positive and one for negative values.
    modulation : {"amplitude", "frequency", "pressure"}
        What a signal does: scale a carrier (and turn it over, below zero), shift its frequency, or press.
    carrier : float or array (n_motors,)
        Hz; one for all lets their waves interfere for good.
    phase : float or array (n_motors,)
        Of the carriers at the start, rad.
    deviation : float
        Hz per unit of signal, for frequency modulation, which takes milliseconds for a row instead of microseconds.
    hold : float
        Seconds of water for which each input row is held. Whole periods of the carrier avoid beats.
    slope : float
        Root mean square slope of the waves of the training signals. It determines the pressure of the motors.
    pressure : float, optional
        Pressure in Pa per unit of signal, instead of `slope`.
    reference : float
        Slope of the waves of an additional, constantly running motor (a bias), relative to that of the signals; 0 for
        none. The slope of all waves together is sqrt(1 + reference^2) times that of the signals.
    camera : {"slope", "sobel", "shadowgraph", "height"}
        See `millpond.physical.camera`.
    pixels, cells : tuple of int
        Number of pixels and cells along x and y. The cells are the units and consist of whole blocks of pixels.
    distance : float
        Distance of the screen of the shadowgraph, times the deflection per slope (m).
    pictures : int
        Number of images per row, evenly spaced, the last at its end. Their cells are concatenated.
    exposure : float
        Exposure time before each image (s), in about sixteen or more samples; 0 for a flash.
    noise : float
        Standard deviation of the sensor noise of each pixel, relative to that of the training images.
    bits : int, optional
        Quantise to 2**bits grey levels. The default is no quantisation.
    frames_every : int
        Number of rows between camera frames of `observe` and of recordings.
    dtype : {"float32", "float64"}
    n_jobs : int
        Number of threads that compute sequences in parallel.
    random_state : int or numpy.random.Generator, optional
        Positions and gains of the motors, the position of the reference, and the noise have separate streams.

    Attributes
    ----------
    mode_frequencies_ : ndarray (n_x, n_y)
        Undamped angular frequencies (rad/s).
    mode_decay_ : ndarray (n_x, n_y)
        Decay rates of the amplitude (1/s).
    motor_positions_ : ndarray (n_motors, 2)
        Positions (m); the reference, if any, is last.
    pressure_ : float
        Pa per unit of signal.
    reference_pressure_ : float
        Pa.
    n_units_ : int
        Number of images times cells.
    unit_positions_ : ndarray (n_units, 3)
        Centres of the cells (m).
    frame_shape_ : tuple of int

    Raises
    ------
    InputError
        A parameter is outside its range, or modes are overdamped.

    Warns
    -----
    UserWarning
        Slopes are too steep for linear waves, light rays cross, or the carrier beats with rows or exceeds the modes.

    Notes
    -----
    Every sequence starts with still water and the reference at its first oscillation. The noise differs between images
    and depends on the surface and the time step. A bit-identical signal therefore gets the same noise, so add jitter to
    repeated trials. States are bit-identical for any order of sequences, any chunks and any `n_jobs`.
    The equations are linear in the height: waves do not steepen or break (docs/water.md lists the limits).

    Examples
    --------
    >>> tank = WaveTank(cells=(14, 10), pixels=(14, 10), random_state=0).fit(np.eye(5, 2))
    >>> tank.transform(np.eye(5, 2)).shape
    (5, 140)
    """

    shows: ClassVar[tuple[str, ...]] = ("frames",)

    def __init__(
        self,
        *,
        size: tuple[float, float] = (0.30, 0.24),
        depth: float = 0.03,
        modes: tuple[int, int] = (32, 28),
        liquid: str | Liquid = "water",
        damping: str = "film",
        extra_damping: float = 0.0,
        gravity: float = 9.81,
        n_motors: int | None = None,
        motor_positions: Any = None,
        footprint: float = 0.008,
        on_off: bool = False,
        modulation: str = "amplitude",
        carrier: Any = 10.0,
        phase: Any = 0.0,
        deviation: float = 1.0,
        hold: float = 0.2,
        slope: float = 0.05,
        pressure: float | None = None,
        reference: float = 2.0,
        camera: str = "slope",
        pixels: tuple[int, int] = (56, 50),
        cells: tuple[int, int] = (28, 25),
        distance: float = 0.01,
        pictures: int = 1,
        exposure: float = 0.0,
        noise: float = 0.02,
        bits: int | None = None,
        frames_every: int = 10,
        dtype: str = "float32",
        n_jobs: int = 1,
        random_state: checks.RandomState = None,
    ) -> None:
        self.size = size
        self.depth = depth
        self.modes = modes
        self.liquid = liquid
        self.damping = damping
        self.extra_damping = extra_damping
        self.gravity = gravity
        self.n_motors = n_motors
        self.motor_positions = motor_positions
        self.footprint = footprint
        self.on_off = on_off
        self.modulation = modulation
        self.carrier = carrier
        self.phase = phase
        self.deviation = deviation
        self.hold = hold
        self.slope = slope
        self.pressure = pressure
        self.reference = reference
        self.camera = camera
        self.pixels = pixels
        self.cells = cells
        self.distance = distance
        self.pictures = pictures
        self.exposure = exposure
        self.noise = noise
        self.bits = bits
        self.frames_every = frames_every
        self.dtype = dtype
        self.n_jobs = n_jobs
        self.random_state = random_state

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        for_places, for_gains, for_reference, for_noise = streams[:4]
        basin = self._basin()
        self.mode_frequencies_, self.mode_decay_ = frequency(basin), decay(basin)
        motors = self._motors(basin, signals[0].shape[1], for_places, for_gains, for_reference)
        self.motor_positions_ = motors.places if self.reference else motors.places[:-1]
        self._water = DrivenWater(basin, motors, self._clock(basin, motors), self.state_dtype)
        self._camera = self._unset_camera(basin, int(for_noise.integers(2**63)))
        self.frame_shape_ = self._camera.pixels[::-1]
        checks.integer("frames_every", self.frames_every, 1)
        middles = [centres(side, n) for side, n in zip(basin.size, self._camera.cells, strict=True)]
        cells = np.stack(np.meshgrid(*middles, 0.0, indexing="ij"), -1).reshape(-1, 3)
        self.unit_positions_ = np.tile(cells, (self._water.clock.pictures, 1))
        self.n_units_ = len(self.unit_positions_)
        self._calibrate(signals)
        # floats, which a recording's fingerprint would not see by themselves
        self._settings = np.array(
            [*self._water.pressures, self._camera.unit, self._camera.black, self._camera.white, self._camera.seed]
        )

    def _basin(self) -> Basin:
        sides = [checks.number("size", side, above=0) for side in _pair("size", self.size)]
        return Basin(
            (sides[0], sides[1]), checks.number("depth", self.depth, above=0), _counts("modes", self.modes, 2),
            liquid(self.liquid), self.damping,
            checks.number("extra_damping", self.extra_damping, 0), checks.number("gravity", self.gravity, 0),
        )  # fmt: skip

    def _motors(
        self, basin: Basin, n_channels: int, for_places: np.random.Generator, for_gains: np.random.Generator,
        for_reference: np.random.Generator,
    ) -> Motors:  # fmt: skip
        modulation = checks.option("modulation", self.modulation, MODULATIONS)
        if not isinstance(self.on_off, bool | np.bool_):
            raise checks.InputError(f"on_off is {self.on_off!r}, but it must be True or False; give one")
        n, gains = n_channels * (2 if self.on_off else 1), None
        if self.n_motors is not None:
            n_inputs, n = n, checks.integer("n_motors", self.n_motors, 1)
            gains = for_gains.uniform(-1, 1, (n, n_inputs)).astype(self.state_dtype)
        if self.motor_positions is None:
            places = placed(basin.size, n, for_places)
        else:
            places = checks.matrix("motor_positions", self.motor_positions, (n, 2))
            outside = places[((places < 0) | (places > basin.size)).any(1)]
            if len(outside):
                raise checks.InputError(
                    f"motor_positions has ({outside[0][0]:g}, {outside[0][1]:g}) m in it, but the tank is "
                    f"{basin.size[0]:g} x {basin.size[1]:g} m; place every motor inside"
                )
        carriers, start = _for_each("carrier", self.carrier, n, 0), _for_each("phase", self.phase, n) / (2 * np.pi)
        reference = carriers[0]  # swings with the first
        if modulation == "pressure":
            carriers = np.zeros(n)
        start = np.where(carriers == 0, 0.25, start)  # a sine that does not swing presses at its crest
        return Motors(
            np.vstack([places, placed(basin.size, 1, for_reference)]),
            checks.number("footprint", self.footprint, above=0),
            np.append(carriers, reference),
            np.append(start, 0.0 if reference else 0.25),
            gains,
            bool(self.on_off),
            checks.number("deviation", self.deviation) if modulation == "frequency" else None,
        )

    def _clock(self, basin: Basin, motors: Motors) -> Clock:
        hold, exposure = checks.number("hold", self.hold, above=0), checks.number("exposure", self.exposure, 0)
        pictures = checks.integer("pictures", self.pictures, 1)
        if exposure > hold / pictures:
            raise checks.InputError(
                f"exposure is {exposure:g} s, but a picture is taken every {hold / pictures:g} s; shorten exposure"
            )
        fastest = max(motors.carriers.max() + abs(motors.deviation or 0), frequency(basin).max() / (2 * np.pi))
        return clock(hold, pictures, exposure, fastest)

    def _unset_camera(self, basin: Basin, seed: int) -> Camera:
        kind = checks.option("camera", self.camera, CAMERAS)
        pixels, cells = _counts("pixels", self.pixels, 3), _counts("cells", self.cells, 1)
        if any(p % c for p, c in zip(pixels, cells, strict=True)):
            raise checks.InputError(
                f"cells is {cells}, but {pixels} pixels cannot be divided into that many equal blocks; "
                "make pixels a multiple of cells along each side"
            )
        X, Y = optics(basin, pixels, self.state_dtype)
        levels = 0
        if self.bits is not None:
            levels = 2 ** int(checks.number("bits", checks.integer("bits", self.bits, 1), 1, 16)) - 1
        return Camera(
            kind, X, Y, cells, checks.number("distance", self.distance, 0),
            noise=checks.number("noise", self.noise, 0), seed=seed,
            levels=levels,
        )  # fmt: skip

    def _calibrate(self, signals: list[np.ndarray]) -> None:
        """Set pressures and exposure from training signals; warn about physically implausible settings."""
        shown = calibration.part(signals)
        calibration.press(
            self._water, shown, checks.number("slope", self.slope, 0),
            None if self.pressure is None else checks.number("pressure", self.pressure),
            checks.number("reference", self.reference, 0),
        )  # fmt: skip
        self.pressure_, self.reference_pressure_ = map(float, self._water.pressures[[0, -1]])
        self._camera, crossed = calibration.exposed(self._camera, self._water, shown)
        carriers, slope = (
            self._water.motors.carriers[self._water.pressures != 0],
            calibration.rms_slope(self._water, shown),
        )
        for concern in concerns(self._water.basin, carriers, self.hold, slope, crossed):
            warnings.warn(concern, stacklevel=4)

    def learnt(self) -> dict[str, Any]:
        """Return the pressures (Pa) of all motors, and unit, black and white of the camera."""
        return {"pressures": self._water.pressures, "camera": self._settings[-4:-1]}

    def restore(self, learnt: dict[str, Any]) -> None:
        """Set pressures and camera to those of another fit."""
        self._water.press(checks.matrix("pressures", learnt["pressures"], self._water.pressures.shape))
        unit, black, white = map(float, checks.matrix("camera", learnt["camera"], (3,)))
        self._camera = replace(self._camera, unit=unit, black=black, white=white)
        self.pressure_, self.reference_pressure_ = map(float, self._water.pressures[[0, -1]])
        self._settings = np.array([*self._water.pressures, unit, black, white, self._camera.seed])

    def initial_state(self) -> Motion:
        """Return the state at rest."""
        return self._water.rest()

    def advance(self, U: np.ndarray, state: Motion) -> tuple[np.ndarray, Motion]:
        """Return the states of the rows U and the final state."""
        return self._seen(U, state)[::2]

    def _seen(self, U: np.ndarray, motion: Motion, frames_every: int = 0) -> tuple[np.ndarray, np.ndarray, Motion]:
        """Return the states of the rows U, the frames of every `frames_every`-th (none for 0), and the motion after."""
        clock = self._water.clock
        states = np.empty((len(U), clock.pictures, self.n_units_ // clock.pictures), self.state_dtype)
        kept = np.arange(0, len(U) if frames_every else 0, frames_every or 1)
        frames = np.empty((len(kept), *self.frame_shape_), np.uint8)
        row = shown = 0
        for samples, after in self._water.blocks(U, motion):
            n_rows = len(samples) // clock.kept_per_row
            mine = kept[shown : np.searchsorted(kept, row + n_rows)]
            photograph(
                self._camera, samples, clock.kept_per_row // clock.pictures, motion.step // len(clock.keep),
                states[row : row + n_rows].reshape(-1, states.shape[2]), frames[shown : shown + len(mine)],
                (mine - row + 1) * clock.pictures - 1,
            )  # fmt: skip
            row, shown, motion = row + n_rows, shown + len(mine), after
        return states.reshape(len(U), -1), frames, motion

    def states_at(self, X: list[np.ndarray], rows: list[np.ndarray]) -> list[np.ndarray]:
        """As `Reservoir.states_at`: camera images are computed only for these rows."""
        self.check_fitted()
        signals = self.checked_signals(X)

        def one(i: int) -> np.ndarray:
            states = self._glimpsed(signals[i], np.asarray(rows[i]))
            self.check_finite(states, f"the run of sequence {i} diverged: its state")
            return states

        return side_by_side(one, len(signals), self.n_jobs)

    def _glimpsed(self, U: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return the states at `rows`, which rise, of U from rest."""
        clock, states = self._water.clock, np.empty((len(rows), self.n_units_), self.state_dtype)
        unseen, never = np.empty((0, *self.frame_shape_), np.uint8), np.array([], int)
        exposed, row, motion = clock.kept_per_row // clock.pictures, 0, self.initial_state()
        for samples, after in self._water.blocks(U, motion):
            if not len(rows) or row > rows[-1]:
                break
            n_rows, first = len(samples) // clock.kept_per_row, motion.step // len(clock.keep)
            own = np.arange(*np.searchsorted(rows, [row, row + n_rows]))
            for together in np.split(own, np.flatnonzero(np.diff(rows[own]) > 1) + 1) if len(own) else []:
                looked = rows[together] - row
                photograph(
                    self._camera, samples[looked[0] * clock.kept_per_row : (looked[-1] + 1) * clock.kept_per_row],
                    exposed, first + int(looked[0]) * clock.pictures,
                    states[together[0] : together[-1] + 1].reshape(-1, self.n_units_ // clock.pictures), unseen, never,
                )  # fmt: skip
            row, motion = row + n_rows, after
        return states

    def observe(self, X: Any) -> dict[str, list]:
        """Return ``states`` and ``frames``: uint8 pictures (n_frames, height, width) of every `frames_every`-th row."""
        self.check_fitted()
        seen = [self._seen(u, self.initial_state(), self.frames_every) for u in self.checked_signals(X)]
        for i, (states, _, _) in enumerate(seen):
            self.check_finite(states, f"the run of sequence {i} diverged: its state")
        return {"states": [s for s, _, _ in seen], "frames": [f for _, f, _ in seen]}

    def observe_chunks(self, x: np.ndarray, n_rows: int) -> Iterator[dict[str, Any]]:
        """Yield what `observe` returns of one sequence in chunks of about `n_rows` rows."""
        self.check_fitted()
        [signal] = self.checked_signals([x])
        step, motion = max(1, n_rows // self.frames_every) * self.frames_every, self.initial_state()
        for first in range(0, len(signal), step):
            states, frames, motion = self._seen(signal[first : first + step], motion, self.frames_every)
            yield {"states": states, "frames": frames}

    def surface(self, X: Any, grid: tuple[int, int] | None = None) -> Any:
        """Return the height of the water (m) at the end of each row.

        Parameters
        ----------
        X : ndarray (n_steps, n_channels), list of those, ndarray (n_sequences, n_steps, n_channels) or Sequences
        grid : tuple of int, optional
            Points along x and y, in the middle of as many equal parts; the camera's pixels if not given.

        Returns
        -------
        ndarray (n_steps, n_x, n_y) or list of those
        """
        self.check_fitted()
        points = self._camera.pixels if grid is None else _counts("grid", grid, 1)
        X_grid, Y_grid = optics(self._water.basin, points, np.dtype(float))
        last = self._water.clock.kept_per_row
        heights = [
            np.concatenate([
                X_grid[0] @ samples[last - 1 :: last] @ Y_grid[0]
                for samples, _ in self._water.blocks(u, self.initial_state())
            ])
            for u in self.checked_signals(X)
        ]  # fmt: skip
        return heights[0] if getattr(X, "ndim", 0) == 2 else heights

    def own_controls(self) -> dict[str, Reservoir]:
        """Return the same tank with the linear camera, which has no squares."""
        return {} if self.camera == "height" else {"height": clone(self).set_params(camera="height")}

    def operations(self) -> dict[str, int]:
        """Return the multiply-adds per row."""
        (n_x, n_y), (p, q) = self._water.basin.modes, self._camera.pixels
        fields = {"height": 1, "slope": 2}.get(self.camera, 3)
        inputs = 2 * len(self._water.pressures)
        waves = self._water.clock.steps_per_row * n_x * n_y * (4 + 2 * inputs)
        return {"multiply_adds": waves + self._water.clock.kept_per_row * fields * (n_x * n_y * q + p * n_x * q)}

    def cite(self) -> list[str]:
        """Return the papers this model stands on."""
        papers = [
            "Fernando, Sojakka (2003), Pattern recognition in a bucket, ECAL, doi:10.1007/978-3-540-39432-7_63",
            "Lamb (1932), Hydrodynamics, Cambridge University Press",
        ]
        if self.damping in ("walls", "film"):
            papers.append("Miles (1967), Proc. R. Soc. A 297:459, doi:10.1098/rspa.1967.0081")
        if self.camera in ("shadowgraph", "sobel"):
            papers.append("Moisy, Rabaud, Salsac (2009), Exp. Fluids 46:1021, doi:10.1007/s00348-008-0608-z")
        return papers


def _pair(name: str, value: Any) -> tuple[Any, Any]:
    try:
        along_x, along_y = value
    except (TypeError, ValueError):
        raise checks.InputError(f"{name} is {value!r}, but two numbers are needed; give (along x, along y)") from None
    return along_x, along_y


def _counts(name: str, value: Any, low: int) -> tuple[int, int]:
    along_x, along_y = _pair(name, value)
    return checks.integer(name, along_x, low), checks.integer(name, along_y, low)


def _for_each(name: str, value: Any, n: int, low: float = -np.inf) -> np.ndarray:
    """Return one number for each of `n` motors."""
    values = checks.matrix(name, [value] * n if np.ndim(value) == 0 else value, (n,))
    for v in values:
        checks.number(name, float(v), low)
    return values
