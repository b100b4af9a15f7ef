"""A drawn network as plain arrays: what every engine is handed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from millpond.lsm.models import NEURONS, SYNAPSES, NeuronModel, SynapseModel
from millpond.lsm.presets import Preset


@dataclass(frozen=True, eq=False)
class Liquid:
    """Everything fixed about a liquid, in SI units.

    Attributes
    ----------
    constants : Preset
        Membrane and synaptic time constants.
    neurons : NeuronModel
    synapses : SynapseModel
    grid : ndarray (n_neurons, 3)
        Places on the grid, in grid steps.
    inhibitory : ndarray of bool (n_neurons,)
    refractory, v0, background : ndarray (n_neurons,)
        Refractory time (s), potential at the start (V) and background current (A).
    pre, post : ndarray of int32 (n_synapses,)
        Sorted by `pre`, then `post`.
    negative : ndarray of bool (n_synapses,)
        Whether a synapse acts through the inhibitory current.
    weight : ndarray (n_synapses,)
        A in ampere, negative of inhibitory synapses. Of a static synapse the whole jump of the current.
    U, D, F : ndarray (n_synapses,)
    delay : ndarray (n_synapses,)
        In seconds.
    graded : bool
        Lines carry rates (Hz) in the place of spikes.
    W_in : ndarray (n_lines, n_neurons)
        Jump of the input current for a spike on each line (A).
    tau_in : ndarray (n_neurons,)
        Decay of the input current (s).
    """

    constants: Preset
    neurons: NeuronModel
    synapses: SynapseModel
    grid: np.ndarray
    inhibitory: np.ndarray
    refractory: np.ndarray
    v0: np.ndarray
    background: np.ndarray
    pre: np.ndarray
    post: np.ndarray
    negative: np.ndarray
    weight: np.ndarray
    U: np.ndarray
    D: np.ndarray
    F: np.ndarray
    delay: np.ndarray
    graded: bool
    W_in: np.ndarray
    tau_in: np.ndarray

    @property
    def dynamic(self) -> bool:
        """Whether synapses are those of Tsodyks and Markram."""
        return self.synapses == SYNAPSES["tsodyks-markram"]

    @property
    def stock(self) -> bool:
        """Whether numba knows this model: neurons "lif" with synapses from the table."""
        return self.neurons == NEURONS["lif"] and self.synapses in SYNAPSES.values()

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return len(self.inhibitory)

    @property
    def n_lines(self) -> int:
        """Number of input lines."""
        return len(self.W_in)
