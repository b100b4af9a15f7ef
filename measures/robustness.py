"""Robustness of a trained readout to later damage of the reservoir."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from millpond.measures.capacity import after, delayed
from millpond.measures.probe import WASHOUT, driven
from millpond.measures.result import Result
from millpond.readout import Ridge
from millpond.reservoir import checks

DAMAGES = ("noise", "dead units", "dropped rows", "clock jitter")
_DELAYS = np.arange(1, 31)


@dataclass(frozen=True, eq=False)
class Robustness(Result):
    """Recall before and after damage.

    Attributes
    ----------
    whole : float
        Explained variance on unseen streams, summed over delays 1 to 30.
    damaged : dict of str to float
        The same for each damage.
    amount : float
    """

    title = "robustness"

    whole: float
    damaged: dict[str, float]
    amount: float

    @property
    def value(self) -> float:
        """Share of the recall that remains after the worst damage."""
        return min(self.damaged.values()) / self.whole if self.whole > 0 else float("nan")

    @property
    def said(self) -> str:
        """Further numbers of the result."""
        left = ", ".join(f"{name} {value:.1f}" for name, value in self.damaged.items())
        return f"of a recall of {self.whole:.1f}, {100 * self.amount:g} % damage leaves: {left}"

    def _draw(self, ax: Any) -> None:
        ax.barh(["whole", *self.damaged], [self.whole, *self.damaged.values()])
        ax.invert_yaxis()
        ax.set(xlabel="recall, summed over delays of 1 to 30 rows")


def robustness(
    source: Any, *, amount: float = 0.05, washout: int = WASHOUT, random_state: checks.RandomState = 0
) -> Robustness:
    """Return the recall of a readout that is trained on intact states and tested on damaged ones.

    Ridge regression for delays 1 to 30, trained on two thirds of the streams and tested on the rest. Damages, each
    of size `amount` a:

    ``noise``
        Gaussian, of a times each unit's standard deviation.
    ``dead units``
        A share a of the units (pixels, neurons) reads its mean for ever.
    ``dropped rows``
        A share a of the rows repeats the row before.
    ``clock jitter``
        Each row is read too late by up to 2 a of the step to the next (a on average), between the two linearly.

    Parameters
    ----------
    source : Reservoir, Recording, Driven, or pair (inputs, states)
        See `measures.driven`; part "streams".
    amount : float
        In [0, 0.5].
    washout : int
    random_state : int or numpy.random.Generator
        Draws the damage, and the probe of a model.

    Raises
    ------
    InputError
        Fewer than three streams.
    """
    checks.number("amount", amount, 0, 0.5)
    found = driven(source, ("streams",), random_state)
    inputs, states = found.inputs["streams"], found.states["streams"]
    if len(states) < 3:
        raise checks.InputError(f"there are {len(states)} streams, but three are needed: two to train on; give more")
    n_train = 2 * len(states) // 3
    x, y = after(states[:n_train], washout), delayed(inputs[:n_train], _DELAYS, washout)
    groups = np.repeat(np.arange(n_train), [len(s) - washout for s in states[:n_train]])
    recall = Ridge(standardize=True).fit(x, y, groups=groups)
    mean, scale = x.mean(0), x.std(0)
    target = delayed(inputs[n_train:], _DELAYS, washout)

    def reached(seen: list[np.ndarray]) -> float:
        error = ((recall.predict(after(seen, washout)) - target) ** 2).mean(0) / target.var(0)
        return float(np.maximum(1 - error, 0).sum())

    held = states[n_train:]
    damaged = {}
    for name in DAMAGES:
        rng = checks.generator(0 if isinstance(random_state, np.random.Generator) else random_state)
        damaged[name] = reached(_damaged(name, held, amount, mean, scale, rng))
    return Robustness(reached(held), damaged, amount)


def _damaged(
    name: str, states: list[np.ndarray], amount: float, mean: np.ndarray, scale: np.ndarray, rng: np.random.Generator
) -> list[np.ndarray]:
    if name == "noise":
        return [x + amount * scale * rng.standard_normal(x.shape) for x in states]
    if name == "dead units":
        dead = rng.permutation(len(mean)) < np.ceil(amount * len(mean))  # one at least
        return [np.where(dead, mean, x) for x in states]
    if name == "dropped rows":
        return [x[_last_kept(rng.random(len(x)) >= amount)] for x in states]
    late = [rng.uniform(0, 2 * amount, (len(x), 1)) for x in states]
    return [x + share * np.diff(x, axis=0, append=x[-1:]) for x, share in zip(states, late, strict=True)]


def _last_kept(kept: np.ndarray) -> np.ndarray:
    """Return for each row the last one up to it that was kept, the first always."""
    return np.maximum.accumulate(np.where(kept, np.arange(len(kept)), 0))
