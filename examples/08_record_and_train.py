"""Record the states of a reservoir to a file, and train a readout from the file."""

import numpy as np

from millpond import EchoStateNetwork, Pool, Recording, RidgeClassifier, Sequences, record

rng = np.random.default_rng(0)
walks = [np.cumsum(rng.normal(size=(n, 2)), axis=0) for n in rng.integers(20, 60, 120)]
words = Sequences(
    walks,
    period=0.01,  # s
    labels=["left" if walk[-1, 0] < 0 else "right" for walk in walks],
    split=["train"] * 80 + ["test"] * 40,
)

record(EchoStateNetwork(n_units=100, random_state=0), words, "walks.h5", overwrite=True).close()

with Recording.open("walks.h5") as recording:  # states are read when they are used
    train, test = recording.part("train"), recording.part("test")
    pool = Pool("last")
    readout = RidgeClassifier(penalty=1.0, standardize=True).fit(pool.fit_transform(train), train.labels)
    print(f"{100 * readout.score(pool.transform(test), test.labels):.0f} % of the test walks are correct")
    print(f"the file has {recording.n_units} states at {recording.lengths.sum()} steps")
