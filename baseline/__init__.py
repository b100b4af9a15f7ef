"""What reservoirs are measured against: networks trained by gradient, hidden Markov models, the plain controls."""

from baseline.controls import RawInput, SquaredIntegrators, StaticExpansion
from baseline.ensemble import Ensemble
from baseline.hmm import HiddenMarkov
from baseline.memories import InSeries, LeakyBank, Products, ShiftRegister
from baseline.network import RecurrentNetwork

__all__ = [
    "Ensemble", "HiddenMarkov", "InSeries", "LeakyBank", "Products", "RawInput", "RecurrentNetwork", "ShiftRegister",
    "SquaredIntegrators", "StaticExpansion",
]  # fmt: skip
