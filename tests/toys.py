"""Small substrates that show what the real ones of later floors will."""

import os
import signal
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from millpond.reservoir import InputError, Reservoir


class Counter(Reservoir):
    """Integrates its input; spikes when it passes a whole number; photographs itself every second row."""

    shows = ("spikes", "frames")

    def __init__(self, *, frames_every=2):
        self.frames_every = frames_every

    def build(self, signals, streams):
        self.n_units_ = self.n_features_in_
        self.unit_positions_ = np.zeros((self.n_units_, 3))
        self.frame_shape_ = (2, 3)

    def initial_state(self):
        return np.zeros(self.n_features_in_)

    def advance(self, U, state):
        states = state + np.cumsum(U, axis=0)
        return states, states[-1].copy()

    def observe(self, X):
        seen = super().observe(X)
        spikes, frames = [], []
        for states in seen["states"]:
            steps, units = np.nonzero(np.diff(np.floor(np.abs(states)), axis=0, prepend=0))
            spikes.append((steps * 0.01, units))
            pictures = np.abs(states[:: self.frames_every, 0]).astype("u1")
            frames.append(np.broadcast_to(pictures[:, None, None], (len(pictures), 2, 3)))
        return seen | {"spikes": spikes, "frames": frames}


class Sleepy(Counter):
    """Takes its time over each sequence, so that workers are worth beginning."""

    def observe(self, X):
        time.sleep(0.15 * len(X))
        return super().observe(X)


class Exploding(Reservoir):
    """Doubles itself until it is no number any more."""

    def build(self, signals, streams):
        self.n_units_, self.unit_positions_ = 1, None

    def initial_state(self):
        return np.ones(1)

    def advance(self, U, state):
        with np.errstate(over="ignore"):
            states = state * 1e200 ** np.arange(1, len(U) + 1)[:, None]
        return states, states[-1].copy()


class Fatal(Counter):
    """Kills the process it runs in as many times as a file says."""

    shows = ()
    observe = Reservoir.observe

    def __init__(self, *, file="", random_state=None):
        self.file, self.random_state = file, random_state

    def build(self, signals, streams):
        super().build(signals, streams)
        left = int(Path(self.file).read_text())
        if left:
            Path(self.file).write_text(str(left - 1))
            os.kill(os.getpid(), signal.SIGKILL)


class Asked(NamedTuple):
    """An item of work: a number, and how often its worker dies of it, written in a file."""

    number: Any
    deaths: Path | None = None

    def process(self, held):
        time.sleep(0.05)  # so that no worker does all
        return os.getpid()


def answer(asked, held):
    """Return the number of an item times the factor that the worker holds."""
    if asked.deaths is not None and (left := int(asked.deaths.read_text())):
        asked.deaths.write_text(str(left - 1))
        os.kill(os.getpid(), signal.SIGKILL)
    if asked.number < 0:
        raise InputError("the number is negative, but none may be; give another")
    return asked.number * held["factor"]
