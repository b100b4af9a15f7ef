"""What every coder of the liquid tells of spoken words, and at what cost: the table in docs/coding.md.

To repeat: ``python -m benchmarks.coders --corpus fsdd [--data DIR] [--front-end logmel]``.

Channels are standardised on the training part of the official split; everything is measured on its test part.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np

from millpond.lsm import LiquidStateMachine
from millpond.lsm.coding import CODERS, reconstruction_error
from millpond.scenarios.speech import task

_DT, _N_SUB = 1e-4, 100


def signals(corpus: str, data: str | None, front_end: str) -> list[np.ndarray]:
    """Return the standardised test utterances."""
    spoken = task.load(corpus, data)
    words = task.represent(spoken, front_end).sequences.signals
    [fold] = task.folds(spoken, "official")
    train = np.vstack([words[i] for i in fold.train])
    return [(words[i] - train.mean(axis=0)) / train.std(axis=0) for i in fold.test]


def row(name: str, X: list[np.ndarray]) -> str:
    """Return the line of one coder."""
    coder, n_channels = CODERS[name](), X[0].shape[1]
    n_rows = sum(map(len, X))
    start = time.process_time()
    volleys = [coder.encode(x, coder.rest(n_channels), _N_SUB, _DT)[0] for x in X]
    seconds = time.process_time() - start
    n_spikes = sum(len(v.lines) for v in volleys)
    dropped = sum(v.dropped for v in volleys) / max(n_spikes, 1)
    errors = ["", ""]  # of a coder without spikes, or without a decoder
    if n_spikes and hasattr(coder, "decode"):
        squared = [(reconstruction_error(coder, X, dt=_DT, tau=tau) ** 2).mean() for tau in (0, 0.03)]
        errors = [f"{np.sqrt(error):.2f}" for error in squared]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        liquid = LiquidStateMachine(encoder=name, engine="numba", random_state=0).fit(X)
        rate = sum(len(units) for _, units in liquid.spikes(X)) / (liquid.n_neurons_ * n_rows * _N_SUB * _DT)
    per_second = n_spikes / (n_rows * _N_SUB * _DT)
    return (
        f"| `{name}` | {coder.lines(n_channels) // n_channels} | {per_second / n_channels:.0f} | {per_second:.0f} | "
        f"{100 * dropped:.1f} % | {errors[0]} | {errors[1]} | {rate:.0f} | {1e6 * seconds / n_rows:.0f} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.coders", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--corpus", default="synthetic")
    parser.add_argument("--data")
    parser.add_argument("--front-end", default="logmel")
    given = parser.parse_args()
    X = signals(given.corpus, given.data, given.front_end)
    print(f"{len(X)} utterances, {X[0].shape[1]} channels, {sum(map(len, X))} rows of 10 ms, dt {_DT * 1e3:g} ms\n")
    print("| encoder | lines | Hz a channel | spikes/s | dropped | error, row | error, 30 ms | liquid Hz | µs a row |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in CODERS:
        if name != "spikes":
            row(name, X[:1])  # compiles
            print(row(name, X), flush=True)


if __name__ == "__main__":
    main()
