"""A chaotic network taught to keep a rhythm, by correcting it while it runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.esn import ClosedLoop, EchoStateNetwork
from millpond.readout import RLS
from millpond.scenarios.generators import nrmse
from millpond.scenarios.papers.figures import Check, Paper

PAPER = Paper(
    title="Sussillo, Abbott (2009), Generating coherent patterns of activity from chaotic neural networks",
    doi="10.1016/j.neuron.2009.07.018",
    about="FORCE: 300 units, radius 1.5, feedback of the output in [-1, 1], leak .1; a sum of four sines, 6000 steps "
    "(15 periods) of learning, penalty 1, then 4000 alone; the size of all is ours",
)
_LEARN, _ALONE, _PERIOD = 6000, 4000, 400


def run(random_state: int = 0, quick: bool = False) -> list[Check]:
    """Return errors while it learns and afterwards."""
    found = np.array([_errors(seed) for seed in range(random_state, random_state + (3 if quick else 10))])
    return [
        Check("NRMSE alone, first period", found[:, 0], "ours: the paper shows traces that agree", at_most=0.1),
        Check("NRMSE alone, ten periods", found[:, 1], "ours: it stays on the cycle", at_most=0.2),
        Check("NRMSE of the second period learnt", found[:, 2], "ours: errors are small from the start", at_most=0.2),
        Check("NRMSE alone, not taught", found[:, 3], "control: the same network after one period", at_least=0.5),
    ]


def draw(ax: Any, random_state: int = 0) -> None:
    """Draw the last period of learning and two without a teacher, and the rhythm as it should be."""
    y, learnt, alone, wild = _traces(random_state)
    shown = np.arange(-_PERIOD, 2 * _PERIOD)
    ax.plot(shown, y[_LEARN + shown], lw=3, alpha=0.4, label="rhythm")
    ax.plot(shown, np.concatenate([learnt[-_PERIOD:], alone[: 2 * _PERIOD]]), lw=1, label="output")
    ax.plot(shown[_PERIOD:], wild[: 2 * _PERIOD], lw=0.7, label="taught for one period alone")
    ax.axvline(0, color="0.5", lw=0.8)
    ax.set(xlabel="steps after the end of learning", ylabel="output")
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3)


def _errors(seed: int) -> tuple[float, ...]:
    y, learnt, alone, wild = _traces(seed)
    first, second = slice(None, _PERIOD), slice(_PERIOD, 2 * _PERIOD)
    rest = y[_LEARN:]
    return nrmse(alone[first], rest[first]), nrmse(alone, rest), nrmse(learnt[second], y[second]), nrmse(wild, rest)


def _traces(seed: int) -> tuple[np.ndarray, ...]:
    """Return the rhythm, and the output while it is learnt, alone afterwards, and alone after one period."""
    rng = np.random.default_rng([2009, seed])  # the set-up was chosen on other draws
    t = 2 * np.pi * np.arange(_LEARN + _ALONE) / _PERIOD
    y = (1.3 * np.sin(t) + np.sin(2 * t) / 1.3 + np.sin(3 * t) * 1.3 + np.sin(4 * t) / 3) / 1.5
    silence = np.zeros((len(y), 1))
    network = EchoStateNetwork(
        spectral_radius=1.5, leak_rate=0.1, connectivity=30, bias_scaling=0.0, W_fb=rng.uniform(-1, 1, (300, 1)),
        random_state=rng,
    ).fit(silence)  # fmt: skip
    loop, untaught = ClosedLoop(network, RLS(penalty=1.0)), ClosedLoop(network, RLS(penalty=1.0))
    learnt = loop.learn(silence[:_LEARN], y[:_LEARN])[:, 0]
    alone = loop.run(silence[_LEARN:])[:, 0]
    untaught.learn(silence[:_PERIOD], y[:_PERIOD])
    return y, learnt, alone, untaught.run(silence[:_ALONE])[:, 0]
