"""The Liquid State Machine: spiking neurons with fixed connections."""

from lsm.alarms import LiquidWarning
from lsm.coding import Graded, IntegrateFire, Population, SpikeCounts, counts_of_events
from lsm.models import NEURONS, SYNAPSES, NeuronModel, SynapseModel
from lsm.network import LiquidStateMachine
from lsm.plasticity import STDP, Homeostasis
from lsm.spikes import InputSpikes

__all__ = [
    "LiquidStateMachine", "InputSpikes", "LiquidWarning", "NeuronModel", "SynapseModel", "NEURONS", "SYNAPSES",
    "Homeostasis", "STDP", "Graded", "IntegrateFire", "Population", "SpikeCounts", "counts_of_events",
]  # fmt: skip
