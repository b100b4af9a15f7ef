"""Draw docs/water.png: one spoken word in the tank, and what two cameras see of it.

Run ``python docs/water_picture.py``; it speaks the synthetic corpus if that is not there yet.
"""

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from millpond.physical import WaveTank
from millpond.reservoir import ChannelScaler
from millpond.scenarios.speech import task

WORD, WHEN = 100, (4, 14, 24)  # rows


def main() -> None:
    """Draw the picture."""
    bands, _ = task.represent(task.load(), "bands16")
    signals = ChannelScaler().fit(bands).transform(bands).signals
    settings = {"pixels": (120, 96), "cells": (120, 96), "distance": 0.005, "noise": 0.02, "random_state": 0}
    looks = {}
    for camera in ("height", "slope", "shadowgraph"):
        tank = WaveTank(camera=camera, **settings).fit(signals[::20])
        looks[camera] = tank.transform([signals[WORD]])[0].reshape(-1, 120, 96) * tank._camera.unit
    looks["height"] *= 1000
    plt.rcParams.update({"font.size": 9})
    figure, axes = plt.subplots(3, 3, figsize=(8, 6.4), layout="constrained", sharex=True, sharey=True)
    places = 100 * tank.motor_positions_
    captions = {"height": "height (mm)", "slope": "slope squared", "shadowgraph": "shadowgraph"}
    for line, (camera, seen) in zip(axes, looks.items(), strict=True):
        low, high = np.percentile(seen[list(WHEN)], [1, 99])
        if camera == "height":
            low, high = -max(-low, high), max(-low, high)
        for axis, row in zip(line, WHEN, strict=True):
            drawn = axis.imshow(
                seen[row].T, origin="lower", extent=(0, 30, 0, 24), vmin=low, vmax=high,
                cmap="RdBu_r" if camera == "height" else "gray",
            )  # fmt: skip
            if camera == "height":
                axis.set_title(f"after {10 * (row + 1)} ms of the word")
                axis.plot(*places[:-1].T, "k.", ms=4)
                axis.plot(*places[-1], "k*", ms=8)
        line[0].set_ylabel(f"{captions[camera]}\n\ny (cm)")
        figure.colorbar(drawn, ax=line, shrink=0.8)
    for axis in axes[-1]:
        axis.set_xlabel("x (cm)")
    figure.savefig(Path(__file__).parent / "water.png", dpi=110)


if __name__ == "__main__":
    main()
