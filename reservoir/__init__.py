"""The interface of a reservoir: `Reservoir`, its streams, sequences, questions and input checks."""

from millpond.reservoir.checks import InputError
from millpond.reservoir.errors import DivergenceWarning
from millpond.reservoir.interface import Reservoir, Stream
from millpond.reservoir.questions import Question
from millpond.reservoir.scaling import ChannelScaler
from millpond.reservoir.sequences import Sequences
from millpond.reservoir.spike_trains import SpikeTrains

__all__ = [
    "ChannelScaler", "DivergenceWarning", "InputError", "Question", "Reservoir", "Sequences", "SpikeTrains", "Stream",
]  # fmt: skip
