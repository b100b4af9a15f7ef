"""Physics that computes: the bucket of water."""

from physical.liquids import LIQUIDS, Liquid
from physical.tank import WaveTank

__all__ = ["WaveTank", "Liquid", "LIQUIDS"]
