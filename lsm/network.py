"""The Liquid State Machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone

from millpond.lsm import alarms, drawing, wiring
from millpond.lsm.clockwork import raster
from millpond.lsm.coding import coder
from millpond.lsm.machine import Machine, Run
from millpond.lsm.models import NeuronModel, SynapseModel, models
from millpond.lsm.plasticity import adapted, rules
from millpond.lsm.presets import preset
from millpond.lsm.spikes import InputSpikes
from millpond.lsm.state import View, time_constants
from millpond.reservoir import Reservoir, checks

ENGINES = ("brian2", "numba")
DRAWN = ("inhibitory", "v0", "background", "pre", "post", "weight", "U", "D", "F", "delay", "W_in")


class LiquidStateMachine(Reservoir):
    r"""A column of spiking neurons with dynamic synapses; the state is its filtered spikes.

    .. math::
        \tau_m \dot v = -v + R (g_{exc} + g_{inh} + g_{in} + I_b), \quad \dot g = -g / \tau

    A spike where v passes the threshold, then reset and a refractory time. Synapses follow Markram, Wang and
    Tsodyks (1998), doi:10.1073/pnas.95.9.5323: a spike finds u and x, which decay to 0 and recover to 1 with
    F and D, and does u += U (1 - u), g += A u x, x -= u x. The column is that of Maass, Natschlaeger and
    Markram (2002), doi:10.1162/089976602760407955.

    Parameters
    ----------
    shape : three ints
        Sides of the column, in neurons.
    n_units : int, optional
        Number of neurons, in place of `shape`: a box as near to a cube as whole numbers allow.
    n_columns : int
        Columns with the same input and no connection between them; `n_units` counts the neurons of all.
    preset : {"maass2002", "azambuja2017", "delayed", "chain"}
        Connections and constants: `millpond.lsm.presets`.
    constants : dict, optional
        Constants of the preset to replace, as Brian2 quantities or in SI units: ``{"background": 13e-9}``.
    recurrent_gain : float
        Multiplies every A; 0 leaves the connections out.
    neurons : str or NeuronModel
        "lif", "lif-conductance", "adaptive-lif", "adex" or "izhikevich" (`lsm.models`), or equations of your own;
        other than "lif" on engine "brian2" alone.
    synapses : str or SynapseModel, optional
        "tsodyks-markram"; "static", which transmits A U, what the first spike does; or your own. The preset's if left
        out.
    plasticity : str, rule or list of them, optional
        What `fit` changes by the signals it is given, one rule after the other, before all is frozen: "homeostasis",
        "stdp", or `lsm.Homeostasis` and `lsm.STDP` with settings of your own.
    encoder : str or coder
        How rows become spikes on input lines: a name or a coder of `lsm.coding`, such as "integrate-fire", "bsa" or
        "population"; "spikes" takes rows of spike counts; `lsm.coding.Graded` hands on rates in the place of spikes.
    input : {"dense", "maass2002"}
        How lines reach neurons: "dense" is every line with a random sign and a 10 ms current, scaled by the
        number of lines; "maass2002" the excitatory 18 and 9 nA of the paper's single input.
    input_gain : float or array (n_channels,)
        Multiplies the input's amplitudes; an array has one for each channel, with a sign if you like.
    fan_in : int, optional
        Lines that reach each neuron; all if left out.
    filters : float or sequence of float
        Time constants of the filters on the spikes (s): n_neurons columns of the state for each.
    counts, membrane : bool
        Append spike counts per row and potentials at the end of the row (from reset 0 to threshold 1).
    dt : float
        Time step (s). It rounds delays and refractory times, so it is part of the model.
    row_period : float
        Time from one row of the input to the next (s).
    engine : {"brian2", "numba"}
        The same spikes from both. "brian2" runs compiled C++ of a network of many replicas, built once for each
        configuration (seconds) and kept in the cache folder; "numba" starts at once and is several times faster.
    n_jobs : int
        Sequences (or, with "brian2", batches of them) computed side by side.
    trial : int
        Which draw of initial potentials and noise, the network staying as it is: the trials of an experiment.
    random_state : int or numpy.random.Generator, optional
        The only source of chance. Places, connections, amplitudes, U-D-F, input and initial potentials have a
        stream each.

    Attributes
    ----------
    inhibitory_, v0_, background_ : ndarray (n_neurons,)
        Which neurons inhibit, potentials at the start (V) and background currents (A).
    pre_, post_, weight_, U_, D_, F_, delay_ : ndarray (n_synapses,)
        Connections with their efficacy A (ampere), dynamics and delay (s).
    W_in_ : ndarray (n_lines, n_neurons)
        Jump of the input current for a spike on each line (A).
    liquid_ : Liquid
        All of these and the constants.
    n_neurons_ : int
    n_units_ : int
        Columns of the state: neurons times (filters + counts + membrane).
    unit_positions_ : ndarray (n_units, 3)
        Places of their neurons (m), 50 µm to a grid step: a nominal length, the papers give none.
    n_features_in_ : int
        Number of input channels.

    Raises
    ------
    InputError
        An unknown name, a parameter outside its range, a `dt` that does not divide `row_period`, or a delay
        shorter than `dt`.

    Warns
    -----
    LiquidWarning
        A dead or saturated liquid, or an encoder that drops input.

    Notes
    -----
    Every sequence starts from the same potentials, with all currents 0 and all synapses recovered. Its noise, if the
    constant of that name is not 0, is drawn from the trial and its own first row. States are
    the same bits whatever the batch, the chunks and `n_jobs`. A stream runs on numba whatever the engine (models
    numba has not: in Brian2's numpy target), as a C++ program cannot be handed a chunk at a time.

    Examples
    --------
    >>> lsm = LiquidStateMachine(engine="numba", random_state=0).fit(np.ones((50, 2)))
    >>> lsm.transform(np.ones((50, 2))).shape
    (50, 135)
    >>> [(times, units)] = lsm.spikes([np.ones((50, 2))])
    """

    shows: ClassVar[tuple[str, ...]] = ("spikes",)

    def __init__(
        self,
        *,
        shape: Any = (15, 3, 3),
        n_units: int | None = None,
        n_columns: int = 1,
        preset: str = "maass2002",
        constants: dict[str, Any] | None = None,
        recurrent_gain: float = 1.0,
        neurons: Any = "lif",
        synapses: Any = None,
        plasticity: Any = None,
        encoder: Any = "integrate-fire",
        input: str = "dense",
        input_gain: Any = 1.0,
        fan_in: int | None = None,
        filters: Any = 0.03,
        counts: bool = False,
        membrane: bool = False,
        dt: Any = 1e-4,
        row_period: Any = 0.01,
        engine: str = "brian2",
        n_jobs: int = 1,
        trial: int = 0,
        random_state: Any = None,
    ) -> None:
        self.shape = shape
        self.n_units = n_units
        self.n_columns = n_columns
        self.preset = preset
        self.constants = constants
        self.recurrent_gain = recurrent_gain
        self.neurons = neurons
        self.synapses = synapses
        self.plasticity = plasticity
        self.encoder = encoder
        self.input = input
        self.input_gain = input_gain
        self.fan_in = fan_in
        self.filters = filters
        self.counts = counts
        self.membrane = membrane
        self.dt = dt
        self.row_period = row_period
        self.engine = engine
        self.n_jobs = n_jobs
        self.trial = trial
        self.random_state = random_state

    def _build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        engine = checks.option("engine", self.engine, ENGINES)
        dt, n_sub = raster(self.dt, self.row_period)
        code = coder(self.encoder)
        drawn = drawing.liquid(self, self._models(), code, dt, signals[0].shape[1], streams)
        if engine == "numba" and not drawn.stock:
            raise checks.InputError(
                "engine 'numba' supports only the neurons 'lif' with the synapses 'tsodyks-markram' or 'static'; "
                "use engine='brian2'"
            )
        seed = int(streams[6].integers(2**31, size=self.trial + 1)[-1])
        machine = Machine(drawn, code, signals[0].shape[1], dt, n_sub, seed)
        if not drawn.stock:
            machine.tried()
        self._machine = adapted(machine, signals, self.plasticity)
        self.liquid_ = self._machine.liquid
        for name in DRAWN:
            setattr(self, f"{name}_", getattr(self.liquid_, name))
        c, counts, membrane = self.liquid_.constants, bool(self.counts), bool(self.membrane)
        low, high = self.liquid_.neurons.shown or (c.reset, c.threshold)
        taus = time_constants(self.filters, counts or membrane)
        self._view = View(self.liquid_.n_neurons, n_sub, dt, taus, counts, membrane, low, high - low)
        self.n_neurons_ = self.liquid_.n_neurons
        self.n_units_ = self._view.width
        self.unit_positions_ = np.tile(self.liquid_.grid * wiring.GRID_STEP, (self.n_units_ // self.n_neurons_, 1))

    def _models(self) -> tuple[NeuronModel, SynapseModel]:
        return models(self.neurons, preset(self.preset).synapses if self.synapses is None else self.synapses)

    def _rest(self) -> tuple[Any, np.ndarray]:
        return self._machine.rest(), self._view.rest()

    def _run(self, U: np.ndarray, state: tuple[Any, np.ndarray]) -> tuple[np.ndarray, tuple[Any, np.ndarray]]:
        at, traces = state
        run, at = self._machine.advance(U, at)
        states, traces = self._view.rows(run.steps, run.units, len(U), run.potentials, traces)
        return states, (at, traces)

    def _runs(self, signals: list[np.ndarray]) -> list[Run]:
        """Return every run from rest, on the engine asked for."""
        n_jobs = checks.integer("n_jobs", self.n_jobs, 1)
        runs = self._machine.runs(signals, checks.option("engine", self.engine, ENGINES), self._view.membrane, n_jobs)
        duration = sum(map(len, signals)) * self._view.n_sub * self._view.dt
        alarms.look(
            sum(len(run.steps) for run in runs) / (duration * self.n_neurons_),
            self._machine.highest,
            sum(run.n_input for run in runs),
            sum(run.n_dropped for run in runs),
            duration,
        )
        return runs

    def _state_rows(self, run: Run, n_rows: int) -> np.ndarray:
        return self._view.rows(run.steps, run.units, n_rows, run.potentials, self._view.rest())[0]

    def _harvest(self, signals: list[np.ndarray]) -> list[np.ndarray]:
        return [self._state_rows(run, len(U)) for U, run in zip(signals, self._runs(signals), strict=True)]

    def observe(self, X: Any) -> dict[str, list]:
        """Return ``states`` and ``spikes``, pairs (times in s, neuron indices), of each sequence."""
        self._check_fitted()
        signals = self._checked(X)
        runs = self._runs(signals)
        return {
            "states": [self._state_rows(run, len(U)) for U, run in zip(signals, runs, strict=True)],
            "spikes": [self._train(run) for run in runs],
        }

    def observe_chunks(self, x: np.ndarray, n_rows: int) -> Iterator[dict[str, Any]]:
        """Yield what `observe` returns of one sequence in chunks of `n_rows` rows, so that memory stays bounded.

        Neurons that numba has run on numba, which fires the spikes of Brian2. Others are run whole.
        """
        self._check_fitted()
        [signal] = self._checked([x])
        if not self._machine.liquid.stock:
            seen = self.observe([signal])
            yield {"states": seen["states"][0], "spikes": seen["spikes"][0]}
            return
        at, traces = self._rest()
        n_spikes, n_input, n_dropped = 0, 0.0, 0.0
        for first in range(0, len(signal), n_rows):
            U = signal[first : first + n_rows]
            run, at = self._machine.advance(U, at)
            states, traces = self._view.rows(run.steps, run.units, len(U), run.potentials, traces)
            steps = run.steps.astype(np.int64) + first * self._view.n_sub
            n_spikes, n_input, n_dropped = n_spikes + len(steps), n_input + run.n_input, n_dropped + run.n_dropped
            yield {"states": states, "spikes": (steps * self._view.dt, run.units)}
        duration = len(signal) * self._view.n_sub * self._view.dt
        alarms.look(n_spikes / (duration * self.n_neurons_), self._machine.highest, n_input, n_dropped, duration)

    def spikes(self, X: Any) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the spikes of each sequence of X: (times in s, neuron indices), ordered by time."""
        self._check_fitted()
        return [self._train(run) for run in self._runs(self._checked(X))]

    def input_spikes(self, X: Any) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the spikes on the input lines of each sequence of X: (times in s, lines); none of a graded input."""
        self._check_fitted()
        volleys = [self._machine.volley(U) for U in self._checked(X)]
        return [(v.steps * self._view.dt, v.lines) for v in volleys]

    def _train(self, run: Run) -> tuple[np.ndarray, np.ndarray]:
        return run.steps * self._view.dt, run.units

    def network(self, x: Any = None) -> Any:
        """Return a fresh `brian2.Network` with the same arrays, driven by the signal x (n_steps, n_channels) if given.

        Objects by name: "neurons", "input" (a SpikeGeneratorGroup), "excitatory", "inhibitory", "feedforward" and
        "spikes" (a SpikeMonitor). Run it for ``len(x) * row_period`` seconds to get the spikes of `spikes([x])`.
        """
        from millpond.lsm import brian

        self._check_fitted()
        volley, key = None, 0
        if x is not None:
            x = checks.signal(x, "x", self.n_features_in_, who=type(self).__name__)
            volley, key = self._machine.volley(x), self._machine.key(x)
        return brian.network(self.liquid_, self._view.dt, self._view.n_sub, volley, key)

    def without_recurrence(self) -> LiquidStateMachine:
        """Return an unfitted copy without connections between neurons; input and potentials are drawn as before.

        Where a preset hands the input to some neurons only, all hear it in the copy: the others would be dead.
        """
        off = clone(self).set_params(recurrent_gain=0.0)
        partly = preset(self.preset, self.constants).driven < 1
        return off.set_params(constants={**(self.constants or {}), "driven": 1.0}) if partly else off

    def own_controls(self) -> dict[str, Reservoir]:
        """Return the control of a liquid: a readout on the same filters of its input spikes, 30 ms if it has none."""
        same = {k: getattr(self, k) for k in ("encoder", "filters", "counts", "dt", "row_period")}
        if not np.size(self.filters) and not self.counts:
            same["filters"] = 0.03
        return {"spikes": InputSpikes(**same)}

    def operations(self) -> dict[str, int]:
        """Return what one row costs at rest: updates of a neuron; and connections, each used when its neuron spikes."""
        return {"neuron_updates": self.n_neurons_ * self._view.n_sub, "connections": len(self.liquid_.pre)}

    def cite(self) -> list[str]:
        """Return the papers this model stands on."""
        parts = (preset(self.preset), *self._models(), *rules(self.plasticity))
        papers = list(dict.fromkeys(paper for part in parts for paper in part.papers))
        if self.engine == "brian2":
            papers.append("Stimberg, Brette, Goodman (2019), eLife 8:e47314, doi:10.7554/eLife.47314")
        return papers
