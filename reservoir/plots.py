"""Plots of spikes, states, water surfaces and spectra.

The functions take arrays of any origin. Each draws on the given matplotlib axes, or on new ones, and returns them;
``ax.figure.savefig("name.svg")`` saves the figure (also as .pdf and .png). The colours of Okabe and Ito (2008,
jfly.uni-koeln.de/color) can be distinguished with any kind of colour vision. Maps use viridis, or blue, white and red
for values with a sign.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from millpond.reservoir import checks

__all__ = ["raster", "states", "surface", "spectrum", "axes", "image", "COLOURS", "DENSE_UNITS", "ENDINGS"]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Blue, vermilion, green, purple, orange, sky and black, used in this order."""

ENDINGS = (".png", ".pdf", ".svg")
"""File types of figures; the last two are vector formats."""

DENSE_UNITS = 3000
"""Number of units up to which `spectrum` computes all eigenvalues; above, it computes only the largest."""


def axes(ax: Any = None, size: tuple[float, float] = (5, 3.2)) -> Any:
    """Return `ax`, or new matplotlib axes of `size` (inches), with the colours set and without a frame."""
    if ax is None:
        from matplotlib.figure import Figure

        ax = Figure(figsize=size, layout="constrained").subplots()
    ax.set_prop_cycle(color=COLOURS)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def image(ax: Any, values: np.ndarray, label: str, signed: bool | None = None, **how: Any) -> Any:
    """Draw `values` (rows upwards) on `ax` with a colour bar; return the image.

    The colour scale diverges at 0 if `signed` is true, or by default if any value is negative.
    """
    finite = values[np.isfinite(values)]
    if signed is None:
        signed = bool((finite < 0).any())
    if signed:
        most = float(np.abs(finite).max(initial=0.0)) or 1.0
        how = {"cmap": "RdBu_r", "vmin": -most, "vmax": most} | how
    drawn = ax.imshow(values, **({"cmap": "viridis", "origin": "lower", "aspect": "auto"} | how))
    ax.figure.colorbar(drawn, ax=ax, label=label)
    return drawn


def raster(times: Any, units: Any, *, inhibitory: Any = None, ax: Any = None) -> Any:
    """Draw spikes.

    Parameters
    ----------
    times, units : array (n_spikes,)
        Times (s) and unit indices, as returned by `LiquidStateMachine.spikes` or `Recording.spikes`.
    inhibitory : array (n_units,) of bool, optional
        Inhibitory units, which have another colour.
    ax : matplotlib axes, optional

    Returns
    -------
    matplotlib axes
    """
    times = checks.matrix("times", times, (None,))
    units = checks.matrix("units", units, times.shape, np.int64)
    kinds = {"units": np.full(len(times), True)}
    if inhibitory is not None:
        mask = np.asarray(inhibitory, bool)
        if len(units) and not (0 <= units.min() and units.max() < len(mask)):
            raise checks.InputError(
                f"inhibitory has {len(mask)} entries, but units {units.min()} to {units.max()} fire; give one entry "
                "for each unit"
            )
        kinds = {"excitatory": ~mask[units], "inhibitory": mask[units]}
    ax = axes(ax)
    for marker, (name, those) in zip("|x", kinds.items(), strict=False):
        ax.plot(times[those], units[those], marker, ms=3, mew=0.7, label=name)
    ax.set(xlabel="time (s)", ylabel="unit")
    if inhibitory is not None:
        ax.legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderpad=0, markerscale=2)
    return ax


def states(states: Any, *, period: float = 1.0, ax: Any = None) -> Any:
    """Draw the states of one sequence as a map, time across and units upwards.

    Parameters
    ----------
    states : array (n_steps, n_units)
    period : float
        Sampling period (s).
    ax : matplotlib axes, optional

    Returns
    -------
    matplotlib axes
        The colour scale ends at the 99.5th percentile, so that single large states do not compress it.
    """
    shown, period = checks.signal(states, "states"), checks.number("period", period, above=0)
    ax, (n_steps, n_units) = axes(ax), shown.shape
    most = float(np.quantile(np.abs(shown), 0.995)) or 1.0
    signed = bool((shown < 0).any())
    image(
        ax, shown.T, "state", signed, vmin=-most if signed else 0, vmax=most, interpolation="nearest",
        extent=(0, n_steps * period, -0.5, n_units - 0.5),
    )  # fmt: skip
    ax.set(xlabel="time (s)", ylabel="unit")
    return ax


def surface(heights: Any, size: tuple[float, float], *, motors: Any = None, ax: Any = None) -> Any:
    """Draw the surface of a tank from above.

    Parameters
    ----------
    heights : array (n_x, n_y)
        Heights (m): one row of `WaveTank.surface`. Transpose those of `ShallowTank.surface`, which has y first.
    size : tuple of float
        Length of the tank along x and y (m).
    motors : array (n_motors, 2), optional
        Positions to mark (m).
    ax : matplotlib axes, optional

    Returns
    -------
    matplotlib axes
        Axes with the size of the tank in m.
    """
    shown = checks.matrix("heights", heights, (None, None))
    ax = axes(ax)
    width, length = checks.matrix("size", size, (2,))
    for side in (width, length):
        checks.number("size", side, above=0)
    image(ax, shown.T, "height (m)", True, aspect="equal", extent=(0, width, 0, length), interpolation="bilinear")
    if motors is not None:
        ax.plot(*checks.matrix("motors", motors, (None, 2)).T, ".", color="black", ms=4, label="motors")
    ax.set(xlabel="x (m)", ylabel="y (m)", xlim=(0, width), ylim=(0, length))
    return ax


def spectrum(W: Any, *, largest: int = 100, ax: Any = None) -> Any:
    """Draw the eigenvalues of recurrent weights and a circle at their spectral radius.

    Parameters
    ----------
    W : array or sparse matrix (n_units, n_units)
        Recurrent weights, such as `EchoStateNetwork.W_`.
    largest : int
        Number of eigenvalues to draw if there are more than `DENSE_UNITS` units, because computing all takes time
        proportional to the cube of the number of units. They are computed by Arnoldi iteration, and the legend states
        that they are not all.
    ax : matplotlib axes, optional

    Returns
    -------
    matplotlib axes
    """
    from scipy.sparse.linalg import LinearOperator, eigs

    W = W if hasattr(W, "shape") else checks.matrix("W", W, (None, None))
    n_units = W.shape[0]
    if n_units <= DENSE_UNITS:
        values = np.linalg.eigvals(checks.matrix("W", W.toarray() if hasattr(W, "toarray") else W, (None, n_units)))
    else:
        start = np.random.default_rng(0).normal(size=n_units)
        product = LinearOperator(W.shape, matvec=lambda h: W @ h, dtype=float)
        values = eigs(product, largest, v0=start, ncv=6 * largest, tol=1e-3, return_eigenvectors=False)
    radius = float(np.abs(values).max())
    ax = axes(ax, (4.2, 4.2))
    circle = radius * np.exp(2j * np.pi * np.linspace(0, 1, 201))
    drawn = f"{n_units} eigenvalues" if len(values) == n_units else f"the {len(values)} largest of {n_units}"
    ax.plot(values.real, values.imag, ".", ms=4, label=drawn)
    ax.plot(circle.real, circle.imag, lw=1, label=f"spectral radius {radius:.3g}")
    ax.set(xlabel="real part", ylabel="imaginary part", aspect="equal")
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)
    return ax
