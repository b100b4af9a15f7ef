r"""The waves of a rectangular tank, mode by mode, without any error of time stepping.

Between vertical walls the surface is a sum of standing waves,

.. math:: \eta(x, y, t) = \sum_{mn} a_{mn}(t) \cos(m \pi x / L_x) \cos(n \pi y / L_y),

each of which swings by itself:  a'' + 2 \gamma a' + \omega_0^2 a = f(t).  The pair (a, a') is kept as one
complex number z with  z' = \lambda z + f,  \lambda = -\gamma + i \omega_d,  a = Im z / \omega_d.  For a force held
constant, or swinging as a sine, over a time T the step of z is known in closed form (e^{\lambda T} and
`response`), so T may be as long as the camera's frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from millpond.physical.liquids import Liquid
from millpond.reservoir import checks

DAMPING = ("none", "bulk", "walls", "film")


@dataclass(frozen=True)
class Basin:
    """A tank and what is in it: lengths in m, gravity in m/s^2, `extra` damping in 1/s."""

    size: tuple[float, float]
    depth: float
    modes: tuple[int, int]
    liquid: Liquid
    damping: str = "film"
    extra: float = 0.0
    gravity: float = 9.81

    @property
    def wavenumbers(self) -> tuple[np.ndarray, np.ndarray]:
        """Wavenumbers along x (n_x,) and y (n_y,), rad/m."""
        return tuple(np.pi * np.arange(n) / side for n, side in zip(self.modes, self.size, strict=True))  # type: ignore[return-value]


def wavenumber(basin: Basin) -> np.ndarray:
    """Return k of each mode (n_x, n_y), rad/m."""
    return np.hypot(*np.meshgrid(*basin.wavenumbers, indexing="ij"))


def frequency(basin: Basin) -> np.ndarray:
    r"""Return the undamped frequency of each mode (n_x, n_y), rad/s.

    .. math:: \omega_0^2 = (g k + \sigma k^3 / \rho) \tanh k h

    Lamb (1932), Hydrodynamics, sections 228 and 267.
    """
    k, liquid = wavenumber(basin), basin.liquid
    return np.sqrt(
        (basin.gravity * k + liquid.surface_tension / liquid.density * k**3) * np.tanh(k * basin.depth)
    )  # fmt: skip


def decay(basin: Basin) -> np.ndarray:
    r"""Return how fast the amplitude of each mode dies, \gamma (n_x, n_y), 1/s.

    ======== ================================================================================================
    none     nothing but `extra`
    bulk     2 \nu k^2: a clean surface in a tank without walls (Lamb 1932, section 348)
    walls    and the boundary layers along bottom and side walls
    film     and the layer under a surface that a film keeps from stretching, as dust and grease do on tap
             water: (k / 2) \sqrt{\nu \omega / 2} \coth kh
    ======== ================================================================================================

    Notes
    -----
    Every layer takes the power \rho \sqrt{\nu \omega / 8} U^2 per area from a wave that slides along it with
    velocity amplitude U (Stokes 1851; Landau and Lifshitz, Fluid Mechanics, section 24); a mode holds the energy
    \rho \omega^2 a^2 L_x L_y / (2 \epsilon_m \epsilon_n k \tanh kh). Half the ratio, with U of the potential flow,
    gives the rates: bottom  k \sqrt{\nu \omega / 2} / \sinh 2kh,  film as above (Miles 1967,
    doi:10.1098/rspa.1967.0081, treats both), walls across x

    .. math:: \sqrt{\nu \omega / 2} \, \frac{2 k \epsilon_m}{L_x \sinh 2kh} \Bigl[\frac{k_y^2}{k^2} I_+ + I_-\Bigr],
              \quad I_\pm = \frac{\sinh 2kh}{4k} \pm \frac{h}{2},

    with \epsilon_0 = 1 and 2 otherwise, and the same across y. The layers also lower the frequency, by about
    as much as they damp; that is left out, as are meniscus and contact line.
    """
    checks.option("damping", basin.damping, DAMPING)
    k, w, h, nu = wavenumber(basin), frequency(basin), basin.depth, basin.liquid.viscosity
    rate = np.full(k.shape, float(basin.extra))
    if basin.damping == "none":
        return rate
    rate += 2 * nu * k**2
    if basin.damping == "bulk":
        return rate
    k = np.where(k == 0, 1.0, k)  # the mean level does not move: w = 0 makes its layers vanish
    layer = np.sqrt(nu * w / 2)
    # 1 / sinh 2kh and cosh / sinh without the overflow of short waves in deep water
    over_sinh = 2 * np.exp(-2 * k * h) / -np.expm1(-4 * k * h)
    rate += layer * k * over_sinh
    kx, ky = np.meshgrid(*basin.wavenumbers, indexing="ij")
    for across, along, side in ((kx, ky, basin.size[0]), (ky, kx, basin.size[1])):
        grows, shrinks = 1 / (4 * k) + h / 2 * over_sinh, 1 / (4 * k) - h / 2 * over_sinh  # I_+-, over sinh 2kh
        rate += layer * 2 * k * np.where(across == 0, 1, 2) / side * ((along / k) ** 2 * grows + shrinks)
    return rate + (layer * k / 2 / np.tanh(k * h) if basin.damping == "film" else 0)


def eigenvalues(basin: Basin) -> np.ndarray:
    r"""Return \lambda = -\gamma + i \omega_d of each mode (n_x, n_y), 1/s; 0 for the mean level.

    Raises
    ------
    InputError
        A mode so damped that it creeps back instead of swinging.
    """
    gamma, w0 = decay(basin), frequency(basin)
    creeps = gamma >= w0
    creeps[0, 0] = False
    if creeps.any():
        k = wavenumber(basin)[creeps]
        raise checks.InputError(
            f"waves of {2000 * np.pi / k.max():.3g} to {2000 * np.pi / k.min():.3g} mm do not swing in this liquid "
            "(their damping exceeds their frequency); take fewer modes, a thinner liquid or less damping"
        )
    found = -gamma + 1j * np.sqrt(np.maximum(w0**2 - gamma**2, 0))
    found[0, 0] = 0
    return found


def response(lam: np.ndarray, T: float, w: float) -> np.ndarray:
    r"""Return what a force exp(i w t), 0 <= t <= T, adds to z by the time T, for each eigenvalue of `lam`.

    .. math:: \int_0^T e^{\lambda (T - t)} e^{i w t} dt = \frac{e^{i w T} - e^{\lambda T}}{i w - \lambda}
    """
    gap = 1j * w - lam
    x = gap * T
    near = np.abs(x) < 0.1  # near resonance the difference would cancel; far from it expm1 may overflow
    small = np.where(near, x, 1)
    quotient = np.where(small == 0, 1, np.expm1(small) / np.where(small == 0, 1, small))
    return np.where(
        near, T * np.exp(lam * T) * quotient, (np.exp(1j * w * T) - np.exp(lam * T)) / np.where(near, 1, gap)
    )


def spot(basin: Basin, x: float, y: float, footprint: float) -> np.ndarray:
    r"""Return the force on each mode (n_x, n_y) of a pressure of 1 Pa in the middle of a spot, m/s^2 per Pa.

    The spot is a Gaussian of standard deviation `footprint` around (x, y), folded back where it reaches
    beyond a wall. A pressure p on the surface forces a mode by  -(k \tanh kh / \rho) p_{mn}  (Lamb 1932, section 226,
    with the pressure condition of linear waves). The mean level feels nothing: no volume is added.
    """
    k = wavenumber(basin)
    shape = np.ones((1, 1))
    for at, side, along in zip((x, y), basin.size, basin.wavenumbers, strict=True):
        profile = np.where(along == 0, 1, 2) / side * np.cos(along * at) * np.exp(-((along * footprint) ** 2) / 2)
        shape = np.multiply.outer(shape.ravel(), np.sqrt(2 * np.pi) * footprint * profile)
    return -k * np.tanh(k * basin.depth) / basin.liquid.density * shape.reshape(k.shape)


def cosines(basin: Basin, axis: int, at: np.ndarray, derivative: int = 0) -> np.ndarray:
    """Return the modes along an axis, or their first or second derivative, at the places `at` (n_at, n_modes)."""
    k = basin.wavenumbers[axis]
    phase = np.outer(at, k)
    if derivative == 0:
        return np.cos(phase)
    return -k * np.sin(phase) if derivative == 1 else -(k**2) * np.cos(phase)


def mean_square(basin: Basin, a: np.ndarray, power: int) -> np.ndarray:
    """Return the mean over the tank of (k^power eta)^2, for amplitudes a (..., n_x, n_y).

    Power 0 is the height squared (m^2), 1 the slope squared, 2 the Laplacian squared (1/m^2).
    """
    share = np.multiply.outer(*(np.where(k == 0, 1, 0.5) for k in basin.wavenumbers))
    return np.tensordot(a**2, share * wavenumber(basin) ** (2 * power), 2)


def energy(basin: Basin, z: np.ndarray) -> np.ndarray:
    r"""Return the energy (J) of the modes z (..., n_x, n_y): kinetic, gravitational and of the surface.

    \rho (|a'|^2 + \omega_0^2 a^2) / (2 k \tanh kh), over the area a mode fills.
    """
    k, w0, lam = wavenumber(basin), frequency(basin), eigenvalues(basin)
    filled = np.multiply.outer(*(np.where(q == 0, 1, 0.5) for q in basin.wavenumbers)) * np.prod(basin.size)
    flat = k == 0
    k = np.where(flat, 1, k)
    weight = np.where(flat, 0, basin.liquid.density * filled / (2 * k * np.tanh(k * basin.depth)))
    a = z.imag / np.where(flat, np.inf, lam.imag)
    velocity = z.real + lam.real * a
    return np.tensordot(velocity**2 + (w0 * a) ** 2, weight, 2)
