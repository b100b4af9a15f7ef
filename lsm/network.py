"""The Liquid State Machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone

from millpond.lsm import alarms, drawing, given, wiring
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

    A neuron spikes when v exceeds the threshold; reset and refractory time follow. Synapses follow Markram, Wang and
    Tsodyks (1998), doi:10.1073/pnas.95.9.5323: a spike finds u and x, which decay to 0 and recover to 1 with
    F and D, and does u += U (1 - u), g += A u x, x -= u x. The column is that of Maass, Natschlaeger and
    Markram (2002), doi:10.1162/089976602760407955.

    Parameters
    ----------
    shape : three ints
        Side lengths of the column in neurons.
    n_units : int, optional
        Number of neurons instead of `shape`; the shape is then as close to a cube as possible.
    n_columns : int
        Number of columns with the same input and no connections between them; `n_units` counts all neurons.
    preset : {"maass2002", "azambuja2017", "delayed", "chain"}
        Connections and constants; see `millpond.lsm.presets`.
    constants : dict, optional
        Constants of the preset to replace, as Brian2 quantities or in SI units: ``{"background": 13e-9}``.
    connections : lsm.Connections or scipy sparse matrix, optional
        Your own connections in place of drawn ones; they determine the number of neurons. Entry (i, j) of a matrix is
        the weight from neuron i to neuron j (A).
    recurrent_gain : float
        Factor of every A; 0 removes the connections.
    neurons : str or NeuronModel
        "lif", "lif-conductance", "adaptive-lif", "adex" or "izhikevich" (`lsm.models`), or your own equations.
        Models other than "lif" need engine "brian2".
    synapses : str or SynapseModel, optional
        "tsodyks-markram", "static" (transmits A U, like the first spike of a dynamic synapse), or your own model. The
        default is that of the preset.
    plasticity : str, rule or list of them, optional
        Plasticity rules that `fit` applies one after the other before the network is frozen: "homeostasis", "stdp", or
        `lsm.Homeostasis` and `lsm.STDP` with your own settings.
    encoder : str or coder
        Conversion of input rows to spikes on input lines: a name or a coder of `lsm.coding`, such as "integrate-fire",
        "bsa" or "population". "spikes" takes `SpikeTrains` or rows of spike counts. `lsm.coding.Graded` transmits
        rates.
    input : {"dense", "maass2002", "maass2002-gaussian"}
        Connections from input lines to neurons. "dense" connects every line with a random sign and a 10 ms current,
        scaled by the number of lines. "maass2002" is the input of the paper: excitatory synapses to a random 30 % of
        the neurons, 18 and 9 nA, 3 ms. Amplitudes are gamma distributed, with "maass2002-gaussian" Gaussian.
    input_gain : float or array (n_channels,)
        Factor of the input amplitudes; an array sets the (signed) factor of each channel.
    input_tau : float or two floats, optional
        Time constant of the input currents (s) in place of that of `input`. Two numbers are the limits of a log-uniform
        distribution, from which each neuron draws its own.
    fan_in : int, optional
        Number of input lines per neuron. The default is all.
    filters : float or sequence of float
        Time constants of the filters on the spikes (s); each adds n_neurons columns to the state.
    counts, membrane : bool
        Append spike counts per row and potentials at the end of the row (from reset 0 to threshold 1).
    dt : float
        Time step (s). It is part of the model: delays are rounded to it, refractory times rounded down.
    row_period : float
        Sampling period of the input (s).
    engine : {"brian2", "numba"}
        Both give the same spikes. "brian2" compiles a C++ program with many replicas of the network, once for each
        configuration (seconds), and stores it in the cache folder. "numba" starts at once and is several times faster.
    n_jobs : int
        Number of sequences (with "brian2", batches) that are computed in parallel.
    trial : int
        Index of the draw of initial potentials and noise for the same network, as in the trials of an experiment.
    random_state : int or numpy.random.Generator, optional
        The only source of randomness. Positions, connections, amplitudes, U-D-F, input and initial potentials have
        separate streams.

    Attributes
    ----------
    inhibitory_, v0_, background_ : ndarray (n_neurons,)
        Inhibitory neurons, initial potentials (V) and background currents (A).
    pre_, post_, weight_, U_, D_, F_, delay_ : ndarray (n_synapses,)
        Connections with their efficacy A (ampere), dynamics and delay (s).
    W_in_ : ndarray (n_lines, n_neurons)
        Step of the input current for a spike on each line (A).
    liquid_ : Liquid
        All of these arrays and the constants.
    n_neurons_ : int
    n_units_ : int
        Number of columns of the state: neurons times (filters + counts + membrane).
    unit_positions_ : ndarray (n_units, 3)
        Positions of the neurons (m) with a grid spacing of 50 µm, a nominal value, because the papers give none.
    n_features_in_ : int
        Number of input channels.

    Raises
    ------
    InputError
        A name is unknown, a parameter is outside its range, `dt` does not divide `row_period`, or a delay is shorter
        than `dt`.

    Warns
    -----
    LiquidWarning
        The liquid is silent or saturated, or the encoder drops input.

    Notes
    -----
    Every sequence starts from the same potentials, with all currents 0 and all synapses recovered. If the constant
    `noise` is not 0, its noise depends on the trial and the first row of the sequence. States are bit-identical for any
    batch, chunks and `n_jobs`. Streams always run on numba (or the numpy target of Brian2 for models without numba
    support), because a C++ program cannot process single chunks.

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
        connections: Any = None,
        recurrent_gain: float = 1.0,
        neurons: Any = "lif",
        synapses: Any = None,
        plasticity: Any = None,
        encoder: Any = "integrate-fire",
        input: str = "dense",
        input_gain: Any = 1.0,
        input_tau: Any = None,
        fan_in: int | None = None,
        filters: Any = 0.03,
        counts: bool = False,
        membrane: bool = False,
        dt: Any = 1e-4,
        row_period: Any = 0.01,
        engine: str = "brian2",
        n_jobs: int = 1,
        trial: int = 0,
        random_state: checks.RandomState = None,
    ) -> None:
        self.shape = shape
        self.n_units = n_units
        self.n_columns = n_columns
        self.preset = preset
        self.constants = constants
        self.connections = connections
        self.recurrent_gain = recurrent_gain
        self.neurons = neurons
        self.synapses = synapses
        self.plasticity = plasticity
        self.encoder = encoder
        self.input = input
        self.input_gain = input_gain
        self.input_tau = input_tau
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

    def checked_signals(self, X: Any) -> list[Any]:
        """Return the checked signals in X; spike trains remain events."""
        return given.trains(self, X) or super().checked_signals(X)

    def build(self, signals: list[np.ndarray], streams: list[np.random.Generator]) -> None:
        """Draw the fixed weights for the channels of `signals`."""
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

    def initial_state(self) -> tuple[Any, np.ndarray]:
        """Return the state at rest."""
        return self._machine.rest(), self._view.rest()

    def advance(self, U: np.ndarray, state: tuple[Any, np.ndarray]) -> tuple[np.ndarray, tuple[Any, np.ndarray]]:
        """Return the states of the rows U and the final state."""
        at, traces = state
        run, at = self._machine.advance(U, at)
        states, traces = self._view.rows(run.steps, run.units, len(U), run.potentials, traces)
        return states, (at, traces)

    def _runs(self, signals: list[np.ndarray]) -> list[Run]:
        """Return every run from rest on the selected engine."""
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

    def transform_batch(self, signals: list[np.ndarray]) -> list[np.ndarray]:
        """Return the states of each checked signal."""
        return [self._state_rows(run, len(U)) for U, run in zip(signals, self._runs(signals), strict=True)]

    def observe(self, X: Any) -> dict[str, list]:
        """Return ``states`` and ``spikes``, pairs (times in s, neuron indices), of each sequence."""
        self.check_fitted()
        signals = self.checked_signals(X)
        runs = self._runs(signals)
        return {
            "states": [self._state_rows(run, len(U)) for U, run in zip(signals, runs, strict=True)],
            "spikes": [self._train(run) for run in runs],
        }

    def observe_chunks(self, x: np.ndarray, n_rows: int) -> Iterator[dict[str, Any]]:
        """Yield what `observe` returns of one sequence in chunks of `n_rows` rows, so that memory stays bounded.

        Neurons that numba has run on numba, which fires the spikes of Brian2. Others are run whole.
        """
        self.check_fitted()
        [signal] = self.checked_signals([x])
        if not self._machine.liquid.stock:
            seen = self.observe([signal])
            yield {"states": seen["states"][0], "spikes": seen["spikes"][0]}
            return
        at, traces = self.initial_state()
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
        self.check_fitted()
        return [self._train(run) for run in self._runs(self.checked_signals(X))]

    def input_spikes(self, X: Any) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the spikes on the input lines of each sequence of X: (times in s, lines); none of a graded input."""
        self.check_fitted()
        volleys = [self._machine.volley(U) for U in self.checked_signals(X)]
        return [(v.steps * self._view.dt, v.lines) for v in volleys]

    def _train(self, run: Run) -> tuple[np.ndarray, np.ndarray]:
        return run.steps * self._view.dt, run.units

    def network(self, x: Any = None) -> Any:
        """Return a fresh `brian2.Network` with the same arrays, driven by the signal x if given.

        The signal is an array (n_steps, n_channels) or `SpikeTrains`.
        Objects by name: "neurons", "input" (a SpikeGeneratorGroup), "excitatory", "inhibitory", "feedforward" and
        "spikes" (a SpikeMonitor). Run it for ``len(x) * row_period`` seconds to get the spikes of `spikes([x])`.
        """
        from millpond.lsm import brian

        self.check_fitted()
        volley, key = None, 0
        if x is not None:
            [x] = self.checked_signals([x])
            volley, key = self._machine.volley(x), self._machine.key(x)
        return brian.network(self.liquid_, self._view.dt, self._view.n_sub, volley, key)

    def without_recurrence(self) -> LiquidStateMachine:
        """Return an unfitted copy without connections between neurons; input and potentials are drawn as before.

        In the copy all neurons receive the input, because neurons without input would be silent.
        """
        off = clone(self).set_params(recurrent_gain=0.0)
        if drawing.share(self) == 1:
            return off
        return off.set_params(constants={**(self.constants or {}), "driven": 1.0})

    def own_controls(self) -> dict[str, Reservoir]:
        """Return the control of a liquid: a readout on the same filters of its input spikes, 30 ms if it has none."""
        same = {k: getattr(self, k) for k in ("encoder", "filters", "counts", "dt", "row_period")}
        if not np.size(self.filters) and not self.counts:
            same["filters"] = 0.03
        return {"spikes": InputSpikes(**same)}

    def operations(self) -> dict[str, int]:
        """Return the neuron updates per row, and the number of connections, which are used only by spikes."""
        return {"neuron_updates": self.n_neurons_ * self._view.n_sub, "connections": len(self.liquid_.pre)}

    def cite(self) -> list[str]:
        """Return the papers this model stands on."""
        parts = (preset(self.preset), *self._models(), *rules(self.plasticity))
        papers = list(dict.fromkeys(paper for part in parts for paper in part.papers))
        if self.engine == "brian2":
            papers.append("Stimberg, Brette, Goodman (2019), eLife 8:e47314, doi:10.7554/eLife.47314")
        return papers
