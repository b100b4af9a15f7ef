"""What reservoirs are measured against: networks trained by gradient, and the plain controls."""

from baseline.controls import RawInput, SquaredIntegrators, StaticExpansion
from baseline.network import RecurrentNetwork

__all__ = ["RawInput", "RecurrentNetwork", "SquaredIntegrators", "StaticExpansion"]
