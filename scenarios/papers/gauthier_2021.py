"""The Lorenz equations forecast without a reservoir: two rows of the past and their products."""

from __future__ import annotations

from typing import Any

import numpy as np

from baseline import Products, ShiftRegister
from reservoir import plots
from scenarios.chaos import lorenz
from scenarios.papers.figures import Check, Paper

PAPER = Paper(
    title="Gauthier et al. (2021), Next generation reservoir computing",
    doi="10.1038/s41467-021-25801-2",
    about="Lorenz 63, steps of 0.025, 28 features, 400 points of training from ten starts, ridge 2.5e-6, forecast of "
    "one Lyapunov time (1.104); no chance in it",
)
_DT, _TRAIN, _AHEAD, _PENALTY = 0.025, 400, 44, 2.5e-6


def run(random_state: int = 0, quick: bool = False) -> list[Check]:
    """Return the errors of one step and of the forecast, one for each start."""
    found = np.array([_forecast(round(start / _DT))[2] for start in range(5, 105, 10)])
    published = "printed by the authors' program (github.com/quantinfo/ng-rc-paper-code), within its standard error"
    return [
        Check("NRMSE, training", found[:, 0], published, expected=1.046e-4, tolerance=3.4e-6),
        Check("NRMSE, one Lyapunov time", found[:, 1], published, expected=2.11e-3, tolerance=4.4e-4),
    ]


def draw(ax: Any, random_state: int = 0) -> None:
    """Draw the forecast of the first start beside the series, all three coordinates."""
    true, forecast, _ = _forecast(round(5 / _DT))
    time = _DT * np.arange(_AHEAD)
    for name, colour, a, b in zip("xyz", plots.COLOURS, true.T, forecast.T, strict=False):
        ax.plot(time, a, lw=3, alpha=0.4, color=colour, label=f"{name}, Lorenz")
        ax.plot(time, b, lw=1, color=colour, label=f"{name}, forecast")
    ax.set(xlabel="time in the units of the equations", ylabel="coordinate")
    ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))


def _forecast(start: int) -> tuple[np.ndarray, np.ndarray, tuple[float, float]]:
    """Return the series, its forecast and the errors of one step and of the forecast."""
    # as published: the data are those of a solver with loose tolerances, over a time that is no multiple of the step
    n_steps = start + _TRAIN + _AHEAD
    x = lorenz(n_steps + 1, ((start + _TRAIN) * _DT + 1.104) / n_steps, method="RK23")
    features = _features(x)
    train = slice(start - 1, start + _TRAIN - 1)
    steps = np.diff(x, axis=0)[train]
    F = features[train]
    W = np.linalg.solve(F.T @ F + _PENALTY * np.eye(F.shape[1]), F.T @ steps)
    last = start + _TRAIN - 1
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
