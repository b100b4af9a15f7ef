"""The Liquid State Machine: spiking neurons with fixed connections."""

from millpond.lsm.alarms import LiquidWarning
from millpond.lsm.coding import Graded, IntegrateFire, Population, SpikeCounts, counts_of_events
from millpond.lsm.connections import Connections
from millpond.lsm.models import NEURONS, SYNAPSES, NeuronModel, SynapseModel
from millpond.lsm.network import LiquidStateMachine
from millpond.lsm.plasticity import STDP, Homeostasis
from millpond.lsm.spikes import InputSpikes

__all__ = [
    "LiquidStateMachine", "Connections", "InputSpikes", "LiquidWarning", "NeuronModel", "SynapseModel", "NEURONS",
    "SYNAPSES",
    "Homeostasis", "STDP", "Graded", "IntegrateFire", "Population", "SpikeCounts", "counts_of_events",
]  # fmt: skip
