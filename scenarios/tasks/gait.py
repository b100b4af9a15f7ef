r"""Gaits of a salamander: a readout generates the joint angles, and its output is fed back as input.

The teacher is a chain of oscillators with amplitude and phase (Ijspeert et al. 2007, doi:10.1126/science.1138353): one
number, the drive, selects the gait. In walking, the limbs move and the trunk has a standing wave. In swimming, the
limbs rest and a wave travels down the trunk.

.. math::
    \dot\theta_i = 2\pi\nu_i + \sum_j r_j w_{ij} \sin(\theta_j - \theta_i - \phi_{ij}), \quad
    \ddot r_i = a (\tfrac a 4 (R_i - r_i) - \dot r_i), \quad x_i = r_i (1 + \cos\theta_i)

Both sides of the trunk are in antiphase, so one chain of eight represents two, and a joint bends by
:math:`2 r \cos\theta`. The input of a reservoir is the drive and the last joint angles. It is driven by the true angles
for ten seconds and then runs freely while the drive changes. Its gait is compared with the teacher's. The joint sensors
have noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.signal import hilbert

from millpond.baseline import InSeries, Products, ShiftRegister
from millpond.evaluation.folds import Fold, in_turn
from millpond.evaluation.models import BASELINES, built, controls_of
from millpond.evaluation.recipe import Recipe
from millpond.evaluation.task_data import Loop, Material, refuse_data
from millpond.reservoir import Question, Reservoir, Sequences, checks

CORPORA = ("generated",)
SPLITS = ("runs",)
FRONT_ENDS = ("raw",)

PERIOD = 0.05  # sampling period (s)
N_RUNS, N_FOLDS, EPISODES, EPISODE = 12, 4, 5, 200
NOISE = 0.1  # noise of the joint sensors in standard deviations
SETTLED = 100  # time steps at the start of an episode that are not evaluated, because the gait still changes
N_TRUNK, N_LIMBS = 8, 4
JOINTS = [0, 2, 4, 6, *range(N_TRUNK, N_TRUNK + N_LIMBS)]  # every second trunk joint, and the limbs
_PARAMETERS: dict[str, dict[str, Any]] = {
    "esn": {"n_units": 300, "spectral_radius": 0.7, "leak_rate": 0.5, "input_scaling": 1.0, "bias_scaling": 0.5},
    "lsm": {"n_units": 300, "dt": 5e-4, "row_period": 0.02, "engine": "numba"},
    "water": {"hold": 0.2},
}
_TRIED = {"esn": 17}


@dataclass(frozen=True, eq=False)
class Runs:
    """The drive (n_steps,) and the joint angles (n_steps, n_joints) of each run."""

    name: str
    every: list[tuple[np.ndarray, np.ndarray]]


def load(corpus: str, data: str | None = None) -> Runs:
    """Draw the runs with a fixed seed: five episodes of ten seconds, alternating between walking and swimming."""
    checks.option("corpus", corpus, CORPORA)
    refuse_data(data)
    rng = np.random.default_rng(2007)
    walks = (np.arange(EPISODES)[:, None] + np.arange(N_RUNS)) % 2 == 0
    levels = np.where(walks, rng.uniform(1.2, 2.8, walks.shape), rng.uniform(3.2, 4.8, walks.shape))
    drives = np.repeat(levels, EPISODE, axis=0).T
    bent = angles(drives, rng.uniform(-np.pi, np.pi, (N_RUNS, N_TRUNK + N_LIMBS)))[..., JOINTS]
    return Runs(corpus, list(zip(drives, bent, strict=True)))


def angles(drive: np.ndarray, start: np.ndarray, substeps: int = 4) -> np.ndarray:
    """Return the joint angles of the teacher (n_runs, n_steps, 12): the trunk from head to tail, then limbs.

    Parameters
    ----------
    drive : ndarray (n_runs, n_steps)
        Limbs move for a drive of 1 to 3, the trunk for 1 to 5. Outside these ranges they rest.
    start : ndarray (n_runs, 12)
        Phases (rad); amplitudes start at 0.
    substeps : int
        Runge-Kutta steps (order 4) per time step of 50 ms.
    """
    limb = np.arange(N_TRUNK + N_LIMBS) >= N_TRUNK
    w, lag = _couplings()
    a, h = 20.0, PERIOD / substeps
    state = np.stack([start, 0 * start, 0 * start])
    found = np.empty((*drive.shape, start.shape[1]))
    for t, d in enumerate(drive.T[:, :, None]):
        moves = (d >= 1) & np.where(limb, d <= 3, d <= 5)
        nu = moves * np.where(limb, 0.2 * d, 0.2 * d + 0.3)
        target = moves * np.where(limb, 0.131 * d + 0.131, 0.065 * d + 0.196)

        def slope(s: np.ndarray, nu: np.ndarray = nu, target: np.ndarray = target) -> np.ndarray:
            theta, r, speed = s
            pull = (w * r[:, None, :] * np.sin(theta[:, None, :] - theta[:, :, None] - lag)).sum(-1)
            return np.stack([2 * np.pi * nu + pull, speed, a * (a / 4 * (target - r) - speed)])

        for _ in range(substeps):
            k1 = slope(state)
            k2 = slope(state + h / 2 * k1)
            k3 = slope(state + h / 2 * k2)
            state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(state + h * k3))
        found[:, t] = 2 * state[1] * np.cos(state[0])
    return found


def _couplings() -> tuple[np.ndarray, np.ndarray]:
    """Return weights and phase lags (12, 12), one row per receiving oscillator: trunk, left limbs, right limbs."""
    w, lag = np.zeros((2, N_TRUNK + N_LIMBS, N_TRUNK + N_LIMBS))
    for i in range(N_TRUNK - 1):
        w[i, i + 1] = w[i + 1, i] = 10
        lag[i + 1, i], lag[i, i + 1] = 2 * np.pi / N_TRUNK, -2 * np.pi / N_TRUNK
    fore, hind, right_fore, right_hind = range(N_TRUNK, N_TRUNK + N_LIMBS)
    for i, j in ((fore, hind), (right_fore, right_hind), (fore, right_fore), (hind, right_hind)):
        w[i, j] = w[j, i] = 10
        lag[i, j] = lag[j, i] = np.pi
    half = N_TRUNK // 2
    w[:half, fore], w[half:N_TRUNK, hind] = 30, 30
    return w, lag


def gaits(run: np.ndarray) -> dict[str, np.ndarray]:
    """Return the answers for a run (n_steps, 8), one value for each episode after the first.

    The answers are the frequency of the first joint (Hz), the phase lag of the second trunk joint in cycles, and the
    mean amplitudes of trunk and limbs.
    """
    found: dict[str, list[float]] = {"frequency": [], "lag": [], "trunk": [], "limbs": []}
    for k in range(1, EPISODES):
        part = run[k * EPISODE + SETTLED : (k + 1) * EPISODE]
        wave = hilbert(part - part.mean(0), axis=0)[10:-10]  # the ends are inaccurate
        turned = np.unwrap(np.angle(wave[:, 0]))
        found["frequency"].append((turned[-1] - turned[0]) / (2 * np.pi * PERIOD * (len(turned) - 1)))
        found["lag"].append(float(np.angle((wave[:, 0] * wave[:, 1].conj()).sum())) / (2 * np.pi))
        found["trunk"].append(float(np.abs(wave[:, :4]).mean()))
        found["limbs"].append(float(np.abs(wave[:, 4:]).mean()))
    return {name: np.array(values) for name, values in found.items()}


def represent(raw: Runs, front_end: str) -> Material:
    """Return drives with the last joint angles, and the questions about free runs."""
    checks.option("front-end", front_end, FRONT_ENDS)
    signals = [np.column_stack([drive, np.vstack([0 * y[:1], y[:-1]])]) for drive, y in raw.every]
    asked = [gaits(y) for _, y in raw.every]
    sequences = Sequences(signals, PERIOD, targets=[y for _, y in raw.every],
                          groups=np.array([f"run {i}" for i in range(N_RUNS)]))  # fmt: skip
    questions = tuple(Question(name, [a[name] for a in asked], None, "nrmse") for name in asked[0])
    return Material(sequences, questions, loop=Loop(EPISODE, gaits, NOISE))


def folds(raw: Runs, split: str) -> list[Fold]:
    """Return folds with three test runs each."""
    checks.option("split", split, SPLITS)
    return in_turn(N_RUNS, N_FOLDS)


def recipe(model: str, front_end: str | None = None) -> Recipe:
    """Return the set-up of `model`; only that of the network was selected, within a training part."""
    if model in BASELINES:
        raise checks.InputError(f"model is '{model}', which cannot run on its own output; leave it out of gait")
    return Recipe(front_end or FRONT_ENDS[0], built(model, **_PARAMETERS.get(model, {})), None, _TRIED.get(model, 0))


def controls(recipe: Recipe, n_channels: int) -> dict[str, Reservoir]:
    """Return the standard controls, and the latest inputs with all pairwise products."""
    return controls_of(recipe.model, n_channels) | {"nvar": InSeries(ShiftRegister(n_taps=2), Products())}
