"""Features of a set of spoken digits by the echo state network: seconds of one core.

3000 sequences of 48 channels and about 115000 steps in all, as the Free Spoken Digit Dataset has them
(the signals are drawn: time does not depend on what they say), 64 sequences at a time.
"""

from __future__ import annotations

import numpy as np

from benchmarks.measure import Row, in_turns
from millpond.esn import EchoStateNetwork
from millpond.readout import Pool

_N_SEQUENCES = 3000
_N_CHANNELS = 48
_BATCH = 64


def rows() -> list[Row]:
    """Measure the states alone, and states with pooling."""
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(n, _N_CHANNELS)) for n in rng.integers(17, 61, _N_SEQUENCES)]
    n_steps = sum(map(len, sequences))
    esn = EchoStateNetwork(
        n_units=1000, leak_rate=0.07, spectral_radius=0.9, connectivity=10,
        input_scaling=1.5 / np.sqrt(_N_CHANNELS), bias_scaling=2.0, random_state=0,
    ).fit(sequences)  # fmt: skip
    pool = Pool().fit(esn.transform(sequences[:_BATCH]))
    batches = [sequences[i : i + _BATCH] for i in range(0, len(sequences), _BATCH)]

    def states() -> None:
        for batch in batches:
            esn.transform(batch)

    def features() -> np.ndarray:
        return np.concatenate([pool.transform(esn.transform(batch)) for batch in batches])

    alone, whole = np.median(in_turns(states, features, rounds=5), axis=1)
    return [
        Row(f"states of {n_steps} steps", float(alone), "s", 2.0, at_most=True),
        Row("states and pooling", float(whole), "s", 2.0, at_most=True),
        Row("states, per step", 1e6 * float(alone) / n_steps, "µs"),
    ]
