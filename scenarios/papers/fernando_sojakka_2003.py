"""Perceptrons classify tones and words from a bucket of water, compared with the same perceptrons without water.

The tank, camera and speech of the paper are not available. The figures here follow from the physics (a linear camera
cannot detect an exclusive or) or are our own (the word task is easy, as the controls show).
"""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import Perceptron
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from millpond.physical import WaveTank
from millpond.readout import Pool, RidgeClassifier
from millpond.reservoir import ChannelScaler
from millpond.scenarios.papers.figures import Check, Paper
from millpond.scenarios.speech import task

PAPER = Paper(
    title="Fernando, Sojakka (2003), Pattern recognition in a bucket",
    doi="10.1007/978-3-540-39432-7_63",
    about="exclusive or of two motors, and of bits one after the other; "
    "'zero' against 'one' by the synthetic voices, eight bands on eight motors, "
    "voices never heard; tank, camera and speech are ours",
)
_TRIALS, _TRAIN = 300, 200
_CHANCE = "theory: the height is a sum over the motors, and no sum is an exclusive or; half are right by chance"
_FORMED = "theory: interference puts the product of the motors into the picture"
_CONTROL = "control, ours: no water"


def run(random_state: int = 0, quick: bool = False) -> list[Check]:
    """Return the accuracies of perceptrons on the camera image and on the signals themselves."""
    seeds = range(random_state, random_state + (3 if quick else 10))
    tones = np.array([_tones(seed) for seed in seeds])
    bits = np.array([_bits(seed) for seed in seeds])
    words = np.array([_words(seed) for seed in seeds])
    return [
        Check("XOR, edges of the picture", tones[:, 0], _FORMED, at_least=0.97),
        Check("XOR, heights", tones[:, 1], _CHANCE, at_most=0.7),
        Check("XOR, signals alone", tones[:, 2], _CONTROL + "; theory: a perceptron cannot", at_most=0.8),
        Check("bits, XOR of two, slopes", bits[:, 0, 0], _FORMED, at_least=0.97),
        Check("bits, parity of three, slopes", bits[:, 0, 1], "theory: slope squared has no third degree", at_most=0.6),
        Check("bits, XOR of two, edges", bits[:, 1, 0], _FORMED, at_least=0.97),
        Check("bits, parity of three, edges", bits[:, 1, 1], "ours", at_least=0.9),
        Check("bits, XOR of two, heights", bits[:, 2, 0], _CHANCE, at_most=0.6),
        Check("words, mean picture", words[:, 0], "ours: more than the mean of the bands", at_least=words[:, 1].mean()),
        Check("words, mean of the bands", words[:, 1], _CONTROL),
        Check("words, bands in eight stretches", words[:, 2], _CONTROL + ": the task is this easy"),
    ]


def _right(features: np.ndarray, labels: np.ndarray, train: np.ndarray, test: np.ndarray, seed: int) -> float:
    perceptron = make_pipeline(StandardScaler(), Perceptron(penalty="l2", alpha=1e-3, random_state=seed))
    return float(perceptron.fit(features[train], labels[train]).score(features[test], labels[test]))


def _bits(seed: int) -> np.ndarray:
    """Return the accuracy of ridge regression on the last image for XOR of two bits and parity of three (3, 2)."""
    rng = np.random.default_rng([2003, seed])
    bit = rng.integers(0, 2, 3000)
    last, before = np.roll(bit, 1), np.roll(bit, 2)
    train, test = slice(100, 2000), slice(2000, 3000)
    found = []
    for camera in ("slope", "sobel", "height"):
        tank = WaveTank(camera=camera, carrier=5.0, hold=0.4, reference=0.0, distance=0.005, random_state=seed)
        states = tank.fit_transform(bit[:, None].astype(float))
        readouts = [
            RidgeClassifier(standardize=True).fit(states[train], t[train]) for t in (bit ^ last, bit ^ last ^ before)
        ]
        found.append([
            np.mean(r.predict(states[test]) == t[test])
            for r, t in zip(readouts, (bit ^ last, bit ^ last ^ before), strict=True)
        ])  # fmt: skip
    return np.array(found)


def _tones(seed: int) -> list[float]:
    """Return the accuracy of the perceptron for exactly one of two tones against both or none."""
    rng = np.random.default_rng([2003, seed])
    on = rng.integers(0, 2, (_TRIALS, 2))
    loud = on + 0.05 * rng.normal(size=on.shape)
    signals = [np.repeat(row[None], 10, axis=0) for row in loud]  # two seconds
    train, test = np.arange(_TRAIN), np.arange(_TRAIN, _TRIALS)
    found = []
    for camera in ("sobel", "height"):
        tank = WaveTank(camera=camera, carrier=8.0, reference=0.0, distance=0.005, random_state=seed)
        tank.fit([signals[i] for i in train])
        last = Pool("last").fit_transform(tank.transform(signals))
        found.append(_right(last, on[:, 0] ^ on[:, 1], train, test, seed))
    return [*found, _right(loud, on[:, 0] ^ on[:, 1], train, test, seed)]


def _words(seed: int) -> np.ndarray:
    """Return the accuracy for 'zero' against 'one', cross-validated over voices."""
    spoken = task.load()
    said = np.flatnonzero(np.isin(np.asarray(spoken.labels), [0, 1]))
    bands = task.represent(spoken, "bands16").sequences[said]
    eight = bands.with_signals([x.reshape(len(x), 8, 2).mean(2) for x in bands.signals])
    labels, found = np.asarray(bands.labels), []
    for k, fold in enumerate(task.folds(spoken, "speaker")):
        train, test = (np.flatnonzero(np.isin(said, part)) for part in (fold.train, fold.test))
        signals = ChannelScaler().fit(eight[train]).transform(eight).signals
        tank = WaveTank(camera="sobel", distance=0.005, random_state=np.random.default_rng([2003, seed, k]))
        tank.fit([signals[i] for i in train])
        pictures = Pool("mean").fit_transform(tank.transform(signals))
        mean, stretches = (pool.fit_transform(signals) for pool in (Pool("mean"), Pool("segments", n_segments=8)))
        found.append([_right(x, labels, train, test, seed) for x in (pictures, mean, stretches)])
    return np.mean(found, axis=0)
