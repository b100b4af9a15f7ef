"""Connections that the user gives, such as those of a connectome."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from millpond.lsm.units import si_array
from millpond.reservoir import checks

_UNITS = {"weight": "A", "delay": "s", "U": "", "D": "s", "F": "s", "tau": "s"}


@dataclass(frozen=True, eq=False, repr=False)
class Connections:
    """The synapses between the neurons of a liquid.

    Values in SI units or Brian2 quantities; one number is the value of all synapses. What is left out is drawn or taken
    from the preset of the liquid, by the types of the two neurons. Two neurons may have several synapses.

    Parameters
    ----------
    pre, post : array of int (n_synapses,)
        Neurons, from 0.
    weight : float or array (n_synapses,)
        A (ampere), negative for inhibition. With static synapses, this is the whole step of the current.
    delay : float or array (n_synapses,), optional
        In s.
    U, D, F : float or array (n_synapses,), optional
        Utilisation, recovery time (s) and facilitation time (s) of dynamic synapses.
    tau : float or array (n_synapses,), optional
        Decay of the synaptic current (s): one value for all positive weights, and one for all negative weights.
    n_neurons : int, optional
        The default is the largest index plus 1.
    positions : array (n_neurons, 3), optional
        In m. The default is a grid.
    dale : bool
        Require Dale's law: all weights from a neuron have the same sign.

    Raises
    ------
    InputError
        A neuron does not exist, a value is not finite or outside its range, or a neuron violates Dale's law.

    Notes
    -----
    A neuron is inhibitory if more of its weights are negative than positive.
    """

    pre: Any
    post: Any
    weight: Any
    delay: Any = None
    U: Any = None
    D: Any = None
    F: Any = None
    tau: Any = None
    n_neurons: Any = None
    positions: Any = None
    dale: bool = True

    def __post_init__(self) -> None:
        put = object.__setattr__  # the fields are frozen after this method
        pre, post = (checks.matrix(name, getattr(self, name), (None,)) for name in ("pre", "post"))
        if len(pre) != len(post):
            raise checks.InputError(f"pre has {len(pre)} entries, but post has {len(post)}; give both for each synapse")
        n = int(max(pre.max(initial=0), post.max(initial=0))) + 1
        n = n if self.n_neurons is None else checks.integer("n_neurons", self.n_neurons, 1)
        put(self, "n_neurons", n)
        order = np.lexsort((post, pre))
        for name, values in (("pre", pre), ("post", post)):
            bad = np.flatnonzero((values < 0) | (values >= n) | (values != np.floor(values)))
            if len(bad):
                raise checks.InputError(
                    f"{name}[{bad[0]}] is {values[bad[0]]:g}, but neurons are whole numbers from 0 to {n - 1}; "
                    "correct the index, or set n_neurons"
                )
            put(self, name, _frozen(values[order].astype(np.int32)))
        for name, unit in _UNITS.items():
            if getattr(self, name) is not None:
                put(self, name, _frozen(self._values(name, unit, len(pre))[order]))
        if self.positions is not None:
            put(self, "positions", _frozen(checks.matrix("positions", self.positions, (n, 3))))
        self._check_signs()

    def _values(self, name: str, unit: str, n: int) -> np.ndarray:
        """Return the values of all synapses in SI units."""
        given = si_array(name, getattr(self, name), unit)
        values = np.full(n, given, float) if np.ndim(given) == 0 else checks.matrix(name, given, (n,))
        low, high = (-np.inf if name == "weight" else 0.0), (1.0 if name == "U" else np.inf)
        bad = np.flatnonzero(~np.isfinite(values) | (values <= low) | (values > high))
        if len(bad):
            allowed = "finite" if name == "weight" else "greater than 0" + (" and at most 1" if name == "U" else "")
            raise checks.InputError(f"{name}[{bad[0]}] is {values[bad[0]]:g}, but it must be {allowed}; correct it")
        return values

    def _check_signs(self) -> None:
        up, down = (np.bincount(self.pre[sign], minlength=self.n_neurons) for sign in (self.weight > 0, self.negative))
        both = np.flatnonzero((up > 0) & (down > 0))
        if self.dale and len(both):
            one = both[0]
            raise checks.InputError(
                f"neuron {one} has {up[one]} positive and {down[one]} negative weights, but Dale's law allows one; "
                "correct the weights, or set dale=False"
            )
        if self.tau is None:
            return
        for name, chosen in (("positive", ~self.negative), ("negative", self.negative)):
            if chosen.any() and np.ptp(self.tau[chosen]) > 0:
                raise checks.InputError(
                    f"tau has several values for {name} weights, but they share one current; give one value"
                )

    @property
    def negative(self) -> np.ndarray:
        """Which synapses are inhibitory, bool (n_synapses,)."""
        return np.asarray(self.weight < 0)

    @property
    def inhibitory(self) -> np.ndarray:
        """Which neurons are inhibitory, bool (n_neurons,)."""
        return np.bincount(self.pre, np.sign(self.weight), self.n_neurons) < 0

    def __repr__(self) -> str:
        digest = hashlib.sha256()
        for field in fields(self):
            value = getattr(self, field.name)
            digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
        return f"<Connections: {len(self.pre)} of {self.n_neurons} neurons, {digest.hexdigest()[:16]}>"


def connections(given: Any) -> Connections:
    """Return `Connections`, or those of a square scipy sparse matrix: entry (i, j) is the weight from i to j (A)."""
    if isinstance(given, Connections):
        return given
    if not hasattr(given, "tocoo"):
        raise checks.InputError(
            f"connections is a {type(given).__name__}, but lsm.Connections or a scipy sparse matrix is needed; give one"
        )
    if len(given.shape) != 2 or given.shape[0] != given.shape[1]:
        raise checks.InputError(f"connections has the shape {given.shape}, but it must be square; give (n, n)")
    entries = given.tocoo()
    rows, columns = entries.coords if hasattr(entries, "coords") else (entries.row, entries.col)
    return Connections(rows, columns, entries.data, n_neurons=given.shape[0])


def _frozen(values: np.ndarray) -> np.ndarray:
    values = values.copy()
    values.flags.writeable = False
    return values
