"""Series that papers ask a reservoir to follow, and how far off it is."""

from __future__ import annotations

import numpy as np

from millpond.reservoir import checks

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
        f"{_DRAWS} NARMA-10 series of {n_steps} steps diverged, as long ones often do; choose fewer steps"
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


def channel(n_steps: int, rng: np.random.Generator) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    r"""Return u, what comes out of a nonlinear wireless channel, and for each step n the symbol d_{n-2}.

    .. math:: q_n = 0.08 d_{n+2} - 0.12 d_{n+1} + d_n + 0.18 d_{n-1} - 0.1 d_{n-2} + 0.091 d_{n-3} - 0.05 d_{n-4}
              + 0.04 d_{n-5} + 0.03 d_{n-6} + 0.01 d_{n-7}, \qquad u = q + 0.036 q^2 - 0.011 q^3 + \nu

    with symbols -3, -1, 1 and 3, and noise nu at 28 dB below u. Jaeger and Haas
    (2004), doi:10.1126/science.1091277, after Mathews and Lee (1994).
    """
    taps = np.array([0.08, -0.12, 1, 0.18, -0.1, 0.091, -0.05, 0.04, 0.03, 0.01])
    d = rng.choice([-3, -1, 1, 3], n_steps + len(taps) - 1)
    q = np.convolve(d, taps, "valid")  # q[j] is that of n = j + 7
    u = q + 0.036 * q**2 - 0.011 * q**3
    u = u + np.std(u) * 10 ** (-28 / 20) * rng.standard_normal(n_steps)
    return u, {"symbol": d[5 : 5 + n_steps]}


def sine_or_square(n_steps: int, rng: np.random.Generator) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return periods of sines and squares in random order, and at each step which it is (1 for a square).

    Single values of 1 and -1 belong to both. Paquot et al. (2012), doi:10.1038/srep00287.
    """
    period = 12
    square = rng.integers(0, 2, -(-n_steps // period))
    wave = np.sin(2 * np.pi * np.arange(period) / period)
    shapes = np.stack([wave, np.where(np.arange(period) < period / 2, 1.0, -1.0)])
    return shapes[square].ravel()[:n_steps], {"square": np.repeat(square, period)[:n_steps]}


def nmse(predicted: np.ndarray, y: np.ndarray) -> float:
    """Return the mean squared error in units of the variance of y."""
    return float(np.mean((predicted - y) ** 2) / np.var(y))


def nrmse(predicted: np.ndarray, y: np.ndarray) -> float:
    """Return the root of the mean squared error in units of the standard deviation of y."""
    return nmse(predicted, y) ** 0.5
