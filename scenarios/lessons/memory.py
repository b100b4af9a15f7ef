"""Tasks that ask for what was long ago: the adding problem, and an answer that depends on the first input.

Hochreiter and Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735, experiments 4 and 2a.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.baseline import RecurrentNetwork


def adding(n: int, n_steps: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs (n, n_steps, 2), numbers in [0, 1) and marks, and the sums (n,) of the two marked numbers.

    One mark lies in each half.
    """
    X = np.zeros((n, n_steps, 2))
    X[..., 0] = rng.random((n, n_steps))
    half = n_steps // 2
    marks = np.stack([rng.integers(0, half, n), rng.integers(half, n_steps, n)], axis=1)
    np.put_along_axis(X[..., 1], marks, 1.0, axis=1)
    return X, (X[..., 0] * X[..., 1]).sum(1)


def recall(n: int, distance: int, rng: np.random.Generator, n_letters: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Return one-hot letters (n, distance + 1, n_letters + 2) and the first of each, which is the answer.

    The first letter is one of two; those that follow are drawn from the others and say nothing.
    """
    first = rng.integers(0, 2, n)
    others = rng.integers(2, n_letters + 2, (n, distance))
    return np.eye(n_letters + 2)[np.column_stack([first, others])], first


def run_recall(distance: int = 100, cells: tuple[str, ...] = ("lstm", "gru", "elman"), n_train: int = 1000,
               n_epochs: int = 30, n_units: int = 32, seed: int = 0, progress: bool | None = None,
               ) -> list[dict[str, Any]]:  # fmt: skip
    """Train each cell to name the letter `distance` steps back from its last state; return the share it names."""
    rng = np.random.default_rng(seed)
    X, y = recall(n_train, distance, rng)
    X_test, y_test = recall(500, distance, rng)
    rows = []
    for cell in cells:
        network = RecurrentNetwork(
            cell=cell, n_units=n_units, n_epochs=n_epochs, pooling="last", learning_rate=0.01, random_state=seed
        ).fit(X, y, progress=progress)
        rows.append({"distance": distance, "cell": cell, "accuracy": network.score(X_test, y_test)})
    return rows


def run_adding(n_steps: int = 50, cells: tuple[str, ...] = ("lstm", "gru", "elman"), n_train: int = 2000,
               n_epochs: int = 50, n_units: int = 32, seed: int = 0, progress: bool | None = None,
               ) -> list[dict[str, Any]]:  # fmt: skip
    """Train each cell on the adding problem; return its mean squared error and that of always saying 1 (1/6).

    The sum is asked for at the last step; at the steps before, the target is the sum of what was marked so far.
    """
    rng = np.random.default_rng(seed)
    X, _ = adding(n_train, n_steps, rng)
    X_test, y_test = adding(500, n_steps, rng)
    running = [np.cumsum(x[:, 0] * x[:, 1])[:, None] for x in X]
    rows = []
    for cell in cells:
        network = RecurrentNetwork(
            cell=cell, n_units=n_units, n_epochs=n_epochs, learning_rate=0.01, random_state=seed
        ).fit(X, running, progress=progress)
        said = np.array([p[-1, 0] for p in network.predict(X_test)])
        rows.append({"n_steps": n_steps, "cell": cell, "error": float(np.mean((said - y_test) ** 2)),
                     "error_of_mean": float(np.mean((1 - y_test) ** 2))})  # fmt: skip
    return rows
