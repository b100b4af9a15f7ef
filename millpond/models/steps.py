"""Fitted steps of a pipeline as JSON data and arrays, and back."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from millpond.baseline import Ensemble, RecurrentNetwork
from millpond.esn import ClosedLoop
from millpond.models import drawn
from millpond.models.values import Rules, decoded, encoded, unfitted
from millpond.readout import LMS, RLS, Logistic, Pool, Ridge, RidgeClassifier
from millpond.reservoir import ChannelScaler, Reservoir, checks

_LINEAR = ("coef_", "intercept_", "penalty_", "n_features_in_", "_per_sequence")
_ONLINE = ("_weights", "n_features_in_", "_per_sequence", "_flat")
_FITTED: list[tuple[type, tuple[str, ...]]] = [
    (RidgeClassifier, (*_LINEAR, "classes_")),
    (Ridge, (*_LINEAR, "_flat", "symbols_")),
    (Logistic, (*_LINEAR, "classes_", "n_iter_")),
    (RLS, (*_ONLINE, "_n_seen", "_P", "_late")),
    (LMS, _ONLINE),
    (ChannelScaler, ("mean_", "scale_", "n_features_in_")),
    (Pool, ("n_features_in_",)),
]
"""Fitted attributes that are stored. The moments of ridge regression are not: they contain training data."""


class Packer:
    """Encode a fitted model; arrays are collected in `arrays`."""

    def __init__(self, known: tuple[type, ...] = ()) -> None:
        self.known = known
        self.arrays: list[np.ndarray] = []

    def step(self, model: Any) -> dict[str, Any]:
        """Return the JSON data of a fitted pipeline, reservoir, scaler, pooling, readout, network or loop."""
        if isinstance(model, Pipeline):
            return {"kind": "pipeline", "steps": [[name, self.step(each)] for name, each in model.steps]}
        if isinstance(model, ClosedLoop):
            return {"kind": "loop", "model": self.step(model._model), "readout": self.step(model._readout)}
        if isinstance(model, Reservoir):
            return self._reservoir(model)
        if isinstance(model, RecurrentNetwork):
            return {"kind": "network", "file": self._value(_bytes_of(model))}
        if isinstance(model, Ensemble):
            check_is_fitted(model)
            return {
                "kind": "ensemble", "model": self._value(clone(model).set_params(random_state=None)),
                "members": [self.step(m) for m in model.members_],
            }  # fmt: skip
        check_is_fitted(model)
        names = _fitted_names(model)
        fitted = {name: self._value(vars(model)[name]) for name in names if name in vars(model)}
        return {"kind": "fitted", "model": self._value(model), "fitted": fitted}

    def _value(self, value: Any) -> Any:
        return encoded(value, self.arrays, self.known)

    def _reservoir(self, model: Reservoir) -> dict[str, Any]:
        """Return parameters and checksums; check that the arrays can be drawn again."""
        model.check_fitted()
        kind, seed = type(model).__name__, model.get_params().get("random_state", 0)
        if not all(_repeatable(v) for k, v in model.get_params().items() if k.split("__")[-1] == "random_state"):
            raise checks.InputError(
                f"random_state of {kind} is {seed!r}, from which its weights cannot be drawn again; "
                "fit it with a whole number as random_state"
            )
        found = {
            "kind": "reservoir", "model": self._value(model), "n_channels": int(model.n_features_in_),
            "n_outputs": int(getattr(model, "_n_outputs", 0)), "n_units": int(model.n_units_),
            "learnt": self._value(model.learnt()), "drawn": drawn.summary(model),
        }  # fmt: skip
        again = _drawn_again(clone(model), found["n_channels"], found["n_outputs"], model.learnt())
        if drawn.summary(again)["crc"] != found["drawn"]["crc"]:
            raise checks.InputError(
                f"{kind} keeps data of its training signals that cannot be saved; "
                "its class has to return them in learnt() and set them in restore()"
            )
        return found


def _repeatable(seed: Any) -> bool:
    return isinstance(seed, int | np.integer) and not isinstance(seed, bool)


def _fitted_names(model: Any) -> tuple[str, ...]:
    for kind, names in _FITTED:
        if isinstance(model, kind):
            return names
    params = model.get_params(deep=False)
    return tuple(name for name in vars(model) if name not in params)


def _bytes_of(network: RecurrentNetwork) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.npz"
        network.save(path)
        return np.frombuffer(path.read_bytes(), np.uint8)


def _drawn_again(model: Any, n_channels: int, n_outputs: int, learnt: dict[str, Any]) -> Any:
    """Fit a reservoir to silence, which draws its arrays, and set what the other fit had learnt."""
    silence = np.zeros((2, n_channels))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about silence
        if n_outputs:
            model.fit(silence, np.zeros((2, n_outputs)))
        else:
            model.fit(silence)
        if learnt:
            model.restore(learnt)
    return model


class Unpacker:
    """Decode a fitted model from JSON data and arrays."""

    def __init__(self, arrays: list[np.ndarray], rules: Rules) -> None:
        self.arrays, self.rules = arrays, rules

    def step(self, told: Any, deep: int = 0) -> Any:
        """Return the fitted model of JSON data that `Packer.step` returned."""
        if deep > 20 or not isinstance(told, dict):
            raise checks.InputError("its description of a step is not valid")
        kind = told["kind"]
        if kind == "pipeline":
            steps = [(str(name), self.step(each, deep + 1)) for name, each in told["steps"]]
            _check_sizes([model for _, model in steps])
            return Pipeline(steps)
        if kind == "loop":
            return ClosedLoop(self.step(told["model"], deep + 1), self.step(told["readout"], deep + 1))
        if kind == "reservoir":
            return self._reservoir(told)
        if kind == "network":
            return _network_of(self._value(told["file"]))
        if kind == "ensemble":
            return self._ensemble(told, deep)
        if kind == "fitted":
            return self._fitted(told)
        raise checks.InputError(f"it contains a step of the unknown kind {kind!r:.40}")

    def _value(self, told: Any) -> Any:
        return decoded(told, self.arrays, self.rules)

    def _reservoir(self, told: dict[str, Any]) -> Reservoir:
        model = unfitted(told["model"], self.arrays, self.rules)
        if not isinstance(model, Reservoir):
            raise checks.InputError(f"{type(model).__name__} is not a reservoir")
        n_channels, n_outputs = checks.integer("n_channels", told["n_channels"], 1), told["n_outputs"]
        if max(n_channels, checks.integer("n_outputs", n_outputs)) > 10**5:
            raise checks.InputError(f"its reservoir has {n_channels} channels, but at most 100000 are allowed")
        _drawn_again(model, n_channels, n_outputs, self._value(told["learnt"]))
        if not drawn.alike(drawn.summary(model), told["drawn"]):
            raise checks.InputError(
                f"the weights of {type(model).__name__} that its seed draws differ from those that were saved; "
                "use the versions of numpy and millpond that wrote the file (they are in its model.json)"
            )
        return model

    def _ensemble(self, told: dict[str, Any], deep: int) -> Ensemble:
        model = unfitted(told["model"], self.arrays, self.rules)
        members = [self.step(each, deep + 1) for each in told["members"]]
        if not isinstance(model, Ensemble) or not members or not all(isinstance(m, RecurrentNetwork) for m in members):
            raise checks.InputError("its ensemble has no members that can be used")
        model.members_, first = members, members[0]
        model.classes_, model.n_features_in_ = first.classes_, first.n_features_in_
        for name in ("n_units_", "n_features_", "n_parameters_"):
            setattr(model, name, sum(getattr(m, name) for m in members))
        return model

    def _fitted(self, told: dict[str, Any]) -> Any:
        model = unfitted(told["model"], self.arrays, self.rules)
        own = type(model) not in self.rules.known
        allowed = _fitted_names(model) if own else None
        for name, value in told["fitted"].items():
            if allowed is not None and name not in allowed:
                raise checks.InputError(f"{type(model).__name__} has no fitted attribute {name!r:.40}")
            setattr(model, str(name), self._value(value))
        if isinstance(model, ChannelScaler):
            return ChannelScaler.restored(mean=model.mean_, scale=model.scale_, weights=model.weights)
        if own:
            _check_readout(model)
        return model


def _check_readout(model: Any) -> None:
    """Raise InputError if the arrays of a readout do not fit each other."""
    if isinstance(model, Ridge | RidgeClassifier | Logistic):
        checks.integer("n_features_in_", model.n_features_in_, 1)
        checks.matrix("coef_", model.coef_, (None, model.n_features_in_))
        checks.matrix("intercept_", model.intercept_, (len(model.coef_),))
        if hasattr(model, "classes_") and np.shape(model.classes_) != (len(model.coef_),):
            raise checks.InputError("its readout has another number of classes than of outputs")
    if isinstance(model, RLS | LMS):
        n = checks.integer("n_features_in_", model.n_features_in_, 1) + 1
        checks.matrix("_weights", model._weights, (None, n))
    if isinstance(model, RLS):
        checks.matrix("_P", model._P, (n, n))
        checks.matrix("_late", model._late, (3, n))


def _check_sizes(steps: list[Any]) -> None:
    """Raise InputError if a step of a pipeline returns another number of columns than the next one takes."""
    width: int | None = None
    for model in steps:
        wanted = getattr(model, "n_features_in_", None)
        if width is not None and wanted is not None and wanted != width:
            raise checks.InputError(
                f"{type(model).__name__} takes {wanted} columns, but the step before returns {width}"
            )
        if isinstance(model, Reservoir):
            width = model.n_units_
        elif isinstance(model, Pool):
            width = None if width is None else width * (model.n_segments if model.mode == "segments" else 1)
        elif not isinstance(model, ChannelScaler):
            width = None


def _network_of(content: Any) -> RecurrentNetwork:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.npz"
        path.write_bytes(np.asarray(content, np.uint8).tobytes())
        return RecurrentNetwork.load(path)
