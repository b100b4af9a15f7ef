"""What comes back: outputs of the step before as more channels of input, given by a teacher or by a readout.

W_fb y is one more product with a row that is known when the step begins, so a network with feedback is a network
with the input [u_t, y_{t-1}] and the weights [W_in, W_fb]; the kernels need not know.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from millpond.reservoir import DivergenceWarning, Sequences, checks
from millpond.reservoir.arrays import array as as_array
from millpond.reservoir.arrays import is_array, unpacked

if TYPE_CHECKING:
    from millpond.esn.network import EchoStateNetwork

_HUGE = 1e6  # times the largest output that was taught


def n_outputs(model: EchoStateNetwork, X: Any, y: Any) -> int:
    """Return the number of outputs that come back to `model`: 0 without feedback, else that of W_fb or of y."""
    if model.W_fb is not None:
        return int(checks.matrix("W_fb", model.W_fb, (None, None)).shape[1])
    if not checks.number("feedback_scaling", model.feedback_scaling, 0):
        return 0
    return _teacher(X, y)[0].shape[1]


def joined(model: EchoStateNetwork, signals: list[np.ndarray], X: Any, y: Any) -> list[np.ndarray]:
    """Return the rows [u_t, y_{t-1}] for each signal, from y = 0; without feedback the signals alone."""
    if not model._n_outputs:
        return signals
    rows, teachers = [], _teacher(X, y)
    if len(teachers) != len(signals):
        raise checks.InputError(f"y has {len(teachers)} sequences, but X has {len(signals)}; give one for each")
    for i, (u, teacher) in enumerate(zip(signals, teachers, strict=True)):
        if teacher.shape != (len(u), model._n_outputs):
            raise checks.InputError(
                f"y of sequence {i} has shape {teacher.shape}, but ({len(u)}, {model._n_outputs}) is needed; "
                "give a row of outputs for each step"
            )
        rows.append(beside(u, teacher, np.zeros(model._n_outputs), model.state_dtype))
    return rows


def refuse(reservoir: Any, where: str) -> None:
    """Raise InputError if an unfitted reservoir within another model has feedback."""
    scaling: Any = getattr(reservoir, "feedback_scaling", 0)
    if scaling or getattr(reservoir, "W_fb", None) is not None:
        raise checks.InputError(
            f"{where} cannot have feedback, because its parts receive no outputs; leave feedback_scaling and W_fb out"
        )


def beside(U: np.ndarray, Y: np.ndarray, before: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return U (n_steps, n_channels) beside Y one step late, after the row `before`."""
    return np.ascontiguousarray(np.hstack([U, np.vstack([before, Y[:-1]])]), dtype=dtype)


def check_heard(model: EchoStateNetwork, rows: np.ndarray) -> None:
    """Raise InputError if a network with feedback receives only inputs."""
    if rows.shape[1] != model.n_features_in_ + model._n_outputs:
        raise checks.InputError(
            "a network with feedback needs the previous outputs; give the targets (transform(X, y)), "
            "or run it on its own outputs with millpond.esn.ClosedLoop(model, readout)"
        )


def _teacher(X: Any, y: Any) -> list[np.ndarray]:
    if y is None:
        y = X.targets if isinstance(X, Sequences) else None
    if y is None:
        raise checks.InputError(
            "a network with feedback needs the targets y (teacher forcing); give them to fit and transform, or W_fb to "
            "fit without them, and run it on its own outputs with millpond.esn.ClosedLoop(model, readout)"
        )
    X = X.signals if isinstance(X, Sequences) else unpacked(X)
    y = as_array(y, "y") if is_array(y) else y
    several = not isinstance(X, np.ndarray) or X.ndim == 3
    parts = [as_array(part, f"y of sequence {i}") for i, part in enumerate(y)] if several else [as_array(y, "y")]
    columns = [part[:, None] if part.ndim == 1 else part for part in parts]
    return [checks.signal(part, f"y of sequence {i}") for i, part in enumerate(columns)]


class ClosedLoop:
    """A run of a fitted network on the outputs of a readout.

    A network with feedback (W_fb) hears them beside its input; one without, as its input: what it predicts is what
    it hears next. The loop remembers where it stands: one run equals two halves, to the bit. After an error it stands
    where it stood before the call; a readout that learns keeps what it has learnt until then.

    Parameters
    ----------
    model : EchoStateNetwork or other Reservoir, fitted
    readout : object with ``predict(states)``
        Fitted to give the output of a step from its state; for `learn`, also with ``step(state, target)``, as
        `readout.RLS` and `readout.LMS` have it.

    Examples
    --------
    >>> from millpond.esn import EchoStateNetwork
    >>> from sklearn.linear_model import Ridge
    >>> y = np.sin(np.arange(300) / 5)[:, None]
    >>> model = EchoStateNetwork(n_units=50, random_state=0)
    >>> states = model.fit_transform(y[:-1])
    >>> loop = ClosedLoop(model, Ridge(alpha=1e-8).fit(states[50:], y[51:]))
    >>> _ = loop.teach(y[:250])
    >>> bool(np.abs(loop.run(50) - y[250:]).max() < 0.05)
    True
    """

    def __init__(self, model: EchoStateNetwork, readout: Any) -> None:
        model.check_fitted()
        if not getattr(model, "_n_outputs", 0):
            model.stream()  # raises if a model cannot run step by step
        self._model, self._readout = model, readout
        self._n_outputs = getattr(model, "_n_outputs", 0) or model.n_features_in_
        self._n_inputs = model.n_features_in_ + getattr(model, "_n_outputs", 0) - self._n_outputs
        self.reset()

    def reset(self) -> None:
        """Go back to rest, and to outputs of zero."""
        self._state = self._model.initial_state()
        self._y = np.zeros(self._n_outputs)
        self._largest = 0.0

    def teach(self, *signals: Any) -> np.ndarray:
        """Go on with given outputs in place of the readout's: ``teach(U, Y)``, without inputs ``teach(Y)``.

        Returns
        -------
        states : ndarray (n_steps, n_units)
            That of step t has heard y of step t - 1.
        """
        U, Y = self._rows(*signals)
        states, state = self._model.advance(beside(U, Y, self._y, self._model.state_dtype), self._state)
        self._model.check_finite(states, "the run diverged: its state")
        self._state, self._y = state, Y[-1].copy()
        return np.asarray(states)

    def run(self, U: Any) -> np.ndarray:
        """Go on with the inputs U (n_steps, n_channels), or for a number of steps; return outputs (n_steps, n_outputs).

        Raises
        ------
        InputError
            Outputs that are not finite: the loop diverged.
        """
        return self._go(self._inputs(U), None)

    def learn(self, *signals: Any) -> np.ndarray:
        """Go on while the readout learns to give Y: FORCE; ``learn(U, Y)``, without inputs ``learn(Y)``.

        What comes back is the readout's own output, before the correction of the step; fast corrections (RLS)
        keep it close to the target from the first steps on (Sussillo and Abbott 2009,
        doi:10.1016/j.neuron.2009.07.018; there with the state before the nonlinearity).

        Parameters
        ----------
        U, Y : ndarray (n_steps, n_channels), ndarray (n_steps, n_outputs)

        Returns
        -------
        outputs : ndarray (n_steps, n_outputs)
        """
        return self._go(*self._rows(*signals))

    def _go(self, U: np.ndarray, Y: np.ndarray | None) -> np.ndarray:
        outputs = np.empty((len(U), self._n_outputs))
        state, y, largest = self._state, self._y, max(1.0, self._largest)
        for t, u in enumerate(U):
            row = np.concatenate([u, y])[None].astype(self._model.state_dtype)
            states, state = self._model.advance(row, state)
            y = np.ravel(self._readout.predict(states) if Y is None else self._readout.step(states[0], Y[t]))
            if y.size != self._n_outputs:
                raise checks.InputError(
                    f"the readout gives {y.size} output(s), but this loop feeds back {self._n_outputs}; "
                    "fit it to targets with as many columns"
                )
            if not np.isfinite(y).all():
                raise checks.InputError(
                    f"the loop diverged: its output is not finite at step {t}; train with noise or a larger penalty"
                )
            outputs[t] = y
        self._state, self._y = state, y
        size = float(np.abs(outputs).max(initial=0.0))
        if size > _HUGE * largest:
            warnings.warn(
                f"the loop diverges: its outputs reach {size:.1e}, but the targets at most {largest:.1e}; "
                "train with noise or a larger penalty", DivergenceWarning, stacklevel=3,
            )  # fmt: skip
        return outputs

    def _inputs(self, U: Any) -> np.ndarray:
        if not self._n_inputs:
            return np.empty((checks.integer("the number of steps", U, 1), 0))
        return checks.signal(U, "U", self._n_inputs, self._model.state_dtype, "this loop")

    def _rows(self, *signals: Any) -> tuple[np.ndarray, np.ndarray]:
        if len(signals) != 1 + bool(self._n_inputs):
            raise checks.InputError(
                f"{len(signals)} signal(s) given, but this loop takes {'U and Y' if self._n_inputs else 'only Y'}"
            )
        Y = np.asarray(signals[-1])
        Y = checks.signal(Y[:, None] if Y.ndim == 1 else Y, "Y", self._n_outputs, np.float64, "this loop")
        U = self._inputs(signals[0] if self._n_inputs else len(Y))
        if len(U) != len(Y):
            raise checks.InputError(f"U has {len(U)} steps, but Y has {len(Y)}; give one row of each for each step")
        self._largest = max(self._largest, float(np.abs(Y).max()))
        return U, Y
