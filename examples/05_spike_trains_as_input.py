"""Classify spike trains: two templates of spikes with jitter, as in Maass, Natschlaeger and Markram (2002)."""

import numpy as np
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from millpond import LiquidStateMachine, Pool, RidgeClassifier, SpikeTrains

rng = np.random.default_rng(0)
n_units, duration = 8, 0.3  # s
templates = [(rng.uniform(0.02, 0.28, 60), rng.integers(0, n_units, 60)) for _ in range(2)]


def noisy(template):
    """Return a spike train: the template with 4 ms of jitter."""
    times, units = template
    return SpikeTrains(times + rng.normal(scale=0.004, size=60), units, n_units=n_units, duration=duration)


X = [noisy(templates[k % 2]) for k in range(60)]
y = [k % 2 for k in range(60)]

liquid = LiquidStateMachine(shape=(5, 5, 4), encoder="spikes", engine="numba", random_state=0)
model = make_pipeline(liquid, Pool("last"), RidgeClassifier(standardize=True))
print(f"{100 * cross_val_score(model, X, y, cv=5).mean():.0f} % correct, from the state at the end")
