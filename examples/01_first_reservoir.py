"""A first reservoir: an echo state network that recalls its input of ten steps ago."""

import numpy as np

from millpond import EchoStateNetwork, Ridge

rng = np.random.default_rng(0)
u = rng.uniform(-0.5, 0.5, (3000, 1))  # (n_steps, n_channels)
target = np.roll(u[:, 0], 10)  # the input of ten steps ago

network = EchoStateNetwork(n_units=200, leak_rate=1.0, bias_scaling=0.0, input_scaling=0.1, random_state=0)
states = network.fit_transform(u)  # one row of states for each step: (3000, 200)

readout = Ridge(penalty=[1e-10, 1e-8, 1e-6], washout=100).fit(states[:2000], target[:2000])
print(f"R^2 on the last 1000 steps, with the network: {readout.score(states[2000:], target[2000:]):.3f}")

alone = Ridge(penalty=1e-6, washout=100).fit(u[:2000], target[:2000])
print(f"R^2 of the same readout on the input alone:   {alone.score(u[2000:], target[2000:]):.3f}")
