"""Any liquid in Brian2's numpy target, a chunk at a time: slow, but it takes every model and needs no compiler."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from millpond.lsm import brian, plain
from millpond.lsm.coding import Volley
from millpond.lsm.liquid import Liquid


class Interpreted:
    """A network that is put back to where a run stood, moved on by a chunk, and read.

    Parameters
    ----------
    liquid : Liquid
    dt : float
        In s.
    n_sub : int
        Steps in a row.
    """

    def __init__(self, liquid: Liquid, dt: float, n_sub: int) -> None:
        from brian2 import NetworkOperation, second

        self._liquid, self._dt, self._n_sub = liquid, dt, n_sub
        self._network = brian.network(liquid, dt, n_sub, None, 0)
        self._neurons, self._spikes = self._network["neurons"], self._network["spikes"]
        self._network.add(NetworkOperation(self._row, dt=n_sub * dt * second, when="start"))
        self._potentials: list[np.ndarray] = []
        self._drive = np.empty((0, liquid.n_neurons))
        with _numpy_target():
            self._network.run(0 * second, namespace={})
        self._begin = self._kept()

    def run(
        self, state: Any, volley: Volley, key: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[int, dict[str, Any]]]:
        """Go on from `state` (None: from rest), as `kernel.run` does."""
        from brian2 import second

        t, kept = (0, self._begin) if state is None else state
        self._network._stored_state["chunk"] = kept  # as restore expects it: its own place is by name, for one run
        self._network.restore("chunk")
        if self._liquid.constants.noise:
            self._neurons.key = key
        if volley.levels is None:
            self._network["input"].set_spikes(volley.lines, (t + volley.steps) * self._dt * second)
        else:
            self._drive = plain.driving(volley.levels, self._liquid.W_in)
        self._potentials = []
        n_steps = len(volley.starts) - 1
        with _numpy_target():
            self._network.run(n_steps * self._dt * second, namespace={})
        steps = np.rint(np.asarray(self._spikes.t[:] / second) / self._dt).astype(np.int64) - t
        units = np.array(self._spikes.i[:], np.int32)
        potentials = np.array([*self._potentials[1:], np.array(self._neurons.v_[:])])
        return steps.astype(np.int32), units, potentials, (t + n_steps, self._kept())

    def _row(self) -> None:
        """Note the potentials at the start of a row and set what drives it."""
        if len(self._drive):
            self._neurons.drive_ = self._drive[len(self._potentials)]
        self._potentials.append(np.array(self._neurons.v_[:]))

    def _kept(self) -> dict[str, Any]:
        self._spikes.resize(0)  # they have been read: a stream would keep every spike for ever
        self._spikes.variables["N"].set_value(0)  # which resize leaves to who calls it
        self._network.store("chunk")
        return dict(self._network._stored_state["chunk"])


@contextmanager
def _numpy_target() -> Iterator[None]:
    """Keep Brian2 from compiling, which takes longer than what is run here."""
    from brian2 import prefs

    before = prefs.codegen.target
    prefs.codegen.target = "numpy"
    try:
        yield
    finally:
        prefs.codegen.target = before
