"""A liquid state machine: drive spiking neurons with a signal and draw their spikes."""

import matplotlib.pyplot as plt
import numpy as np

from millpond import LiquidStateMachine
from millpond.reservoir import plots

t = np.arange(0, 1, 0.01)  # 1 s in rows of 10 ms
u = np.column_stack([np.sin(2 * np.pi * 3 * t), np.sin(2 * np.pi * 5 * t)])

liquid = LiquidStateMachine(shape=(8, 5, 5), engine="numba", random_state=0).fit(u)
[(times, neurons)] = liquid.spikes([u])  # times in s, indices of neurons
print(f"{len(times)} spikes of {liquid.n_neurons_} neurons, {len(times) / liquid.n_neurons_:.1f} per neuron and second")

figure, (above, below) = plt.subplots(2, sharex=True, height_ratios=[1, 3], figsize=(7, 5))
above.plot(t, u)
above.set_ylabel("input")
plots.raster(times, neurons, inhibitory=liquid.inhibitory_, ax=below)
figure.savefig("raster.png", dpi=120)
