"""Save a trained model to a file and use it again. Nothing in the file is executed."""

import numpy as np
from sklearn.pipeline import make_pipeline

from millpond import EchoStateNetwork, Logistic, Pool, load, save

rng = np.random.default_rng(0)
X = [np.cumsum(rng.normal(size=(n, 2)), axis=0) for n in rng.integers(20, 60, 100)]
y = ["up" if x[-1, 1] > 0 else "down" for x in X]

model = make_pipeline(EchoStateNetwork(n_units=100, random_state=0), Pool("last"), Logistic(penalty=1.0))
model.fit(X[:60], y[:60])
save(model, "walks.mill")

again = load("walks.mill")
print(f"{100 * again.score(X[60:], y[60:]):.0f} % correct; identical predictions:", end=" ")
print(bool((again.predict(X[60:]) == model.predict(X[60:])).all()))
