"""The largest Lyapunov exponent of a driven reservoir.

A live model with a state of real numbers is measured by the method of Benettin et al. (1980),
doi:10.1007/BF02128236: two runs differ in one row of input, and from then on the difference of their states is
brought back to a small size every few rows. A recording cannot be run again, and spikes are not real numbers: there
the exponent is the decay of the difference that one row of input makes. That transient may hide the slowest decay.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from millpond.measures.probe import Driven, driven
from millpond.measures.result import Result
from millpond.measures.twins import separation
from millpond.reservoir import Reservoir
from millpond.reservoir.checks import RandomState

_ALIGNED, _ROWS, _CHUNK = 1000, 2000, 5


@dataclass(frozen=True, eq=False)
class Lyapunov(Result):
    """Largest exponent of the driven system.

    Attributes
    ----------
    exponent : float
        Per row. -inf if the difference vanishes completely; nan if no difference could be followed.
    method : {"renormalised", "transient"}
        "renormalised" follows the difference of two states over many rows. "transient" is the slope after a
        difference of one row of input.
    size : float
        "transient": the difference of the input, the smallest whose effect is still in proportion. "renormalised":
        the difference of the states, relative to their norm.
    distances : ndarray
        "transient": distance of the states in each row, in units of that of unlike inputs. "renormalised": the
        growth of the logarithm per row, for each piece of five rows.
    """

    title = "Lyapunov exponent"

    exponent: float
    method: str
    size: float
    distances: np.ndarray

    @property
    def value(self) -> float:
        """The exponent."""
        return self.exponent

    @property
    def said(self) -> str:
        """How it was measured."""
        if np.isnan(self.exponent):
            return "differences neither decay nor grow exponentially"
        if self.method == "renormalised":
            return f"per row, over {_ROWS} rows (Benettin et al. 1980)"
        return f"per row, from the transient after an input difference of {self.size:g}"

    def _draw(self, ax: Any) -> None:
        if self.method == "renormalised":
            ax.plot(_CHUNK * np.arange(len(self.distances)), self.distances, lw=0.6)
            ax.axhline(self.exponent, color="0.5", lw=0.8)
            ax.set(xlabel="rows", ylabel="growth per row")
        else:
            ax.semilogy(np.where(self.distances > 0, self.distances, np.nan))
            ax.set(xlabel="rows after the difference", ylabel="distance (unlike inputs: 1)")


def lyapunov(source: Any, *, random_state: RandomState = 0) -> Lyapunov:
    """Return the largest Lyapunov exponent under the probe's input: uniform on [-1, 1], independent from row to row.

    A negative exponent means that differences of the state are forgotten: the echo state property, for this input.

    Parameters
    ----------
    source : Reservoir, Recording or Driven
        See `measures.driven`; part "twins".
    random_state : int or numpy.random.Generator
    """
    found = driven(source, ("twins",), random_state)
    if found.model is not None:
        renormalised = _benettin(found.model, np.random.default_rng(17))
        if renormalised is not None:
            return renormalised
    return _transient(found)


def _transient(found: Driven) -> Lyapunov:
    """Return the slope after the smallest difference whose effect is in proportion: thirty times less for 100 less."""
    apart = separation(found)
    first = apart.distances[:, :8].max(1)
    k = len(apart.sizes) - 1
    while k and np.isfinite(apart.exponents[k - 1]) and first[k] > 30 * first[k - 1] > 0:
        k -= 1
    return Lyapunov(float(apart.exponents[k]), "transient", float(apart.sizes[k]), apart.distances[k])


def _benettin(model: Reservoir, rng: np.random.Generator) -> Lyapunov | None:
    """Return the exponent of the difference between two states; None where the states are not real numbers alone."""
    model = copy.copy(model)
    if hasattr(model, "noise"):
        model.noise = 0.0  # the two runs would differ in their noise
    u = rng.uniform(-1, 1, (_ALIGNED + _ROWS, model.n_features_in_)).astype(model.state_dtype)
    kicked = np.concatenate([-u[:1], u[1:_CHUNK]])
    one, other = (model.advance(chunk, model.initial_state())[1] for chunk in (u[:_CHUNK], kicked))
    parts = _numbers(one)
    if not parts or _others(one) != _others(other):
        return None
    exact = all(part.dtype == np.float64 for part in parts)
    size = float(np.sqrt(np.finfo(np.float64 if exact else np.float32).eps))
    apart, growth = _differences(one, other), list[float]()
    if not (distance := _norm(apart)):
        return None
    other = _moved(one, apart, size * _norm(parts) / distance)
    for row in range(_CHUNK, len(u), _CHUNK):
        before = _norm(_differences(one, other))
        chunk = u[row : row + _CHUNK]
        one, other = model.advance(chunk, one)[1], model.advance(chunk, other)[1]
        apart = _differences(one, other)
        after = _norm(apart)
        if _others(one) != _others(other) or not np.isfinite(after) or not before:
            return None
        if not after:
            return Lyapunov(float("-inf"), "renormalised", size, np.array([]))
        if row >= _ALIGNED:
            growth.append(np.log(after / before) / _CHUNK)
        other = _moved(one, apart, size * max(_norm(_numbers(one)), np.finfo(float).tiny) / after)
    return Lyapunov(float(np.mean(growth)), "renormalised", size, np.array(growth))


def _children(state: Any) -> list[Any]:
    if isinstance(state, tuple | list):
        return list(state)
    return [getattr(state, f.name) for f in fields(state)] if is_dataclass(state) else []


def _is_number(state: Any) -> bool:
    return isinstance(state, float) or (isinstance(state, np.ndarray | np.floating) and state.dtype.kind in "fc")


def _numbers(state: Any) -> list[np.ndarray]:
    """Return all real and complex numbers of a state, which may be made of tuples, lists and dataclasses."""
    if _is_number(state):
        return [np.asarray(state)]
    return [number for child in _children(state) for number in _numbers(child)]


def _others(state: Any) -> list[Any]:
    """Return what else is in a state: counts and spikes, which two runs must have in common."""
    if _is_number(state) or state is None:
        return []
    if isinstance(state, np.ndarray):
        return [state.tolist()]
    children = _children(state)
    return [x for child in children for x in _others(child)] if children else [state]


def _moved(state: Any, steps: list[np.ndarray], factor: float) -> Any:
    """Return the state with `factor` times the `steps` added to its numbers."""
    left = iter(steps)

    def moved_part(part: Any) -> Any:
        if _is_number(part):
            moved = part + factor * next(left)
            return moved.astype(part.dtype) if isinstance(part, np.ndarray) else type(part)(moved)
        if is_dataclass(part) and not isinstance(part, type):
            return replace(part, **{f.name: moved_part(getattr(part, f.name)) for f in fields(part)})
        if isinstance(part, tuple | list):
            made = [moved_part(child) for child in part]
            return type(part)(*made) if hasattr(part, "_fields") else type(part)(made)
        return part

    return moved_part(state)


def _differences(one: Any, other: Any) -> list[np.ndarray]:
    return [b.astype(np.result_type(b, np.float64)) - a for a, b in zip(_numbers(one), _numbers(other), strict=True)]


def _norm(parts: list[np.ndarray]) -> float:
    return float(np.sqrt(sum(float((np.abs(p) ** 2).sum()) for p in parts)))
