"""What reservoirs are measured against: networks trained by gradient, hidden Markov models, the plain controls."""

from baseline.controls import RawInput, SquaredIntegrators, StaticExpansion
from baseline.ensemble import Ensemble
from baseline.hmm import HiddenMarkov
from baseline.network import RecurrentNetwork

__all__ = ["Ensemble", "HiddenMarkov", "RawInput", "RecurrentNetwork", "SquaredIntegrators", "StaticExpansion"]
