"""A bucket of water: motors make waves, a camera sees them."""

import matplotlib.pyplot as plt
import numpy as np

from millpond import WaveTank
from millpond.reservoir import plots

rng = np.random.default_rng(0)
u = np.repeat(rng.normal(size=(8, 4)), 5, axis=0)  # four motors, a new force every five rows

tank = WaveTank(random_state=0).fit(u)
heights = tank.surface(u)  # (n_rows, n_y, n_x) in m
print(f"waves of up to {1000 * np.abs(heights).max():.1f} mm; the camera sees {tank.n_units_} cells")

figure, axes = plt.subplots(1, 3, figsize=(11, 3.2))
for ax, row in zip(axes, (5, 20, 35), strict=True):
    plots.surface(heights[row], tank.size, motors=tank.motor_positions_, ax=ax)
    ax.set_title(f"row {row}")
figure.savefig("water.png", dpi=120)
