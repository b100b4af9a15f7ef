"""The course of a training: epochs of batches, until they are over or validation no longer gains."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from millpond.baseline.batches import Noise, by_length, kept, padded_length, stacked
from millpond.baseline.training import SCHEDULES, Compiled
from millpond.baseline.unroll import Net


@dataclass(frozen=True)
class Plan:
    """How to train: what may differ between two trainings of the same compiled network."""

    n_epochs: int
    batch_size: int
    learning_rate: float
    schedule: str
    weight_decay: float
    clip: float
    flow: float
    dropout: float
    noise: Noise
    patience: int | None
    seed: int


@dataclass
class Course:
    """Where a training stands; what a checkpoint holds."""

    params: Any
    optimizer: Any
    best_params: Any
    epoch: int = 0
    waited: int = 0
    losses: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """Signals (n_steps, n_inputs), targets, float32 or int32, and the steps that count, of a part of the data."""

    task: str
    signals: list[np.ndarray]
    targets: list[np.ndarray]
    asked: list[np.ndarray]

    def batch(self, chosen: np.ndarray, size: int, signals: list[np.ndarray]) -> dict[str, np.ndarray]:
        """Return the chosen sequences with `signals` in place of theirs, padded to a shape that others share."""
        n_steps = padded_length(max(map(len, signals)))
        lengths = np.ones(size, np.int32)  # rows that fill the batch have a step, and no weight
        lengths[: len(chosen)] = [len(x) for x in signals]
        weight = np.zeros(size, np.float32)
        weight[: len(chosen)] = 1
        if self.task == "label":
            target = np.zeros(size, np.int32)
            target[: len(chosen)] = [self.targets[i] for i in chosen]
        else:
            target = stacked([self.targets[i] for i in chosen], size, n_steps)
            weight = stacked([self.asked[i].astype(np.float32) for i in chosen], size, n_steps)
        return {"X": stacked(signals, size, n_steps), "lengths": lengths, "target": target, "weight": weight}

    def plain(self, size: int) -> Iterator[dict[str, np.ndarray]]:
        """Yield all as it is, in batches."""
        for chosen in by_length(np.array([len(x) for x in self.signals]), size):
            yield self.batch(chosen, size, [self.signals[i] for i in chosen])


def noisy(net: Net, part: Part, plan: Plan, epoch: int) -> list[Callable[[], dict[str, Any]]]:
    """Return what makes each batch of an epoch; the same seed and epoch give the same, whatever came before."""
    order, pace, chance, between = (np.random.default_rng([plan.seed, epoch, k]) for k in range(4))
    signals = plan.noise.blended(part.signals, part.targets, between) if plan.noise.blend else part.signals
    signals = [plan.noise.stretched(x, pace) for x in signals] if plan.noise.stretch else signals
    width = net.n_directions * net.n_units
    shapes = [(plan.batch_size, width)] * (net.n_layers - 1) + [(plan.batch_size, width * net.n_pooled)]

    def make(chosen: np.ndarray) -> dict[str, Any]:
        batch: dict[str, Any] = part.batch(chosen, plan.batch_size, [signals[i] for i in chosen])
        batch["X"] = plan.noise.added(batch["X"], chance)
        if plan.dropout:
            batch["keep"] = [kept(shape, plan.dropout, chance) for shape in shapes]
        return batch

    batches = by_length(np.array([len(x) for x in signals]), plan.batch_size, order)
    return [lambda chosen=chosen: make(chosen) for chosen in batches]  # type: ignore[misc]


def train(
    functions: Compiled, net: Net, plan: Plan, part: Part, validation: Part | None, course: Course,
    after_epoch: Callable[[Course], None],
) -> Course:  # fmt: skip
    """Go on with `course` to its end; the best weights on validation are those of its ``best_params``."""
    while course.epoch < plan.n_epochs and not (plan.patience is not None and course.waited >= plan.patience):
        batches = noisy(net, part, plan, course.epoch)
        values = []
        for k, make in enumerate(batches):
            share = (course.epoch + k / len(batches)) / plan.n_epochs
            rates = {"learning_rate": plan.learning_rate * SCHEDULES[plan.schedule](share),
                     "weight_decay": plan.weight_decay, "clip": plan.clip, "flow": plan.flow}  # fmt: skip
            single = {name: np.float32(value) for name, value in rates.items()}
            course.params, course.optimizer, value = functions.step(course.params, course.optimizer, make(), single)
            values.append(value)  # not looked at here: the next batch is made while this one is computed
        course.losses.append(float(np.mean(values)))
        course.epoch += 1
        if validation is None:
            course.best_params = course.params
        else:
            _validate(functions, plan, validation, course)
        after_epoch(course)
    return course


def _validate(functions: Compiled, plan: Plan, validation: Part, course: Course) -> None:
    total = weight = 0.0
    for batch in validation.plain(plan.batch_size):
        n = float(batch["weight"].sum())
        total += n * float(functions.loss(course.params, batch))
        weight += n
    best = min(course.validation_losses, default=math.inf)
    course.validation_losses.append(total / weight)
    if course.validation_losses[-1] < best:
        course.best_params, course.waited = course.params, 0
    else:
        course.waited += 1
