"""The Liquid State Machine: spiking neurons with fixed connections."""

from lsm.alarms import LiquidWarning
from lsm.coding import IntegrateFire, SpikeCounts, counts_of_events
from lsm.network import LiquidStateMachine
from lsm.spikes import InputSpikes

__all__ = ["InputSpikes", "IntegrateFire", "LiquidStateMachine", "LiquidWarning", "SpikeCounts", "counts_of_events"]
