"""The Lorenz equations forecast without a reservoir: two rows of the past and their products."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from millpond.baseline import Products, ShiftRegister
from millpond.reservoir import plots
from millpond.scenarios.chaos import ON_LORENZ, lorenz
from millpond.scenarios.papers.figures import Check, Paper

PAPER = Paper(
    title="Gauthier et al. (2021), Next generation reservoir computing",
    doi="10.1038/s41467-021-25801-2",
    about="Lorenz 63, steps of 0.025, 28 features, 400 points of training, ridge 2.5e-6, forecast of one Lyapunov time "
    "(1.104); 40 starts on the attractor, each solved by itself, no randomness",
)
_DT, _SETTLE, _TRAIN, _AHEAD, _PENALTY = 0.025, 200, 400, 44, 2.5e-6
_STARTS, _APART = 40, 10.0


def run(random_state: int = 0, quick: bool = False) -> list[Check]:
    """Return the errors of one step and of the forecast, one for each start.

    The authors' program follows one trajectory for 100 time units, over which rounding errors grow to the size of the
    attractor: its figures differ from one processor to the next. Here each start is solved by itself, for 16 time
    units, and the figures agree on all of them to four digits. Forecasts have heavy tails; their median is judged.
    """
    found = np.array([_forecast(start)[2] for start in _starts()])
    published = "printed by the authors' program (github.com/quantinfo/ng-rc-paper-code), within its standard error"
    return [
        Check("NRMSE, training", found[:, 0], published, expected=1.046e-4, tolerance=3.4e-6),
        Check("NRMSE, one Lyapunov time", found[:, 1], published + "; median", expected=2.11e-3, tolerance=4.4e-4,
              median=True),
    ]  # fmt: skip


def draw(ax: Any, random_state: int = 0) -> None:
    """Draw the forecast of the first start beside the series, all three coordinates."""
    true, forecast, _ = _forecast(next(_starts()))
    time = _DT * np.arange(_AHEAD)
    for name, colour, a, b in zip("xyz", plots.COLOURS, true.T, forecast.T, strict=False):
        ax.plot(time, a, lw=3, alpha=0.4, color=colour, label=f"{name}, Lorenz")
        ax.plot(time, b, lw=1, color=colour, label=f"{name}, forecast")
    ax.set(xlabel="time in the units of the equations", ylabel="coordinate")
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))


def _starts() -> Iterator[tuple[float, float, float]]:
    """Yield points of the attractor, far apart, by the classical Runge-Kutta method.

    Its sums of single numbers round the same way on every processor; products of matrices do not.
    """
    x, y, z = ON_LORENZ
    dt = _DT / 5
    for _ in range(_STARTS):
        yield x, y, z
        for _ in range(round(_APART / dt)):
            a = _slope(x, y, z)
            b = _slope(x + dt / 2 * a[0], y + dt / 2 * a[1], z + dt / 2 * a[2])
            c = _slope(x + dt / 2 * b[0], y + dt / 2 * b[1], z + dt / 2 * b[2])
            d = _slope(x + dt * c[0], y + dt * c[1], z + dt * c[2])
            x += dt / 6 * (a[0] + 2 * b[0] + 2 * c[0] + d[0])
            y += dt / 6 * (a[1] + 2 * b[1] + 2 * c[1] + d[1])
            z += dt / 6 * (a[2] + 2 * b[2] + 2 * c[2] + d[2])


def _slope(x: float, y: float, z: float) -> tuple[float, float, float]:
    return 10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z


def _forecast(start: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray, tuple[float, float]]:
    """Return the series, its forecast and the errors of one step and of the forecast."""
    # as published: the data are those of a solver with loose tolerances, over a time that is no multiple of the step
    n_steps = _SETTLE + _TRAIN + _AHEAD
    x = lorenz(n_steps + 1, ((_SETTLE + _TRAIN) * _DT + 1.104) / n_steps, method="RK23", start=start)
    features = _features(x)
    train = slice(_SETTLE - 1, _SETTLE + _TRAIN - 1)
    steps = np.diff(x, axis=0)[train]
    F = features[train]
    W = np.linalg.solve(F.T @ F + _PENALTY * np.eye(F.shape[1]), F.T @ steps)
    last = _SETTLE + _TRAIN - 1
    forecast = [x[last - 1], x[last]]
    for _ in range(_AHEAD - 1):
        forecast.append(forecast[-1] + _features(np.array(forecast[-2:]))[-1] @ W)
    scale = np.std(x)
    one_step = np.sqrt(np.mean((steps - F @ W) ** 2)) / scale
    true, said = x[last : last + _AHEAD], np.array(forecast[1:])
    return true, said, (float(one_step), float(np.sqrt(np.mean((true - said) ** 2)) / scale))


def _features(x: np.ndarray) -> np.ndarray:
    """Return 1, the last two rows of x (n_steps, 3) and all products of two of their numbers."""
    taps = ShiftRegister(n_taps=2).fit_transform(x)
    return np.hstack([np.ones((len(x), 1)), Products().fit_transform(taps)])
