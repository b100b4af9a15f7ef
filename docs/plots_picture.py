"""Draw docs/plots.png: one picture of each kind in `millpond.reservoir.plots`. Run ``python docs/plots_picture.py``."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from millpond.esn import EchoStateNetwork
from millpond.lsm import LiquidStateMachine
from millpond.physical import WaveTank
from millpond.reservoir import plots


def main() -> None:
    """Draw the picture."""
    u = np.random.default_rng(0).normal(size=(60, 3))
    esn = EchoStateNetwork(n_units=300, random_state=0).fit(u)
    liquid = LiquidStateMachine(engine="numba", random_state=0).fit(u)
    tank = WaveTank(random_state=0).fit(u)
    figure = Figure(figsize=(10, 7.4), layout="constrained")
    upper, lower = figure.subplots(2, 2)
    [(times, neurons)] = liquid.spikes([u])
    plots.raster(times, neurons, inhibitory=liquid.inhibitory_, ax=upper[0])
    plots.states(esn.transform(u), period=0.01, ax=upper[1])
    plots.surface(tank.surface(u)[20], tank.size, motors=tank.motor_positions_, ax=lower[0])
    plots.spectrum(esn.W_, ax=lower[1])
    figure.savefig(Path(__file__).parent / "plots.png", dpi=90)


if __name__ == "__main__":
    main()
