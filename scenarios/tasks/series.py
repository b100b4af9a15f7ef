"""Tasks on a single time series: recall, products, moving averages, chaos and channel equalisation.

There are twelve independent streams of 600 steps. The first hundred steps of each are washout. Cross-validation holds
out three streams at a time. Gaussian noise of 2 % on every state represents measurement noise. The camera of the water
has its own noise, and networks trained by gradient have none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from millpond.baseline import InSeries, Products, ShiftRegister, StaticExpansion
from millpond.evaluation.folds import Fold, in_turn
from millpond.evaluation.models import controls_of
from millpond.evaluation.recipe import Recipe
from millpond.evaluation.task_data import Material, refuse_data
from millpond.reservoir import Question, Reservoir, Sequences, checks
from millpond.scenarios import chaos, generators
from millpond.scenarios.tables import one_series
from millpond.scenarios.tasks import series_recipes

N_STREAMS, N_STEPS, WASHOUT = 12, 600, 100
N_FOLDS = 4
NOISE = 0.02
_TAPS = 20

_Series = tuple[np.ndarray, dict[str, np.ndarray]]


@dataclass(frozen=True)
class Streams:
    """Raw data: one series and its answers for each stream."""

    name: str
    every: list[_Series]


@dataclass(frozen=True)
class SeriesTask:
    """One of the tasks.

    Parameters
    ----------
    generate : function (n_steps, rng) -> (u, answers)
        Returns the input (n_steps,) and the answers (n_steps,) of each question.
    score : {"accuracy", "nrmse", "symbol error rate"}
    own : dict
        Tuned settings for this task, from `millpond.scenarios.tasks.series_recipes`.
    """

    generate: Callable[[int, np.random.Generator], _Series]
    score: str
    own: series_recipes.Settings = field(default_factory=dict)

    CORPORA: ClassVar[tuple[str, ...]] = ("generated",)
    SPLITS: ClassVar[tuple[str, ...]] = ("streams",)
    FRONT_ENDS: ClassVar[tuple[str, ...]] = ("raw",)

    def load(self, corpus: str, data: str | None = None) -> Streams:
        """Draw the streams with seed 2026; the corpus "generated-7" uses seed 7."""
        refuse_data(data)
        name, _, seed = corpus.partition("-")
        if not (name in self.CORPORA and seed.isdecimal()):
            checks.option("corpus", corpus, self.CORPORA)
        rngs = np.random.default_rng(int(seed or 2026)).spawn(N_STREAMS)
        return Streams(corpus, [self.generate(N_STEPS, rng) for rng in rngs])

    def represent(self, raw: Streams, front_end: str) -> Material:
        """Return the streams with all questions at every time step after the washout."""
        checks.option("front-end", front_end, self.FRONT_ENDS)
        rows = [np.arange(WASHOUT, len(raw.every[0][0]))] * N_STREAMS
        groups = np.array([f"stream {i}" for i in range(N_STREAMS)])
        sequences = Sequences([u[:, None] for u, _ in raw.every], groups=groups, targets=[
            np.column_stack(list(answers.values())).astype(float) for _, answers in raw.every
        ])  # fmt: skip
        questions = tuple(
            Question(name, [answers[name][WASHOUT:] for _, answers in raw.every], rows, self.score)
            for name in raw.every[0][1]
        )
        return Material(sequences, questions, noise=NOISE)

    def folds(self, raw: Streams, split: str) -> list[Fold]:
        """Return folds with three test streams each."""
        checks.option("split", split, self.SPLITS)
        return in_turn(N_STREAMS, N_FOLDS)

    def recipe(self, model: str, front_end: str | None = None) -> Recipe:
        """Return the set-up of `model` for this task, for all series, or the defaults of the class, in this order."""
        return series_recipes.recipe(model, front_end or self.FRONT_ENDS[0], self.own)

    def controls(self, recipe: Recipe, n_channels: int) -> dict[str, Reservoir]:
        """Return the standard controls, and readouts of the latest inputs without a reservoir."""
        found = controls_of(recipe.model, n_channels)
        past = ShiftRegister(n_taps=_TAPS)
        found["shift-register"] = past
        found["nvar"] = InSeries(past, Products())
        found["shift-register tanh"] = InSeries(past, StaticExpansion(n_units=500, input_scaling=0.3, bias_scaling=0.5))
        return found


@dataclass(frozen=True)
class Forecast(SeriesTask):
    """Forecast of a series of the user, such as the laser of the Santa Fe competition."""

    generate: Callable[[int, np.random.Generator], _Series] = field(init=False, repr=False)
    score: str = "nrmse"

    CORPORA: ClassVar[tuple[str, ...]] = ("given",)

    def load(self, corpus: str, data: str | None = None) -> Streams:
        """Read one series from a text table or a .npy file and split it into consecutive streams.

        See `millpond.scenarios.tables.one_series` for the format.

        Raises
        ------
        InputError
            The file does not exist, has several numeric columns, contains invalid numbers, or is too short.
        """
        checks.option("corpus", corpus, self.CORPORA)
        if data is None or not Path(data).is_file():
            raise checks.InputError(
                f"data is {data!r}, but a text file with one number a line, a CSV file or a .npy file is needed; "
                "give it with --data FILE"
            )
        x = one_series(Path(data))
        n = (len(x) - max(_STEPS_AHEAD)) // N_STREAMS
        needed = N_STREAMS * 2 * WASHOUT + max(_STEPS_AHEAD)
        if len(x) < needed:
            raise checks.InputError(f"{data} has {len(x)} numbers, but {needed} are needed; give a longer series")
        starts = n * np.arange(N_STREAMS)
        return Streams(Path(data).stem, [
            (x[i : i + n], {f"{k} ahead": x[i + k : i + k + n] for k in _STEPS_AHEAD}) for i in starts
        ])  # fmt: skip


_STEPS_AHEAD = (1, 5)


def _of_noise(answers: Callable[[np.ndarray], dict[str, np.ndarray]], bits: bool = False) -> Any:
    """Return a generator with independent inputs: uniform on [-1, 1], or 0 and 1."""

    def generate(n_steps: int, rng: np.random.Generator) -> _Series:
        u = rng.integers(0, 2, n_steps).astype(float) if bits else rng.uniform(-1, 1, n_steps)
        return u, answers(u)

    return generate


def _narma10(n_steps: int, rng: np.random.Generator) -> _Series:
    u, y = generators.narma10(n_steps, rng)
    return u, {"next": y}


def _ahead(path: Callable[[int, np.random.Generator], np.ndarray], *steps: int) -> Any:
    """Return a generator whose answers are a series some steps ahead."""

    def generate(n_steps: int, rng: np.random.Generator) -> _Series:
        x = path(n_steps + max(steps), rng)
        return x[:n_steps], {f"{k} ahead": x[k : k + n_steps] for k in steps}

    return generate


def _mackey_glass(n_steps: int, rng: np.random.Generator) -> np.ndarray:
    return chaos.mackey_glass(n_steps + 300, 1.2 + 0.2 * rng.uniform(-1, 1, 171))[300:]


def _lorenz(n_steps: int, rng: np.random.Generator) -> np.ndarray:
    start = np.array([0.0, 0.0, 25.0]) + rng.uniform(-10, 10, 3)
    return chaos.lorenz(400 + n_steps, 0.025, rtol=1e-8, start=start)[400:, 0]


TASKS = {
    "recall": SeriesTask(_of_noise(lambda u: {f"{k} back": np.roll(u, k) for k in (5, 10, 20, 40)}), "nrmse"),
    "xor": SeriesTask(_of_noise(
        lambda u: {f"{k} and {k + 1} back": (np.roll(u, k) != np.roll(u, k + 1)).astype(int) for k in (2, 5, 10)}, True
    ), "accuracy"),
    "parity": SeriesTask(_of_noise(
        lambda u: {
            f"{k} to {k + 2} back": (u + np.roll(u, 1) + np.roll(u, 2))[np.arange(len(u)) - k].astype(int) % 2
            for k in (0, 3, 6)
        }, True,
    ), "accuracy"),
    "narma10": SeriesTask(_narma10, "nrmse", series_recipes.NARMA10),
    "channel": SeriesTask(generators.channel, "symbol error rate", series_recipes.CHANNEL),
    "mackey-glass": SeriesTask(_ahead(_mackey_glass, 1, 10, 84), "nrmse"),
    "lorenz": SeriesTask(_ahead(_lorenz, 1, 10, 40), "nrmse"),
    "volterra": SeriesTask(
        _of_noise(lambda u: {"now": generators.volterra2_of(u, 0.02)}), "nrmse", series_recipes.VOLTERRA
    ),
    "henon": SeriesTask(_ahead(chaos.henon, 1, 3), "nrmse", series_recipes.HENON),
    "roessler": SeriesTask(_ahead(chaos.roessler, 1, 10), "nrmse"),
    "forecast": Forecast(),
    "sine-square": SeriesTask(generators.sine_or_square, "accuracy"),
}  # fmt: skip
