"""Checks that a substrate follows the interface `Reservoir`, for tests of third-party packages."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable

import numpy as np
from sklearn.base import clone

from millpond.reservoir.errors import InputError
from millpond.reservoir.interface import Reservoir
from millpond.reservoir.provenance import config

_LENGTHS = (6, 1, 15, 6, 40)
_N_CHANNELS = 3
_CUTS = ([1], [7, 8, 39], [20])


def check_reservoir(reservoir: Reservoir) -> list[str]:
    """Check that a substrate follows the interface, on small random signals with three channels.

    Parameters
    ----------
    reservoir : Reservoir
        An instance with a small number of units. It is cloned and not changed.

    Returns
    -------
    list of str
        The names of the passed checks. "stream" is left out for a model whose `stream` raises InputError, because it
        needs whole sequences.

    Raises
    ------
    AssertionError
        A check failed. The message names the check, the class, what was found and the remedy.

    Examples
    --------
    >>> from millpond.esn import EchoStateNetwork
    >>> check_reservoir(EchoStateNetwork(n_units=10))[:3]
    ['parameters', 'fit', 'input unchanged']
    """
    if not isinstance(reservoir, Reservoir):
        raise AssertionError(f"{reservoir!r:.60} is not a millpond.Reservoir; derive its class from Reservoir")
    rng = np.random.default_rng(0)
    passed = []
    for name, check in CHECKS.items():
        if name == "stream" and not _streams(_seeded(reservoir).fit(rng.normal(size=(40, _N_CHANNELS)))):
            continue
        signals = [rng.normal(size=(n, _N_CHANNELS)) for n in _LENGTHS]
        try:
            model = reservoir if name == "parameters" else _seeded(reservoir)
            check(model, signals)
        except (AssertionError, InputError) as error:
            raise AssertionError(f"check '{name}' of {type(reservoir).__name__}: {error}") from None
        except Exception as error:
            raise AssertionError(
                f"check '{name}' of {type(reservoir).__name__} raised {type(error).__name__}: {error}"
            ) from error
        passed.append(name)
    return passed


def _streams(model: Reservoir) -> bool:
    """Return whether the fitted model processes chunks; one that needs whole sequences raises InputError."""
    try:
        model.stream()
    except InputError:
        return False
    return True


def require(condition: bool, message: str) -> None:
    """Raise AssertionError with `message` unless `condition` is true, also under ``python -O``."""
    if not condition:
        raise AssertionError(message)


def _seeded(reservoir: Reservoir, seed: int = 1) -> Reservoir:
    model = clone(reservoir)
    return model.set_params(random_state=seed) if "random_state" in model.get_params(deep=False) else model


def _near(a: np.ndarray, b: np.ndarray) -> bool:
    """Return whether states agree up to the rounding of matrix products of another size."""
    tolerance = 1e-12 if a.dtype == np.float64 else 1e-5
    return a.shape == b.shape and np.allclose(a, b, rtol=tolerance, atol=tolerance * max(1.0, float(np.abs(a).max())))


def _check_parameters(model: Reservoir, signals: list[np.ndarray]) -> None:
    kind, given = type(model), model.get_params(deep=False)
    defaults = {name: p.default for name, p in inspect.signature(kind).parameters.items()}
    required = [name for name, value in defaults.items() if value is inspect.Parameter.empty]
    for params in (given, defaults) if not required else (given,):
        other = kind(**params)
        for name, value in params.items():
            require(
                getattr(other, name, None) is value,
                f"__init__ does not store the parameter {name} as given; write 'self.{name} = {name}' and convert the "
                "value in build",
            )
    clone(model)


def _check_fit(model: Reservoir, signals: list[np.ndarray]) -> None:
    before = config(model)
    require(model.fit(signals) is model, "fit does not return the model; end an overridden fit with 'return self'")
    require(config(model) == before, "fit changes a parameter; store results in attributes that end in '_'")
    require(
        getattr(model, "n_features_in_", None) == _N_CHANNELS,
        "fit does not set n_features_in_ to the number of channels; call Reservoir.fit in an overridden fit",
    )


def _check_seed(model: Reservoir, signals: list[np.ndarray]) -> None:
    states = clone(model).fit(signals).transform(signals[2])
    require(
        np.array_equal(states, clone(model).fit(signals).transform(signals[2])),
        "two fits with the same random_state give different states; draw from the generators in `streams` only",
    )
    if "random_state" in model.get_params(deep=False):
        require(
            not np.array_equal(states, _seeded(model, 2).fit(signals).transform(signals[2])),
            "two values of random_state give the same states; draw from the generators in `streams`, or remove the "
            "parameter random_state",
        )


def _check_shapes(model: Reservoir, signals: list[np.ndarray]) -> None:
    states, n = model.fit(signals).transform(signals), model.n_units_
    require(isinstance(states, list), "transform does not return a list for a list; do not override transform")
    for x, u in zip(states, signals, strict=True):
        require(
            x.shape == (len(u), n) and x.dtype == model.state_dtype,
            f"the states of a sequence with {len(u)} steps are {x.shape} of {x.dtype}; return ({len(u)}, {n}) of "
            f"{model.state_dtype}",
        )
    cube = np.stack([signals[0], signals[3]])
    require(
        model.transform(signals[0]).shape == (6, n) and model.transform(cube).shape == (2, 6, n),
        "transform does not return an array for an array; do not override transform",
    )


def _check_rest(model: Reservoir, signals: list[np.ndarray]) -> None:
    first, second = model.fit(signals).transform([signals[4], signals[4]])
    require(
        np.array_equal(first, second),
        "the same sequence gives different states the second time; start from initial_state, and keep no state in self",
    )


def _check_order(model: Reservoir, signals: list[np.ndarray]) -> None:
    states = model.fit(signals).transform(signals)
    one_by_one, backwards = [model.transform(x) for x in signals], model.transform(signals[::-1])[::-1]
    require(
        all(map(_near, states, one_by_one)) and all(map(_near, states, backwards)),
        "the states of a sequence depend on the other sequences or their order; compute each sequence separately",
    )
    if "n_jobs" in model.get_params(deep=False):
        threaded = clone(model).set_params(n_jobs=3).fit(signals).transform(signals)
        require(all(map(_near, states, threaded)), "n_jobs changes the states; share no arrays between threads")


def _check_unchanged(model: Reservoir, signals: list[np.ndarray]) -> None:
    signals = [np.ascontiguousarray(x, dtype=model.state_dtype) for x in signals]
    before = [x.copy() for x in signals]
    model.fit(signals).transform(signals)
    require(
        all(map(np.array_equal, before, signals)), "the input is changed; copy U before you change it, in build as well"
    )


def _check_rows(model: Reservoir, signals: list[np.ndarray]) -> None:
    rows = [np.array([len(x) - 1]) for x in signals[:4]] + [np.array([0, 3, 4, 39])]
    some, whole = model.fit(signals).states_at(signals, rows), model.transform(signals)
    require(
        all(_near(x[at], y) for x, at, y in zip(whole, rows, some, strict=True)),
        "states_at differs from the rows of transform; return the same values",
    )


def _check_observe(model: Reservoir, signals: list[np.ndarray]) -> None:
    seen = model.fit(signals).observe(signals)
    require(
        set(seen) == {"states", *model.shows},
        f"observe returns {sorted(seen)}, but `shows` lists {sorted(model.shows)} in addition to the states; "
        "make both the same",
    )
    require(
        all(len(entries) == len(signals) for entries in seen.values())
        and all(map(_near, model.transform(signals), seen["states"])),
        "observe returns other states than transform, or not one entry for each sequence; call super().observe(X)",
    )


def _check_input_errors(model: Reservoir, signals: list[np.ndarray]) -> None:
    model.fit(signals)
    x = signals[0]
    bad: dict[str, object] = {
        "NaN": [signals[1], np.where(np.arange(6)[:, None] == 3, np.nan, x)],
        "infinity": np.where(np.arange(6)[:, None] == 2, np.inf, x),
        "too few channels": [x, x[:, :2]],
        "an empty set": [],
        "a sequence without time steps": [x, x[:0]],
        "complex numbers": [x + 1j],
        "text": [x, np.array([["a", "b", "c"]])],
        "a number": 3.0,
    }
    for what, X in bad.items():
        try:
            model.transform(X)
        except InputError:
            continue
        raise AssertionError(f"{what} as input raises no InputError; call self.checked_signals(X) in your transform")


def _check_configuration(model: Reservoir, signals: list[np.ndarray]) -> None:
    about = config(model)
    text = json.dumps(about)
    require(
        " at 0x" not in text,
        "a parameter has a representation with a memory address, so a recording cannot compare it; use numbers, text, "
        "tuples, estimators or dataclasses as parameters",
    )
    params = json.loads(text)["params"]
    if all(map(_is_plain, params.values())):
        again = type(model)(**{name: tuple(v) if isinstance(v, list) else v for name, v in params.items()})
        require(
            config(again) == about
            and np.array_equal(model.fit(signals).transform(signals[2]), again.fit(signals).transform(signals[2])),
            "a model made from its parameters in JSON gives other states; accept tuples where a parameter is an array",
        )


def _is_plain(value: object) -> bool:
    """Return whether a parameter from a configuration is no estimator, dataclass or large array."""
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return not isinstance(value, dict) and not (isinstance(value, str) and value.endswith((")", ">")))


def _check_controls(model: Reservoir, signals: list[np.ndarray]) -> None:
    own = model.control_parameters(_N_CHANNELS)
    require(
        {"squares", "static"} <= set(own),
        f"control_parameters returns {sorted(own)}; return the parameters of 'squares' and 'static'",
    )
    controls = model.own_controls()
    try:
        controls = {**controls, "no-recurrence": model.without_recurrence()}
    except InputError:
        pass  # the model has no connections
    for name, control in controls.items():
        require(isinstance(control, Reservoir), f"the control '{name}' is a {type(control).__name__}; use a Reservoir")
        clone(control).fit(signals).transform(signals[2])


def _check_stream(model: Reservoir, signals: list[np.ndarray]) -> None:
    long = signals[4]
    whole, stream = model.fit(signals).transform(long), model.stream()
    for cuts in _CUTS:
        stream.reset()
        chunked = np.concatenate([stream.run(chunk) for chunk in np.split(long, cuts)])
        require(
            _near(whole, chunked),
            f"the states of {len(long)} steps in chunks cut at {cuts} differ from those of transform; return from "
            "advance everything that the next chunk needs as the state",
        )
    stream.reset()
    stream.run(long[:20])[:] = 99
    require(
        _near(whole[20:], stream.run(long[20:])),
        "the final state shares memory with the returned states; return a copy, such as states[-1].copy()",
    )
    stream.reset()
    steps = np.stack([stream.step(u) for u in long[:5]])
    require(_near(whole[:5], steps), "step gives other states than transform; accept chunks of a single time step")


CHECKS: dict[str, Callable[[Reservoir, list[np.ndarray]], None]] = {
    "parameters": _check_parameters,
    "fit": _check_fit,
    "input unchanged": _check_unchanged,
    "seed": _check_seed,
    "shapes and dtype": _check_shapes,
    "start at rest": _check_rest,
    "order and batches": _check_order,
    "states_at": _check_rows,
    "observe": _check_observe,
    "input errors": _check_input_errors,
    "configuration": _check_configuration,
    "controls": _check_controls,
    "stream": _check_stream,
}
"""The checks by name, in the order in which they run."""
