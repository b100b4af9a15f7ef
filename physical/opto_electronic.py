"""Light in a fibre loop with a sine modulator: the delay line whose nodes have no inertia."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone

from millpond.physical.masks import mask_of
from millpond.reservoir import Reservoir, checks
from millpond.reservoir.compiled import njit


class OptoElectronicNode(Reservoir):
    r"""An intensity modulator fed by its own output, one loop of fibre ago.

    .. math:: x(n) = \sin(\alpha\, x(n - N - k) + \beta\, m\, u + \varphi)

    n counts virtual nodes: N of them make a row of input u, which is held meanwhile, and m is the mask of the
    node whose turn it is. The loop is k nodes longer than a row, so that node i hears node i - k of the row
    before: without that (k = 0) every node would hear itself alone. Paquot et al. (2012), doi:10.1038/srep00287.

    Parameters
    ----------
    n_units : int
        N; taken from `mask` where that is given.
    alpha : float
        Strength of the feedback.
    beta : float
        Strength of the input.
    phi : float
        Working point of the modulator (rad); 0 makes an odd system, which cannot multiply two inputs.
    shift : int
        k, from 0 to N.
    mask_levels : int
        The mask is drawn from as many evenly spaced levels between plus and minus 1 / sqrt(n_channels).
    mask : array (n_units, n_channels), optional
        The mask, taken as it is.
    random_state : int or numpy.random.Generator, optional
        Draws the mask.

    Attributes
    ----------
    mask_ : ndarray (n_units, n_channels)
    n_units_, n_features_in_ : int

    Raises
    ------
    InputError
        A parameter outside its range.

    Notes
    -----
    Sequences start in a dark loop, x = 0.

    Examples
    --------
    >>> loop = OptoElectronicNode(random_state=0).fit(np.ones((10, 1)))
    >>> loop.transform(np.ones((10, 1))).shape
    (10, 50)
    """

    def __init__(
        self,
        *,
        n_units: int = 50,
        alpha: float = 0.8,
        beta: float = 0.5,
        phi: float = 0.3,
        shift: int = 1,
        mask_levels: int = 101,
        mask: Any = None,
        random_state: checks.RandomState = None,
    ) -> None:
        self.n_units = n_units
        self.alpha = alpha
        self.beta = beta
        self.phi = phi
        self.shift = shift
        self.mask_levels = mask_levels
        self.mask = mask
        self.random_state = random_state

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
        alpha, phi = checks.number("alpha", self.alpha), checks.number("phi", self.phi)
        self.mask_ = mask_of(self.mask, self.n_units, self.mask_levels, self.n_features_in_, streams[0])
        self.n_units_ = len(self.mask_)
        self.unit_positions_ = None
        self._shift = checks.integer("shift", self.shift)
        if self._shift > self.n_units_:
            raise checks.InputError(
                f"shift is {self._shift}, but it can be at most n_units = {self.n_units_}; give a smaller one"
            )
        self._loop = alpha, self.mask_ * checks.number("beta", self.beta), phi

    def initial_state(self) -> np.ndarray:
        """Return the state at rest."""
        return np.zeros(self.n_units_ + self._shift)  # what is in the loop, the oldest first

    def advance(self, U: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the states of the rows U and the final state."""
        run = np.empty(state.size + len(U) * self.n_units_)
        run[: state.size] = state
        _run(*self._loop, U, run)
        return run[state.size :].reshape(len(U), -1).copy(), run[-state.size :].copy()

    def without_recurrence(self) -> OptoElectronicNode:
        """Return an unfitted copy without feedback: the sine of the masked input alone."""
        return clone(self).set_params(alpha=0.0)

    def operations(self) -> dict[str, int]:
        """Return what one step costs."""
        return {"multiply_adds": self.mask_.size + self.n_units_, "activations": self.n_units_}

    def cite(self) -> list[str]:
        """Return the paper this model stands on."""
        return ["Paquot et al. (2012), Scientific Reports 2:287, doi:10.1038/srep00287"]


@njit(cache=True, nogil=True, error_model="numpy")
def _run(alpha, drive, phi, U, run):  # type: ignore[no-untyped-def]
    """Fill `run`, in which the content of the loop stands first, behind it."""
    n_units, n_channels = drive.shape
    loop = run.size - len(U) * n_units
    n = 0
    for t in range(len(U)):
        for i in range(n_units):
            phase = alpha * run[n] + phi
            for c in range(n_channels):
                phase += drive[i, c] * U[t, c]
            run[n + loop] = np.sin(phase)
            n += 1


def run_plain(model: OptoElectronicNode, U: np.ndarray) -> np.ndarray:
    """Return the states (n_steps, n_units) of `U` from rest: the same computation, row by row in numpy."""
    alpha, drive, phi = model._loop
    k, n = model._shift, model.n_units_
    before, last, states = np.zeros(n), np.zeros(n), []
    for u in U:
        heard = np.concatenate([before[n - k :], last[: n - k]])
        before, last = last, np.sin(alpha * heard + drive @ u + phi)
        states.append(last)
    return np.array(states)
