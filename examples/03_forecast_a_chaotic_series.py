"""Continue a chaotic series: a trained network runs on its own output."""

import matplotlib.pyplot as plt
import numpy as np

from millpond import EchoStateNetwork, Ridge
from millpond.esn import ClosedLoop
from millpond.scenarios.chaos import lorenz

series = lorenz(4000, dt=0.02)  # (n_steps, 3)
series = (series - series[:3000].mean(0)) / series[:3000].std(0)

network = EchoStateNetwork(n_units=500, spectral_radius=0.8, input_scaling=0.2, leak_rate=1.0, random_state=0)
states = network.fit_transform(series[:2999])
readout = Ridge(penalty=1e-7, washout=100).fit(states, series[1:3000])  # predicts the next step

loop = ClosedLoop(network, readout)
loop.teach(series[:3000])
forecast = loop.run(300)

error = np.sqrt(((forecast - series[3000:3300]) ** 2).mean(1))
valid = int(np.argmax(error > 0.4)) if (error > 0.4).any() else 300
print(f"The forecast stays within 0.4 standard deviations for {valid} steps.")

plt.plot(series[3000:3300, 0], color="black", label="true")
plt.plot(forecast[:, 0], color="#0072b2", label="forecast")
plt.axvline(valid, color="gray", linestyle=":")
plt.xlabel("step")
plt.legend()
plt.savefig("forecast.png", dpi=120)
