"""The interface of a reservoir: it maps each time step of input to one row of states."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from millpond.reservoir import checks, promises
from millpond.reservoir.sequences import as_signals, like


class Reservoir(TransformerMixin, BaseEstimator):
    """A fixed dynamical system driven by a signal; a scikit-learn transformer.

    A subclass stores its parameters in ``__init__`` as given and implements three methods:

    ``build(signals, streams)``
        Draw the fixed weights for the channels of `signals` from the random generators `streams`,
        and set ``n_units_`` and ``unit_positions_`` (m, or None).
    ``initial_state()``
        Return the state at rest.
    ``advance(U, state)``
        Return the states (n_steps, n_units) of the chunk U (n_steps, n_channels) and the final state.
        The method must not modify `state`.

    A subclass that is faster on many sequences at once also overrides ``transform_batch(signals)``. A subclass with
    further output, such as spikes, lists it in ``shows`` and overrides ``observe``.
    """

    shows: ClassVar[tuple[str, ...]] = ()
    """The output of `observe` in addition to the states: any of "spikes" and "frames".

    With "frames" the model has the parameter ``frames_every`` (time steps from one stored frame to the next,
    starting with the first time step) and the fitted ``frame_shape_`` (height, width).
    """

    standardize_input: ClassVar[bool] = True
    """Whether comparisons standardise the input channels; False for recorded states, which are found by their input."""

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights.

        Parameters
        ----------
        signals : list of ndarray (n_steps, n_channels)
            The checked training signals. ``n_features_in_`` is set already.
        streams : list of Generator
            Eight independent random generators, made from ``random_state``.
        """
        raise NotImplementedError

    def initial_state(self) -> Any:
        """Return the state at rest: any object that `advance` accepts."""
        raise NotImplementedError

    def advance(self, U: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
        """Process a chunk of one sequence.

        Parameters
        ----------
        U : ndarray (n_steps, n_channels) of dtype `state_dtype`
            The input. The method must not modify it.
        state : object
            The state before the chunk, from `initial_state` or the previous call. The method must not modify it.

        Returns
        -------
        states : ndarray (n_steps, n_units) of dtype `state_dtype`
        state : object
            The state after the chunk.
        """
        raise NotImplementedError

    def fit(self, X: Any, y: Any = None) -> Reservoir:
        """Draw the fixed weights for the channels of X.

        Parameters
        ----------
        X : ndarray (n_steps, n_channels), list of those, ndarray (n_sequences, n_steps, n_channels) or Sequences
        y : ignored

        Raises
        ------
        InputError
            A parameter or a signal that cannot be used.
        """
        check_methods(type(self))
        self.__dict__.pop("n_features_in_", None)
        signals = self.checked_signals(X)
        self.n_features_in_ = signals[0].shape[1]
        # a fixed number of streams: a stream that a later version adds must not change the others
        self.__dict__.pop("n_units_", None)
        self.build(signals, checks.generator(getattr(self, "random_state", None)).spawn(8))
        promises.check_built(self)
        return self

    def transform(self, X: Any) -> Any:
        """Return the states of each sequence, starting at rest, in the same container as X.

        Parameters
        ----------
        X : ndarray (n_steps, n_channels), list of those, ndarray (n_sequences, n_steps, n_channels) or Sequences

        Returns
        -------
        states : as X, with n_units columns
            One row for each time step of the input.

        Raises
        ------
        InputError
            A signal is empty, not finite or has another number of channels. The message names the time step.
        """
        self.check_fitted()
        return like(X, self._states(self.checked_signals(X)))

    def states_at(self, X: list[np.ndarray], rows: list[np.ndarray]) -> list[np.ndarray]:
        """Return the states of each sequence at the time steps `rows` (ascending) only.

        A subclass overrides this method if it can avoid computing the other states.
        """
        return [states[at] for states, at in zip(self.transform(X), rows, strict=True)]

    def observe(self, X: Any) -> dict[str, list]:
        """Return all output for each sequence of X: ``states`` and the output that `shows` lists.

        ``spikes`` are pairs (times in s, unit indices); ``frames`` are uint8 arrays (n_frames, height, width).
        """
        self.check_fitted()
        return {"states": self._states(self.checked_signals(X))}

    def stream(self) -> Stream:
        """Return a run that starts at rest and processes a signal in chunks."""
        self.check_fitted()
        return Stream(self)

    def learnt(self) -> dict[str, Any]:
        """Return the arrays and plain data that `fit` computed from the values of its signals; empty for most models.

        Everything else follows from the parameters, the number of channels and the random seed.
        """
        return {}

    def restore(self, learnt: dict[str, Any]) -> None:
        """Set what `learnt` returned for another fit of the same parameters to signals with the same channels."""

    def without_recurrence(self) -> Reservoir:
        """Return an unfitted copy without recurrent connections."""
        raise checks.InputError(
            f"{type(self).__name__} has no recurrence that can be switched off; leave this control out"
        )

    def own_controls(self) -> dict[str, Reservoir]:
        """Return the unfitted controls that only this model has, by name."""
        return {}

    def operations(self) -> dict[str, int]:
        """Return the number of operations per time step, by kind; empty if unknown."""
        return {}

    def cite(self) -> list[str]:
        """Return the papers this model is based on."""
        return []

    def control_parameters(self, n_channels: int) -> dict[str, dict[str, Any]]:
        """Return the parameters of the controls "squares" and "static" that a comparison adds to this model.

        "squares" are leaky integrators with a ``leak_rate`` and their squares; "static" are random features of each
        time step, ``tanh(W u + b)``, with W uniform in +-``input_scaling`` and b in +-``bias_scaling``. A subclass
        whose units sum their input with known weights overrides this, so that its controls receive the input at the
        same scale. These values suit channels of variance 1.
        """
        return {"squares": {"leak_rate": 0.1}, "static": {"input_scaling": 1.5 / n_channels**0.5, "bias_scaling": 2.0}}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        assert tags.transformer_tags is not None
        tags.transformer_tags.preserves_dtype = [str(self.state_dtype)]
        return tags

    @property
    def state_dtype(self) -> np.dtype:
        """The dtype of inputs and states: the parameter ``dtype`` if there is one, otherwise float64."""
        return np.dtype(checks.option("dtype", getattr(self, "dtype", "float64"), ("float64", "float32")))

    def check_fitted(self) -> None:
        """Raise scikit-learn's NotFittedError before `fit`."""
        if not hasattr(self, "n_units_"):  # the check of scikit-learn takes as long as 200 steps of 100 units
            check_is_fitted(self)

    def check_finite(self, states: np.ndarray, where: str) -> None:
        """Raise InputError, with the time step, if the states (n_steps, n_units) are not finite.

        A subclass overrides this method to name the parameter that causes the divergence.
        """
        checks.finite(states, where)

    def checked_signals(self, X: Any) -> list[np.ndarray]:
        """Return the signals in X as finite arrays with the fitted number of channels, or raise InputError.

        Before `fit` any number of channels is valid.
        """
        n_channels = getattr(self, "n_features_in_", None)
        who = "this model" if n_channels is None else type(self).__name__
        return as_signals(X, n_channels, self.state_dtype, who)

    def _states(self, signals: list[np.ndarray]) -> list[np.ndarray]:
        """Return the checked states of each checked signal; warn if they diverge."""
        states = self.transform_batch(signals)
        promises.check_batch(self, states, signals)
        promises.warn_if_huge(self, states, signals)
        return states

    def transform_batch(self, signals: list[np.ndarray]) -> list[np.ndarray]:
        """Return the states of each checked signal, on `n_jobs` threads if the model has this parameter.

        A subclass that is faster on many sequences at once overrides this method.
        """

        def one(i: int) -> np.ndarray:
            states, _ = promises.run(self, signals[i], self.initial_state(), check_state=not i)
            self.check_finite(states, f"the run of sequence {i} diverged: its state")
            return states

        return side_by_side(one, len(signals), getattr(self, "n_jobs", 1))


def check_methods(kind: type[Reservoir]) -> None:
    """Raise InputError unless the class `kind` implements the three methods of a substrate."""
    if hasattr(kind, "_build"):
        raise checks.InputError(
            f"{kind.__name__} defines _build, a name of an earlier version; rename _build, _rest, _run and _harvest to "
            "build, initial_state, advance and transform_batch"
        )
    missing = [
        name for name in ("build", "initial_state", "advance") if getattr(kind, name) is getattr(Reservoir, name)
    ]
    if missing:
        raise checks.InputError(
            f"{kind.__name__} does not implement {', '.join(missing)}, but a substrate needs build, initial_state "
            "and advance; add what is missing to the class"
        )


def side_by_side(one: Callable[[int], Any], n: int, n_jobs: Any) -> list:
    """Return [one(0), ..., one(n - 1)], computed on `n_jobs` threads."""
    n_jobs = checks.integer("n_jobs", n_jobs, 1)
    if min(n_jobs, n) <= 1:
        return [one(i) for i in range(n)]
    with ThreadPoolExecutor(n_jobs) as pool:
        return list(pool.map(one, range(n)))


class Stream:
    """One run of a fitted reservoir that keeps its state between calls.

    Examples
    --------
    >>> from millpond.esn import EchoStateNetwork
    >>> u = np.random.default_rng(0).normal(size=(6, 1))
    >>> esn = EchoStateNetwork(n_units=5, random_state=0).fit(u)
    >>> stream = esn.stream()
    >>> bool((np.vstack([stream.run(u[:4]), stream.run(u[4:])]) == esn.transform(u)).all())
    True
    """

    def __init__(self, model: Reservoir) -> None:
        self._model = model
        self.reset()

    def reset(self) -> None:
        """Return to the state at rest."""
        self._state, self._is_new, self._has_warned = self._model.initial_state(), True, False

    def run(self, U: Any) -> np.ndarray:
        """Process the chunk U (n_steps, n_channels); return its states (n_steps, n_units)."""
        model = self._model
        U = checks.signal(U, "the chunk", model.n_features_in_, model.state_dtype, type(model).__name__)
        states, state = promises.run(model, U, self._state, check_state=self._is_new)
        model.check_finite(states, "the run diverged: its state")
        self._state, self._is_new = state, False
        if not self._has_warned:
            self._has_warned = promises.warn_if_huge(model, [states], [U])
        return states

    def step(self, u: Any) -> np.ndarray:
        """Process one time step u (n_channels,); return the state (n_units,)."""
        return self.run(np.reshape(u, (1, -1)))[0]
