"""Draw docs/word.png: one spoken word on its way through an echo state network.

Run ``python docs/picture.py`` after ``make compare``; it reads the recording of that comparison.
"""

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from readout import Pool, RidgeClassifier
from reservoir import Recording
from scenarios.digits import load
from scenarios.digits.audio import prepare

HERE = Path(__file__).parent
WORD = 7


def main() -> None:
    """Draw the picture."""
    with Recording.open(HERE.parent / "runs" / "digits-synthetic-speaker" / "esn.h5") as rec:
        train = rec.part("train")
        readout = RidgeClassifier(standardize=True, penalty=100.0).fit(Pool().fit_transform(train), train.labels)
        tested = np.flatnonzero((rec.split == "test") & (rec.labels == WORD))
        chosen = int(tested[3])
        inputs, states, name = rec.inputs[chosen], rec.states[chosen], rec.names[chosen]
        # what the readout says of the word as far as it has been heard
        votes = np.array(
            [readout.decision_function(Pool().fit_transform([states[: t + 1]]))[0] for t in range(len(states))]
        )
        period = rec.period
    spoken = load("synthetic")
    k = list(spoken.names).index(name)
    wave = prepare(spoken.waves[k], spoken.rate, 8000)
    seconds = len(states) * period
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    figure, axes = plt.subplots(4, 1, figsize=(8, 6), sharex=True, layout="constrained", height_ratios=[1, 2, 2, 2])
    axes[0].plot(np.arange(len(wave)) / 8000, wave, lw=0.5, color="0.3")
    axes[0].set(
        ylabel="sound", yticks=[], xlim=(0, seconds), title="'seven', said by a voice the readout has never heard"
    )
    extent = (0, seconds, 0, 1)
    for axis, image, label in (
        (axes[1], inputs, "48 cepstra"),
        (axes[2], states[:, np.argsort(states.mean(0))[::10]], "1000 units"),
    ):
        limit = np.percentile(np.abs(image), 99)
        axis.imshow(
            image.T, aspect="auto", extent=extent, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="nearest"
        )
        axis.set(ylabel=label, yticks=[])
    times = (np.arange(len(votes)) + 1) * period
    for digit in range(10):
        lead = digit == WORD
        axes[3].plot(
            times, votes[:, digit], color="C1" if lead else "0.7", lw=2.5 if lead else 1, zorder=3 if lead else 1
        )
        axes[3].annotate(str(digit), (times[-1], votes[-1, digit]), xytext=(3, -3), textcoords="offset points",
                         color="C1" if lead else "0.5", annotation_clip=False)  # fmt: skip
    axes[3].set(ylabel="votes for each digit", xlabel="time (s)")
    figure.savefig(HERE / "word.png", dpi=110)


if __name__ == "__main__":
    main()
