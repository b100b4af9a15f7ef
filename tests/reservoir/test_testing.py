"""`check_reservoir` finds each fault of a substrate, and names the check and the remedy."""

import numpy as np
import pytest

from millpond.reservoir import Reservoir
from millpond.reservoir.testing import CHECKS, check_reservoir


class Leaky(Reservoir):
    """Passes every check; the classes below have one fault each."""

    def __init__(self, *, n_units=4, random_state=None):
        self.n_units, self.random_state = n_units, random_state

    def build(self, signals, streams):
        self.n_units_ = self.n_units
        self.w_in_ = streams[0].normal(size=(self.n_units, signals[0].shape[1]))

    def initial_state(self):
        return np.zeros(self.n_units_)

    def advance(self, U, state):
        states = np.empty((len(U), self.n_units_))
        for t, u in enumerate(U):
            state = 0.9 * state + self.w_in_ @ u
            states[t] = state
        return states, state


class ConvertsParameter(Leaky):
    def __init__(self, *, n_units=4.0, random_state=None):
        super().__init__(n_units=int(n_units), random_state=random_state)


class ChangesParameter(Leaky):
    def build(self, signals, streams):
        self.n_units = 5
        super().build(signals, streams)


class OwnRandomness(Leaky):
    def build(self, signals, streams):
        super().build(signals, [np.random.default_rng()])


class NoRandomness(Leaky):
    def build(self, signals, streams):
        super().build(signals, [np.random.default_rng(0)])


class KeepsState(Leaky):
    def initial_state(self):
        return getattr(self, "_last", np.zeros(self.n_units_))

    def advance(self, U, state):
        states, self._last = super().advance(U, state)
        return states, self._last


class DependsOnBatch(Leaky):
    def transform_batch(self, signals):
        return [x + len(signals) for x in super().transform_batch(signals)]


class ChangesInput(Leaky):
    def advance(self, U, state):
        U *= 2
        return super().advance(U, state)


class OtherRows(Leaky):
    def states_at(self, X, rows):
        return [x + 1 for x in super().states_at(X, rows)]


class HidesSpikes(Leaky):
    shows = ("spikes",)


class AcceptsAll(Leaky):
    def transform(self, X):
        try:
            return super().transform(X)
        except ValueError:
            return X


class FunctionParameter(Leaky):
    def __init__(self, *, n_units=4, random_state=None, function=lambda x: x):
        super().__init__(n_units=n_units, random_state=random_state)
        self.function = function


class NoControls(Leaky):
    def control_parameters(self, n_channels):
        return {}


class ForgetsState(Leaky):
    def advance(self, U, state):
        return super().advance(U, np.zeros(self.n_units_))


class SharesMemory(Leaky):
    def advance(self, U, state):
        states, _ = super().advance(U, state)
        return states, states[-1]


class Raises(Leaky):
    def build(self, signals, streams):
        raise KeyError("w")


def test_a_substrate_without_fault_passes_every_check():
    assert check_reservoir(Leaky()) == list(CHECKS)


@pytest.mark.parametrize(
    ("kind", "check", "says"),
    [
        (ConvertsParameter, "parameters", "convert the value in build"),
        (ChangesParameter, "fit", "fit changes a parameter"),
        (OwnRandomness, "seed", "same random_state give different states"),
        (NoRandomness, "seed", "two values of random_state give the same states"),
        (KeepsState, "start at rest", "keep no state in self"),
        (DependsOnBatch, "order and batches", "compute each sequence separately"),
        (ChangesInput, "input unchanged", "copy U before you change it"),
        (OtherRows, "states_at", "return the same values"),
        (HidesSpikes, "observe", "`shows` lists"),
        (AcceptsAll, "input errors", "raises no InputError"),
        (FunctionParameter, "configuration", "memory address"),
        (NoControls, "controls", "'squares' and 'static'"),
        (ForgetsState, "stream", "everything that the next chunk needs"),
        (SharesMemory, "stream", "return a copy"),
        (Raises, "fit", "raised KeyError: 'w'"),
    ],
)
def test_a_fault_is_named(kind, check, says):
    with pytest.raises(AssertionError, match=rf"^check '({check})' of {kind.__name__}.*{says}") as found:
        check_reservoir(kind())
    assert "\n" not in str(found.value)


def test_only_a_reservoir_is_checked():
    with pytest.raises(AssertionError, match="is not a millpond.Reservoir"):
        check_reservoir(Leaky)
