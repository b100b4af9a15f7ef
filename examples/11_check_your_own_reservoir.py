"""Write a reservoir of your own (a row of delayed oscillators), check it, and use it in a pipeline."""

import numpy as np

from millpond import Reservoir, Ridge
from millpond.reservoir.testing import check_reservoir


class Oscillators(Reservoir):
    """Damped oscillators of different frequencies, pushed by the input."""

    def __init__(self, *, n_units=40, damping=0.1, random_state=None):
        self.n_units, self.damping, self.random_state = n_units, damping, random_state

    def build(self, signals, streams):
        self.n_units_, self.unit_positions_ = self.n_units, None
        self.frequencies_ = streams[0].uniform(0.1, 3.0, self.n_units)
        self.W_in_ = streams[1].normal(size=(self.n_units, signals[0].shape[1]))

    def initial_state(self):
        return np.zeros(self.n_units_, complex)

    def advance(self, U, state):
        turn = np.exp(1j * self.frequencies_ - self.damping)
        states = np.empty((len(U), self.n_units_))
        for t, u in enumerate(U):
            state = turn * state + self.W_in_ @ u
            states[t] = state.real
        return states, state


print(f"passed: {', '.join(check_reservoir(Oscillators(n_units=5)))}")
u = np.random.default_rng(0).normal(size=(2000, 1))
states = Oscillators(random_state=0).fit_transform(u)
readout = Ridge(penalty=1e-8, washout=100).fit(states[:1500], np.roll(u[:1500, 0], 5))
print(f"R^2 for the input of five steps ago: {readout.score(states[1500:], np.roll(u[:, 0], 5)[1500:]):.2f}")
