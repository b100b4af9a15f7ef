"""Write the model file of version 0.2 that later versions must read: ``python -m tests.models.frozen.make``."""

from pathlib import Path

import numpy as np
from sklearn.pipeline import make_pipeline

from millpond import EchoStateNetwork, Pool, RidgeClassifier, save
from millpond.reservoir import ChannelScaler

FILE = Path(__file__).parent / "model-1.mill"


def signals() -> list[np.ndarray]:
    """Return six signals (n_steps, 2) that need no random generator."""
    return [np.sin(np.outer(np.arange(8 + i), [0.3 + 0.1 * i, 0.7])) for i in range(6)]


if __name__ == "__main__":
    network = EchoStateNetwork(n_units=12, random_state=7)
    steps = [ChannelScaler(), network, Pool("segments", n_segments=2), RidgeClassifier(penalty=1.0)]
    model = make_pipeline(*steps).fit(signals(), ["a", "b"] * 3)
    save(model, FILE, about={"task": "test"})
    np.save(FILE.with_suffix(".npy"), model.decision_function(signals()))
