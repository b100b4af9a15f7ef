"""A liquid with its clock and its coder: sequences in, spikes out, on any engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from millpond.lsm import alarms, kernel, noise, standalone
from millpond.lsm.coding import Volley
from millpond.lsm.interpreted import Interpreted
from millpond.lsm.liquid import Liquid
from millpond.reservoir import checks
from millpond.reservoir.spike_trains import SpikeRows


@dataclass(frozen=True, eq=False)
class Run:
    """What a run shows.

    Attributes
    ----------
    steps, units : ndarray of int32 (n_spikes,)
        Ordered by step, counted from the first row.
    potentials : ndarray (n_rows, n_neurons) or None
        At the end of each row (V).
    n_input, n_dropped : float
        Spikes on the input lines, and those that did not fit there.
    """

    steps: np.ndarray
    units: np.ndarray
    potentials: np.ndarray | None
    n_input: float
    n_dropped: float


@dataclass(frozen=True, eq=False)
class Machine:
    """A liquid that can be run.

    Attributes
    ----------
    liquid : Liquid
    coder : a coder of `millpond.lsm.coding`
    n_channels : int
    dt : float
        In s.
    n_sub : int
        Steps in a row.
    seed : int
        Of the noise.
    """

    liquid: Liquid
    coder: Any
    n_channels: int
    dt: float
    n_sub: int
    seed: int

    @cached_property
    def _prepared(self) -> kernel.Prepared:
        return kernel.prepared(self.liquid, self.dt)

    @cached_property
    def _interpreted(self) -> Interpreted:
        return Interpreted(self.liquid, self.dt, self.n_sub)

    def tried(self) -> None:
        """Let Brian2 make the network once, so that equations it cannot run are found before they are needed."""
        try:
            _ = self._interpreted
        except Exception as error:
            innermost: BaseException = error
            while (inner := innermost.__cause__ or innermost.__context__) is not None:
                innermost = inner
            raise checks.InputError(
                f"Brian2 cannot run these neurons and synapses ({' '.join(str(innermost).split())}); "
                "correct their equations, constants or start"
            ) from error

    def __getstate__(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}  # what is made of them is made again

    @property
    def highest(self) -> float:
        """Mean of the highest rates that the refractory times allow, 500 Hz for a neuron that has none (Hz)."""
        held = self._prepared.refractory * self.dt
        return float((1 / np.where(held > 0, held, 2e-3)).mean())

    def key(self, U: np.ndarray) -> int:
        """Return the key of the noise of the sequence U: of its first row, or of all its spikes."""
        if isinstance(U, SpikeRows):
            return noise.key_of(self.seed, np.concatenate([U.trains.times, U.trains.units]))
        return noise.key_of(self.seed, U[0])

    def volley(self, U: np.ndarray) -> Volley:
        """Return the input spikes of the sequence U."""
        return self.coder.encode(U, self.coder.rest(self.n_channels), self.n_sub, self.dt)[0]

    def rest(self) -> tuple[Any, Any, int | None]:
        """Return the state before the first row: of the coder, of the liquid, and the key of the noise."""
        return self.coder.rest(self.n_channels), None, None

    def advance(self, U: np.ndarray, state: tuple[Any, Any, int | None]) -> tuple[Run, tuple[Any, Any, int | None]]:
        """Go on from `state`, which stays as it is: on numba, or where it has not the model, in Brian2's numpy."""
        phases, at, key = state
        key = self.key(U) if key is None else key
        volley, phases = self.coder.encode(U, phases, self.n_sub, self.dt)
        if self.liquid.stock:
            at = kernel.rest(self._prepared, key) if at is None else at
            steps, units, potentials, at = kernel.run(self._prepared, at, volley, self.n_sub)
        else:
            steps, units, potentials, at = self._interpreted.run(at, volley, key)
        amount = volley.amount(self.n_sub * self.dt)
        return Run(steps, units, potentials, amount, volley.dropped), (phases, at, key)

    def runs(self, signals: list[np.ndarray], engine: str, membrane: bool, n_jobs: int) -> list[Run]:
        """Return the run of each sequence from rest."""
        if engine == "brian2" and standalone.compiler():
            return self._compiled(signals, membrane, n_jobs)
        if engine == "brian2":
            alarms.no_compiler(self.liquid.stock)
        with ThreadPoolExecutor(n_jobs if self.liquid.stock else 1) as pool:
            return list(pool.map(lambda U: self.advance(U, self.rest())[0], signals))

    def _compiled(self, signals: list[np.ndarray], membrane: bool, n_jobs: int) -> list[Run]:
        volleys = [self.volley(U) for U in signals]
        keys = [self.key(U) for U in signals]
        found = standalone.run(self.liquid, self.dt, self.n_sub, volleys, keys, membrane, n_jobs)
        return [
            Run(*run, volley.amount(self.n_sub * self.dt), volley.dropped)
            for run, volley in zip(found, volleys, strict=True)
        ]
