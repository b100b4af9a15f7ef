"""Chaotic systems whose paths are to be foretold."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

ON_LORENZ = (17.67715816276679, 12.931379185960404, 43.91404334248268)


def mackey_glass(n_steps: int, start: np.ndarray, tau: float = 17.0, dt: float = 0.1, every: int = 10) -> np.ndarray:
    r"""Return n_steps values of the Mackey-Glass equation, one in `every` steps of the solver.

    .. math:: \dot x(t) = \frac{0.2\, x(t - \tau)}{1 + x(t - \tau)^{10}} - 0.1\, x(t)

    Mackey and Glass (1977), doi:10.1126/science.267326. Runge-Kutta of order 4 with steps of `dt`; the delayed value
    between two steps is their mean. `start` (tau / dt + 1,) is the past, its last entry x(0).
    """
    past = round(tau / dt)
    x = np.empty(past + 1 + n_steps * every)
    x[: past + 1] = start
    for t in range(past, len(x) - 1):
        before, after = (0.2 * x[k] / (1 + x[k] ** 10) for k in (t - past, t - past + 1))
        between = 0.5 * (x[t - past] + x[t - past + 1])
        middle = 0.2 * between / (1 + between**10)
        k1 = before - 0.1 * x[t]
        k2 = middle - 0.1 * (x[t] + dt / 2 * k1)
        k3 = middle - 0.1 * (x[t] + dt / 2 * k2)
        k4 = after - 0.1 * (x[t] + dt * k3)
        x[t + 1] = x[t] + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return x[past + every :: every]


def lorenz(n_steps: int, dt: float, method: str = "RK45", rtol: float = 1e-3, start: Any = ON_LORENZ) -> np.ndarray:
    r"""Return (n_steps, 3) values of the Lorenz equations, dt apart, from `start`, by default on the attractor.

    .. math:: \dot x = 10 (y - x), \quad \dot y = x (28 - z) - y, \quad \dot z = x y - \tfrac 8 3 z

    Lorenz (1963), doi:10.1175/1520-0469(1963)020<0130:DNF>2.0.CO;2. `method` and `rtol` are those of
    `scipy.integrate.solve_ivp`.
    """

    def slope(_: float, s: np.ndarray) -> list[float]:
        x, y, z = s
        return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]

    times = np.linspace(0, (n_steps - 1) * dt, n_steps)
    return np.asarray(solve_ivp(slope, (0, times[-1]), start, t_eval=times, method=method, rtol=rtol).y.T)


def henon(n_steps: int, rng: np.random.Generator) -> np.ndarray:
    r"""Return x (n_steps,) of the Henon map from a random point of its basin, once on its attractor.

    .. math:: x_{t+1} = 1 - 1.4 x_t^2 + 0.3 x_{t-1}

    Henon (1976), doi:10.1007/BF01608556.
    """
    x = np.empty(n_steps + 102)
    x[:2] = rng.uniform(-0.1, 0.1, 2)
    for t in range(2, len(x)):
        x[t] = 1 - 1.4 * x[t - 1] ** 2 + 0.3 * x[t - 2]
    return x[102:]


def roessler(n_steps: int, rng: np.random.Generator, dt: float = 0.2) -> np.ndarray:
    r"""Return x (n_steps,) of the Roessler system every `dt`, once on its attractor.

    .. math:: \dot x = -y - z, \quad \dot y = x + 0.2 y, \quad \dot z = 0.2 + z (x - 5.7)

    Roessler (1976), doi:10.1016/0375-9601(76)90101-8; solved to 1e-8.
    """

    def flow(t: float, s: np.ndarray) -> list[float]:
        x, y, z = s
        return [-y - z, x + 0.2 * y, 0.2 + z * (x - 5.7)]

    at = 100 + dt * np.arange(n_steps)
    start = rng.uniform(0.5, 1.5, 3)
    found = solve_ivp(flow, (0, at[-1]), start, method="DOP853", t_eval=at, rtol=1e-8, atol=1e-8)
    return np.asarray(found.y[0])
