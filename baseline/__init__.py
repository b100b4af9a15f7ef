"""What reservoirs are measured against: networks trained by gradient, hidden Markov models, the plain controls."""

from millpond.baseline.controls import RawInput, SquaredIntegrators, StaticExpansion
from millpond.baseline.ensemble import Ensemble
from millpond.baseline.hmm import HiddenMarkov
from millpond.baseline.memories import InSeries, LeakyBank, Products, ShiftRegister
from millpond.baseline.network import RecurrentNetwork

__all__ = [
    "Ensemble", "HiddenMarkov", "InSeries", "LeakyBank", "Products", "RawInput", "RecurrentNetwork", "ShiftRegister",
    "SquaredIntegrators", "StaticExpansion",
]  # fmt: skip
