"""Series that papers ask a reservoir to follow, and how far off it is."""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp

from readout import Ridge
from reservoir import checks

_DRAWS = 100


def narma10(n_steps: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    r"""Return input and target (n_steps,) of the tenth-order nonlinear moving average.

    .. math:: y_{t+1} = 0.3 y_t + 0.05 y_t \sum_{i=0}^{9} y_{t-i} + 1.5 u_{t-9} u_t + 0.1

    with u even in [0, 0.5] and the target of step t being :math:`y_{t+1}`: it takes the input up to step t.
    Atiya and Parlos (2000), doi:10.1109/72.846741. Some inputs make it diverge; a series that passes 2 is drawn
    again.
    """
    for _ in range(_DRAWS):
        u = rng.uniform(0, 0.5, n_steps)
        y = narma10_of(u)
        if np.abs(y).max() <= 2:  # false for nan too
            return u, y
    raise checks.InputError(
        f"{_DRAWS} NARMA-10 series of {n_steps} steps diverged, as long ones do; ask for fewer steps"
    )


def narma10_of(u: np.ndarray) -> np.ndarray:
    """Return the target of `narma10` for the input u, from zeros before it; not finite where it diverges."""
    y = np.zeros(len(u) + 10)  # nine zeros of the past, y_0 = 0, then the targets
    past = np.concatenate([np.zeros(9), u])
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(len(u)):
            y[t + 10] = 0.3 * y[t + 9] + 0.05 * y[t + 9] * y[t : t + 10].sum() + 1.5 * past[t] * u[t] + 0.1
    return y[10:]


def narma2_of(u: np.ndarray) -> np.ndarray:
    r"""Return the target of the second-order system for the input u, from zeros before it.

    .. math:: y_{t+1} = 0.4 y_t + 0.4 y_t y_{t-1} + 0.6 u_t^3 + 0.1

    Atiya and Parlos (2000), doi:10.1109/72.846741.
    """
    y = np.zeros(len(u) + 2)
    for t in range(len(u)):
        y[t + 2] = 0.4 * y[t + 1] + 0.4 * y[t + 1] * y[t] + 0.6 * u[t] ** 3 + 0.1
    return y[2:]


def volterra2_of(u: np.ndarray, dt: float, mean: float = 0.1, deviation: float = 0.05) -> np.ndarray:
    r"""Return a second-order Volterra operator of u (n_steps,) sampled every `dt` seconds.

    .. math:: y(t) = \int_0^{2\mu}\!\!\int_0^{2\mu} h(\tau_1) h(\tau_2)\, u(t - \tau_1) u(t - \tau_2)\,
              d\tau_1 d\tau_2

    with h a Gaussian of `mean` and `deviation` (s) and integral 1 before it is cut at 0 and twice the mean: memory
    of about the mean, and products of what is in it.
    """
    lags = np.arange(0, 2 * mean + dt / 2, dt)
    kernel = np.exp(-(((lags - mean) / deviation) ** 2) / 2) / (deviation * np.sqrt(2 * np.pi))
    return np.asarray(np.convolve(u, kernel)[: len(u)] * dt) ** 2


def three_sines(n_steps: int, dt: float, start: float = 0.0) -> np.ndarray:
    """Return the product of sines of 2.11, 3.73 and 4.33 Hz, which hardly ever repeats itself."""
    t = start + dt * np.arange(n_steps)
    return np.asarray(np.sin(2 * np.pi * np.outer([2.11, 3.73, 4.33], t)).prod(0))


def shift_register(u: np.ndarray, n_taps: int) -> np.ndarray:
    """Return the last `n_taps` inputs (n_steps, n_taps) at each step, the newest first, with zeros before all."""
    return np.lib.stride_tricks.sliding_window_view(np.concatenate([np.zeros(n_taps - 1), u]), n_taps)[:, ::-1]


def nmse(predicted: np.ndarray, y: np.ndarray) -> float:
    """Return the mean squared error in units of the variance of y."""
    return float(np.mean((predicted - y) ** 2) / np.var(y))


def nrmse(predicted: np.ndarray, y: np.ndarray) -> float:
    """Return the root of the mean squared error in units of the standard deviation of y."""
    return nmse(predicted, y) ** 0.5


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


def memory_capacity(states: np.ndarray, u: np.ndarray, n_delays: int, washout: int, penalty: float = 1e-9) -> float:
    """Return how much of the past input the states hold: the sum over delays 1 to n_delays of squared correlations.

    Jaeger (2001), GMD report 152. A readout for each delay learns the first half after the washout; correlations are
    those of the second half, where the capacity of chance is about n_delays over its length.
    """
    past = shift_register(u, n_delays + 1)[washout:, 1:]
    half = (len(u) - washout) // 2
    x = states[washout:]
    said = Ridge(penalty=penalty).fit(x[:half], past[:half]).predict(x[half:])
    past = past[half:] - past[half:].mean(0)
    said = said - said.mean(0)
    return float(((past * said).sum(0) ** 2 / ((past**2).sum(0) * (said**2).sum(0))).sum())


def lorenz(n_steps: int, dt: float, method: str = "RK45", rtol: float = 1e-3) -> np.ndarray:
    r"""Return (n_steps, 3) values of the Lorenz equations, dt apart, from a place on the attractor.

    .. math:: \dot x = 10 (y - x), \quad \dot y = x (28 - z) - y, \quad \dot z = x y - \tfrac 8 3 z

    Lorenz (1963), doi:10.1175/1520-0469(1963)020<0130:DNF>2.0.CO;2. `method` and `rtol` are those of
    `scipy.integrate.solve_ivp`.
    """

    def slope(_: float, s: np.ndarray) -> list[float]:
        x, y, z = s
        return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]

    times = np.linspace(0, (n_steps - 1) * dt, n_steps)
    start = [17.67715816276679, 12.931379185960404, 43.91404334248268]
    return np.asarray(solve_ivp(slope, (0, times[-1]), start, t_eval=times, method=method, rtol=rtol).y.T)


def nvar(x: np.ndarray, n_taps: int = 2) -> np.ndarray:
    """Return 1, the last `n_taps` rows of x (n_steps, n_channels), and all products of two of their numbers.

    The nonlinear vector autoregression of Gauthier et al. (2021), doi:10.1038/s41467-021-25801-2; rows before the
    first are zeros.
    """
    taps = np.hstack([np.vstack([np.zeros((k, x.shape[1])), x[: len(x) - k]]) for k in range(n_taps)])
    i, j = np.triu_indices(taps.shape[1])
    return np.hstack([np.ones((len(x), 1)), taps, taps[:, i] * taps[:, j]])
