"""Measure the memory of a network for several spectral radii (Jaeger 2001, GMD report 152)."""

import matplotlib.pyplot as plt

from millpond import EchoStateNetwork
from millpond.measures import memory_capacity

radii = (0.2, 0.5, 0.8, 0.9, 0.95, 1.0, 1.1, 1.3)
capacities = []
for radius in radii:
    network = EchoStateNetwork(
        n_units=50, spectral_radius=radius, leak_rate=1.0, input_scaling=0.1, bias_scaling=0.0, random_state=0
    )
    capacities.append(float(memory_capacity(network)))
    print(f"spectral radius {radius:4.2f}: memory capacity {capacities[-1]:5.1f} of at most 50")

plt.plot(radii, capacities, "o-", color="#0072b2")
plt.xlabel("spectral radius")
plt.ylabel("memory capacity (steps)")
plt.savefig("memory.png", dpi=120)
