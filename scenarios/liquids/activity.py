"""How a column lives: who fires when, how often, how regularly, and what its synapses have left.

In the paper's column recurrent excitation is four times as strong as recurrent inhibition, and depression holds it;
with inhibition four times as strong the two cancel. That changes mean currents, and hardly when neurons fire: intervals
are as irregular without any connection, by the input alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.lsm import LiquidStateMachine
from millpond.lsm.liquid import Liquid
from millpond.reservoir import plots

BALANCED = {"amplitude": (30e-9, 60e-9, -80e-9, -80e-9)}
COLUMNS: dict[str, dict[str, Any]] = {
    "balanced": {"constants": BALANCED},
    "maass2002": {"constants": None},
    "no-recurrence": {"constants": None, "recurrent_gain": 0.0},
}
KINDS = ("EE", "EI", "IE", "II")


def signal(seconds: float, rng: np.random.Generator, n_channels: int = 13, row_period: float = 0.01) -> np.ndarray:
    """Return slow noise of mean 0, variance 1 and a correlation time of 100 ms in every channel."""
    n_rows = round(seconds / row_period)
    keep = np.exp(-row_period / 0.1)
    x = rng.normal(size=(n_rows, n_channels))
    for k in range(1, n_rows):
        x[k] = keep * x[k - 1] + np.sqrt(1 - keep**2) * x[k]
    return x


def run(seconds: float = 5.0, seed: int = 0, **params: Any) -> dict[str, Any]:
    """Run a column on slow noise; return all that the picture shows.

    Returns
    -------
    dict
        ``times`` (s), ``units``, ``inhibitory``; of each neuron the rate, ``rates`` (Hz), the coefficient of variation
        of its intervals, ``cv``, and CV2, that of neighbouring ones alone, ``cv2`` (Holt et al. 1996,
        doi:10.1152/jn.1996.75.5.1806), both nan below ten spikes; ``synapses``: of each kind what `used` returns of
        its arrivals; ``currents``: the mean recurrent excitatory and inhibitory current into a neuron (A).
    """
    model = LiquidStateMachine(**{"engine": "numba", "random_state": seed, "constants": BALANCED, **params})
    x = signal(seconds, np.random.default_rng([5, seed]))
    ((times, units),) = model.fit(x).spikes([x])
    liquid = model.liquid_
    trains = [times[units == i] for i in range(liquid.n_neurons)]
    arrivals = used(liquid, trains)
    kind = 2 * liquid.inhibitory[liquid.pre] + liquid.inhibitory[liquid.post]
    of = kind[arrivals["synapse"].astype(int)]
    taus = (liquid.constants.tau_exc, liquid.constants.tau_inh)
    currents = [
        arrivals["jump"][np.isin(of, kinds)].sum() * tau / (seconds * liquid.n_neurons)
        for kinds, tau in (((0, 1), taus[0]), ((2, 3), taus[1]))
    ]
    return {
        "times": times, "units": units, "inhibitory": liquid.inhibitory, "seconds": seconds,
        "rates": np.array([len(t) / seconds for t in trains]),
        "cv": np.array([_cv(np.diff(t)) for t in trains]),
        "cv2": np.array([_cv2(np.diff(t)) for t in trains]),
        "synapses": {name: {key: values[of == k] for key, values in arrivals.items()} for k, name in enumerate(KINDS)},
        "currents": currents,
    }  # fmt: skip


def _cv(gaps: np.ndarray) -> float:
    return float(np.std(gaps) / np.mean(gaps)) if len(gaps) > 8 else np.nan


def _cv2(gaps: np.ndarray) -> float:
    return float(np.mean(2 * np.abs(np.diff(gaps)) / (gaps[1:] + gaps[:-1]))) if len(gaps) > 8 else np.nan


def used(liquid: Liquid, trains: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Return ``synapse``, ``time`` (s), ``u``, ``x`` (as a spike finds them) and ``jump`` (A) of every arrival.

    The recursion of Markram, Wang and Tsodyks (1998), doi:10.1073/pnas.95.9.5323.
    """
    found: dict[str, list[np.ndarray]] = {name: [] for name in ("synapse", "time", "u", "x", "jump")}
    for i, train in enumerate(trains):
        mine = np.flatnonzero(liquid.pre == i)
        u, x, last = np.zeros(len(mine)), np.ones(len(mine)), 0.0
        for t in train:
            u = u * np.exp(-(t - last) / liquid.F[mine])
            u = u + liquid.U[mine] * (1 - u)
            x = 1 + (x - 1) * np.exp(-(t - last) / liquid.D[mine])
            values = (mine, t + liquid.delay[mine], u, x, liquid.weight[mine] * u * x)
            for name, value in zip(found, values, strict=True):
                found[name].append(value)
            x, last = x * (1 - u), t
    return {name: np.concatenate(values) if values else np.empty(0) for name, values in found.items()}


def compared(seconds: float = 5.0, seed: int = 0, **params: Any) -> list[dict[str, Any]]:
    """Return what `run` finds of a balanced column, of the paper's and of one without connections, a row for each."""
    table: list[dict[str, Any]] = []
    for name, own in COLUMNS.items():
        found = run(seconds, seed, **params, **own)
        inhibitory, arrivals = found["inhibitory"], found["synapses"]["EE"]["x"]
        table.append({
            "column": name,
            "E (Hz)": float(found["rates"][~inhibitory].mean()), "I (Hz)": float(found["rates"][inhibitory].mean()),
            "CV": float(np.nanmean(found["cv"])), "CV2": float(np.nanmean(found["cv2"])),
            "from E (nA)": 1e9 * float(found["currents"][0]), "from I (nA)": 1e9 * float(found["currents"][1]),
            "x of EE": float(arrivals.mean()) if len(arrivals) else None,
        })  # fmt: skip
    return table


def picture(found: dict[str, Any], shown: float = 1.0) -> Any:
    """Return a matplotlib figure: raster of the first `shown` seconds, rates, irregularity, and synapses over time."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 6), layout="constrained")
    grid = figure.add_gridspec(2, 3)
    raster, by_rate, by_cv = (
        figure.add_subplot(grid[0, :]),
        figure.add_subplot(grid[1, 0]),
        figure.add_subplot(grid[1, 1]),
    )
    left = figure.add_subplot(grid[1, 2])
    for each in (raster, by_rate, by_cv, left):
        plots.axes(each)
    early = found["times"] < shown
    plots.raster(found["times"][early], found["units"][early], inhibitory=found["inhibitory"], ax=raster)
    for chosen in (False, True):
        by_rate.hist(found["rates"][found["inhibitory"] == chosen], 20, alpha=0.6)
        by_cv.hist(found["cv2"][found["inhibitory"] == chosen], 20, alpha=0.6)
    raster.set(ylabel="neuron", xlim=(0, shown))
    by_rate.set(xlabel="rate (Hz)", ylabel="neurons")
    by_cv.set(xlabel="CV2 of intervals", ylabel="neurons")
    edges = np.linspace(0, found["seconds"], 51)
    for kind, arrivals in found["synapses"].items():
        total = np.histogram(arrivals["time"], edges, weights=arrivals["u"] * arrivals["x"])[0]
        number = np.histogram(arrivals["time"], edges)[0]
        left.plot(edges[:-1], total / np.maximum(number, 1), label=kind)
    left.set(xlabel="time (s)", ylabel="u x when a spike arrives")
    left.legend()
    return figure
