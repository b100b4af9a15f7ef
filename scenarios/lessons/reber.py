"""Which letter may come next, in the Reber grammar and in the embedded one.

Reber 1967, doi:10.1016/S0022-5371(67)80149-X; embedded as in Hochreiter and Schmidhuber 1997,
doi:10.1162/neco.1997.9.8.1735: the letter after the first comes again before the last, across a whole
string of the grammar, and only a network that keeps it can say so.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.baseline import RecurrentNetwork

LETTERS = "BEPSTVX"
_ARCS = ({"T": 1, "P": 2}, {"S": 1, "X": 3}, {"T": 2, "V": 4}, {"X": 2, "S": 5}, {"P": 3, "V": 5}, {"E": 6})
_END = 6


def string(rng: np.random.Generator, embedded: bool = False) -> tuple[str, list[set[str]]]:
    """Return a string, and for each letter of it but the last the set of letters that may follow."""
    text, legal, node = "B", [], 0
    while node != _END:
        choices = sorted(_ARCS[node])
        legal.append(set(choices))
        text += choices[rng.integers(len(choices))]
        node = _ARCS[node][text[-1]]
    if not embedded:
        return text, legal
    branch = "TP"[rng.integers(2)]
    return f"B{branch}{text}{branch}E", [{"T", "P"}, {"B"}, *legal, {branch}, {"E"}]


def sequences(n: int, rng: np.random.Generator, embedded: bool = False) -> tuple[list[np.ndarray], list, list]:
    """Return `n` one-hot inputs (n_steps, 7), the letter after each step, and the sets that were legal there."""
    X, y, legal = [], [], []
    for _ in range(n):
        text, allowed = string(rng, embedded)
        at = np.array([LETTERS.index(c) for c in text])
        X.append(np.eye(len(LETTERS))[at[:-1]])
        y.append(at[1:])
        legal.append(allowed)
    return X, y, legal


def share_legal(network: RecurrentNetwork, X: list[np.ndarray], legal: list) -> tuple[float, float]:
    """Return the share of steps whose likeliest letter is legal, of all steps and of the last choice but one."""
    said = network.predict(X)
    hits = [
        np.array([LETTERS[s] in sets for s, sets in zip(a, b, strict=True)]) for a, b in zip(said, legal, strict=True)
    ]
    return float(np.concatenate(hits).mean()), float(np.mean([h[-2] for h in hits]))


_LEARNERS = (("lstm", 0), ("elman", 0), ("elman", 1))


def run(learners: tuple[tuple[str, int], ...] = _LEARNERS, n_train: int = 2000, n_test: int = 500, n_epochs: int = 40,
        n_units: int = 16, seed: int = 0, progress: bool | None = None) -> list[dict[str, Any]]:  # fmt: skip
    """Train networks on the plain and on the embedded grammar; return a row for each.

    A learner is a cell and where its gradients are truncated: 0 back through all time, 1 as Elman trained, whose
    errors never leave their step. ``legal`` is the share of steps whose likeliest letter the grammar allows,
    ``recalled`` that of the step where the embedded grammar asks for the letter from the beginning.
    """
    rows = []
    for embedded in (False, True):
        rng = np.random.default_rng([seed, embedded])
        X, y, _ = sequences(n_train, rng, embedded)
        X_test, _, legal = sequences(n_test, rng, embedded)
        for cell, truncate in learners:
            network = RecurrentNetwork(
                cell=cell, truncate=truncate, n_units=n_units, n_epochs=n_epochs, learning_rate=0.01, batch_size=64,
                random_state=seed,
            ).fit(X, y, progress=progress)  # fmt: skip
            share, recalled = share_legal(network, X_test, legal)
            rows.append({"grammar": "embedded" if embedded else "plain", "cell": cell, "truncate": truncate,
                         "legal": share, "recalled": recalled if embedded else None})  # fmt: skip
    return rows
