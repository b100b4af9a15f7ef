"""What gradients cost, and where they vanish or explode: measured, as rows and as a picture."""

from __future__ import annotations

import time
from typing import Any

import numpy as np


def cost(lengths: tuple[int, ...] = (50, 100, 200, 400), sizes: tuple[int, ...] = (8, 16, 32, 64),
         repeats: int = 3) -> list[dict[str, Any]]:  # fmt: skip
    """Measure both ways to the gradient of an Elman layer, against length (at 8 units) and size (at 50 steps).

    Returns
    -------
    list of dict
        ``way``, ``n_steps``, ``n_units``, ``seconds`` (CPU, the best of `repeats`) and ``bytes``: what XLA
        sets aside for everything between input and gradient.
    """
    import jax
    import jax.numpy as jnp

    from baseline.gradients import in_real_time, through_time
    from baseline.initial import initial
    from baseline.unroll import Net

    def squared(output: Any, target: Any) -> Any:
        return ((output - target) ** 2).sum()

    rows = []
    shapes = dict.fromkeys([(n, 8) for n in lengths] + [(50, n) for n in sizes])
    for n_steps, n_units in shapes:
        rng = np.random.default_rng(0)
        net = Net("elman", 2, n_units, 1)
        own = initial(net, "orthogonal", 0.9, rng)["layers"][0][0]
        X = jnp.asarray(rng.standard_normal((n_steps, 2), np.float32))
        Y = jnp.asarray(rng.standard_normal((n_steps, n_units), np.float32))
        for way in (through_time, in_real_time):
            run = jax.jit(lambda own, X, Y, way=way, net=net: way(net, own, X, Y, squared)).lower(own, X, Y).compile()
            jax.block_until_ready(run(own, X, Y))
            seconds = []
            for _ in range(repeats):
                start = time.process_time()
                jax.block_until_ready(run(own, X, Y))
                seconds.append(time.process_time() - start)
            n_bytes = getattr(run.memory_analysis(), "temp_size_in_bytes", None)  # not every device says
            name = way.__name__.replace("_", " ")
            rows.append(
                {"way": name, "n_steps": n_steps, "n_units": n_units, "seconds": min(seconds), "bytes": n_bytes}
            )
    return rows


def vanishing(radii: tuple[float, ...] = (0.5, 0.8, 0.9, 1.0, 1.1, 1.2), n_steps: int = 60, n_units: int = 50,
         clip: float = 1.0) -> list[dict[str, Any]]:  # fmt: skip
    """Measure how the error of the last step changes on its way back, against the spectral radius.

    An Elman layer of random weights hears noise so weak that its units stay where tanh is a straight line:
    saturated ones would pass no error back. A row for each radius: ``lengths`` (n_steps,) of the error,
    ``gradient`` (the length of that of all recurrent weights) and ``clipped``, the same after clipping at `clip`:
    exploding gradients are tamed, vanished ones stay so.
    """
    import jax
    import jax.numpy as jnp

    from baseline.gradients import back_through
    from baseline.initial import initial
    from baseline.training import clipped
    from baseline.unroll import Net, layer

    rng = np.random.default_rng(0)
    net = Net("elman", 1, n_units, 1)
    X = jnp.asarray(1e-5 * rng.standard_normal((n_steps, 1), np.float32))
    direction = jnp.asarray(rng.standard_normal(n_units, np.float32))
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
    """Return a matplotlib figure: time and memory of both ways, and the length of errors on their way back."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 3.6), layout="constrained")
    by_size, by_memory, by_step = figure.subplots(1, 3)
    short = min(r["n_steps"] for r in costs)
    for way in dict.fromkeys(r["way"] for r in costs):
        own = [r for r in costs if r["way"] == way and r["n_steps"] == short]
        own.sort(key=lambda r: r["n_units"])
        by_size.loglog([r["n_units"] for r in own], [r["seconds"] for r in own], "o-", label=way)
        by_memory.loglog([r["n_units"] for r in own], [r["bytes"] for r in own], "o-", label=way)
    by_size.set(xlabel="units", ylabel="CPU time (s)")
    by_memory.set(xlabel="units", ylabel="memory (bytes)")
    for row in flows:
        by_step.semilogy(np.arange(len(row["lengths"]))[::-1], row["lengths"], label=f"radius {row['radius']:g}")
    by_step.set(xlabel="steps back", ylabel="length of the error")
    for axes in (by_size, by_step):
        axes.legend()
    return figure
