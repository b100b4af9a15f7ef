"""What gradients cost, and where they vanish or explode: measured, as rows and as a picture."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np

from millpond.reservoir import plots


def cost(lengths: tuple[int, ...] = (100, 200, 400, 800, 1600), sizes: tuple[int, ...] = (16, 32, 64, 128),
         at_least: float = 0.2) -> list[dict[str, Any]]:  # fmt: skip
    """Measure the ways to the gradient of an Elman layer, against length (at 16 units) and size (at 100 steps).

    Truncated is at 25 steps.

    Returns
    -------
    list of dict
        ``way``, ``n_steps``, ``n_units``, ``seconds`` (CPU, the mean over runs of `at_least` seconds in all) and
        ``bytes``: what XLA sets aside for everything between input and gradient.
    """
    import jax
    import jax.numpy as jnp

    from millpond.baseline.gradients import in_real_time, through_time, truncated
    from millpond.baseline.initial import initial
    from millpond.baseline.unroll import Net

    ways = {"through time": through_time, "truncated": partial(truncated, n_steps=25), "in real time": in_real_time}

    def squared(output: Any, target: Any) -> Any:
        return ((output - target) ** 2).sum()

    rows = []
    shapes = dict.fromkeys([(n, 16) for n in lengths] + [(100, n) for n in sizes])
    for n_steps, n_units in shapes:
        rng = np.random.default_rng(0)
        net = Net("elman", 2, n_units, 1)
        own = initial(net, "orthogonal", 0.9, rng)["layers"][0][0]
        X = jnp.asarray(rng.standard_normal((n_steps, 2), np.float32))
        Y = jnp.asarray(rng.standard_normal((n_steps, n_units), np.float32))
        for name, way in ways.items():
            run = jax.jit(lambda own, X, Y, way=way, net=net: way(net, own, X, Y, squared)).lower(own, X, Y).compile()
            jax.block_until_ready(run(own, X, Y))
            n_runs, spent, start = 0, 0.0, time.process_time()
            while spent < at_least:
                jax.block_until_ready(run(own, X, Y))
                n_runs, spent = n_runs + 1, time.process_time() - start
            n_bytes = getattr(run.memory_analysis(), "temp_size_in_bytes", None)  # not every device says
            rows.append(
                {"way": name, "n_steps": n_steps, "n_units": n_units, "seconds": spent / n_runs, "bytes": n_bytes}
            )
    return rows


def vanishing(radii: tuple[float, ...] = (0.5, 0.8, 0.9, 1.0, 1.1, 1.2), n_steps: int = 60, n_units: int = 50,
         clip: float = 100.0) -> list[dict[str, Any]]:  # fmt: skip
    """Measure how the error of the last step changes on its way back, against the spectral radius.

    An Elman layer of random weights hears noise so weak that its units stay where tanh is a straight line:
    saturated ones would pass no error back. The error is as much larger as the noise is weaker. A row for each
    radius: ``lengths`` (n_steps,) of the error, ``gradient`` (the length of that of all recurrent weights) and
    ``clipped``, the same after clipping at `clip`: exploding gradients are tamed, vanished ones stay so.
    """
    import jax
    import jax.numpy as jnp

    from millpond.baseline.gradients import back_through
    from millpond.baseline.initial import initial
    from millpond.baseline.training import clipped
    from millpond.baseline.unroll import Net, layer

    rng = np.random.default_rng(0)
    net = Net("elman", 1, n_units, 1)
    weak = 1e-5
    X = jnp.asarray(weak * rng.standard_normal((n_steps, 1), np.float32))
    direction = jnp.asarray(rng.standard_normal(n_units, np.float32) / weak)
    last = jax.jit(jax.grad(lambda own: layer(net, own, X[:, None])[0][0][-1, 0] @ direction))
    back = jax.jit(lambda own: back_through(net, own, X, direction))
    rows = []
    for radius in radii:
        own = initial(net, "echo", radius, np.random.default_rng(1))["layers"][0][0]
        gradient = {"R": last(own)["R"]}
        rows.append({"radius": radius, "lengths": np.asarray(back(own)),
                     "gradient": float(jnp.linalg.norm(gradient["R"])),
                     "clipped": float(jnp.linalg.norm(clipped(gradient, clip)["R"]))})  # fmt: skip
    return rows


def picture(costs: list[dict[str, Any]], flows: list[dict[str, Any]]) -> Any:
    """Return a matplotlib figure: time and memory of each way against length and size, and what becomes of errors."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 7), layout="constrained")
    upper, lower = rows = figure.subplots(2, 3)
    for each in rows.flat:
        plots.axes(each)
    against = (("n_steps", "n_units", "steps ({} units)"), ("n_units", "n_steps", "units ({} steps)"))
    least = {key: min(r[key] for r in costs) for key in ("n_steps", "n_units")}
    for row, measured, label in zip(rows, ("seconds", "bytes"), ("CPU time (s)", "memory (bytes)"), strict=True):
        for axes, (varied, fixed, what) in zip(row, against, strict=False):
            for way in dict.fromkeys(r["way"] for r in costs):
                own = [r for r in costs if r["way"] == way and r[fixed] == least[fixed]]
                own.sort(key=lambda r: r[varied])
                axes.loglog([r[varied] for r in own], [r[measured] for r in own], "o-", label=way)
            axes.set_xticks(ticks := sorted({r[varied] for r in costs}), [f"{n}" for n in ticks])
            axes.minorticks_off()
            axes.set(xlabel=what.format(least[fixed]), ylabel=label)
    upper[0].legend()
    for flow in flows:
        lengths = flow["lengths"]
        upper[2].semilogy(np.arange(len(lengths))[::-1], lengths, label=f"radius {flow['radius']:g}")
    upper[2].set(xlabel="steps back", ylabel="length of the error")
    radii = [flow["radius"] for flow in flows]
    lower[2].semilogy(radii, [flow["gradient"] for flow in flows], "o-", label="as it is")
    lower[2].semilogy(radii, [flow["clipped"] for flow in flows], "s--", label="clipped")
    lower[2].set(xlabel="spectral radius", ylabel="length of the gradient")
    for axes in (upper[2], lower[2]):
        axes.legend()
    return figure
