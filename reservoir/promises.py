"""Checks of the values that a substrate returns, so that mistakes raise an error instead of giving wrong results."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

from millpond.reservoir.errors import DivergenceWarning, InputError

if TYPE_CHECKING:
    from millpond.reservoir.interface import Reservoir

_HUGE = 1e6  # times the largest input: larger states mean that the run diverges


def check_built(model: Reservoir) -> None:
    """Raise InputError unless `build` has set the required attributes. Unit positions are optional."""
    name = type(model).__name__
    n = getattr(model, "n_units_", None)
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise InputError(
            f"{name} has n_units_ = {n!r} after build, but it must be the number of columns of the states, a whole "
            "number of at least 1; set self.n_units_ in build"
        )
    places = model.unit_positions_ = getattr(model, "unit_positions_", None)
    if places is None:
        return
    shape = n, 3
    numeric = isinstance(places, np.ndarray) and places.shape == shape and places.dtype.kind in "fiu"
    if not (numeric and np.isfinite(places).all()):
        raise InputError(
            f"{name} has {_described(places)} as unit_positions_ after build, but finite numbers {shape} in m are "
            "needed; set self.unit_positions_ to such an array or to None"
        )


def run(model: Reservoir, U: np.ndarray, state: Any, check_state: bool) -> tuple[np.ndarray, Any]:
    """Return the checked result of ``model.advance(U, state)``. `check_state` also checks that `state` is unchanged."""
    before = _copied(state) if check_state else None
    returned = model.advance(U, state)
    name = type(model).__name__
    if not isinstance(returned, tuple) or len(returned) != 2:
        raise InputError(
            f"{name}.advance returned {_described(returned)}, but a pair is needed: states (n_steps, n_units) and the "
            "final state; end the method with 'return states, state'"
        )
    check_states(model, "advance", returned[0], U, "")
    if before is not None and not _same(before[0], state):
        raise InputError(
            f"{name}.advance changed the state that it received, so each sequence would depend on the previous one; "
            "copy the state first, or return a new state from initial_state each time"
        )
    return returned


def check_batch(model: Reservoir, states: Any, signals: Sequence[np.ndarray]) -> None:
    """Raise InputError unless there is one array of states per signal with one row per time step."""
    if not isinstance(states, list) or len(states) != len(signals):
        given = f"{len(states)} arrays" if isinstance(states, list) else _described(states)
        raise InputError(
            f"{type(model).__name__}.transform_batch returned {given} for {len(signals)} sequences; "
            "return a list with one array of states for each"
        )
    for i, (x, u) in enumerate(zip(states, signals, strict=True)):
        check_states(model, "transform_batch", x, u, f" for sequence {i}")


def check_states(model: Reservoir, method: str, states: Any, U: np.ndarray, where: str) -> None:
    """Raise InputError unless `states` is an array (n_steps, n_units) with the dtype of the input U."""
    wanted = len(U), model.n_units_
    if not isinstance(states, np.ndarray) or states.shape != wanted or states.dtype != U.dtype:
        raise InputError(
            f"{type(model).__name__}.{method} returned {_described(states)} as states{where}, but an array {wanted} "
            f"of {U.dtype} is needed: one row for each time step, one column for each unit; return such an array"
        )


def warn_if_huge(model: Reservoir, states: Sequence[np.ndarray], signals: Sequence[np.ndarray]) -> bool:
    """Warn once if the last state of a sequence is huge compared with its input; return whether this is the case."""
    for i, (x, u) in enumerate(zip(states, signals, strict=True)):
        size = float(np.abs(x[-1]).max(initial=0.0))
        if size > _HUGE and size > _HUGE * float(np.abs(u).max(initial=0.0)):
            warnings.warn(
                f"{type(model).__name__} diverges on sequence {i}: its states reach {size:.1e}; lower "
                "the feedback (spectral_radius in an EchoStateNetwork), or choose a bounded activation",
                DivergenceWarning, stacklevel=3,
            )  # fmt: skip
            return True
    return False


def _described(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array {value.shape} of {value.dtype}"
    return "a tuple of " + str(len(value)) if isinstance(value, tuple) else f"a {type(value).__name__}"


def _copied(state: Any) -> tuple[Any] | None:
    """Return a copy of a state, or None if it cannot be copied."""
    try:
        return (deepcopy(state),)
    except Exception:  # a state can be any object
        return None


def _same(a: Any, b: Any) -> bool:
    """Return whether two states contain the same numbers. Other objects in a state are ignored."""
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"))
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    if isinstance(a, int | float | complex | str | bool | np.generic):
        return bool(a == b or a != a)
    return _same(vars(a), vars(b)) if hasattr(a, "__dict__") and type(a).__module__ != "numpy.random" else True
