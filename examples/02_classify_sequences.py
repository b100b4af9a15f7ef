"""Classify sequences of different lengths: noisy tones that rise, fall or stay level."""

import numpy as np
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from millpond import EchoStateNetwork, Pool, RidgeClassifier

rng = np.random.default_rng(1)


def tone(slope):
    """Return a tone of 80 to 120 steps whose frequency changes by `slope`."""
    t = np.linspace(0, 1, rng.integers(80, 121))
    phase = 2 * np.pi * (8 * t + slope * t**2)
    return (np.sin(phase) + 0.5 * rng.normal(size=len(t)))[:, None]


slopes = {"rises": 6, "falls": -6, "stays level": 0}
X = [tone(slope) for _ in range(40) for slope in slopes.values()]
y = [name for _ in range(40) for name in slopes]

network = EchoStateNetwork(n_units=200, leak_rate=0.3, random_state=0)
for name, reservoir in {"network": network, "without connections": network.without_recurrence()}.items():
    model = make_pipeline(reservoir, Pool("segments", n_segments=5), RidgeClassifier(standardize=True))
    print(f"{name}: {100 * cross_val_score(model, X, y, cv=5).mean():.0f} % correct")
