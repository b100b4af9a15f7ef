"""What reservoirs are measured against: the plain controls."""

from baseline.controls import RawInput, SquaredIntegrators, StaticExpansion

__all__ = ["RawInput", "SquaredIntegrators", "StaticExpansion"]
