"""Matter that computes: the bucket of water, and other simulated physics behind the reservoir's contract."""

from physical.delay_line import MackeyGlassDelayLine
from physical.liquids import LIQUIDS, Liquid
from physical.mass_spring import MassSpringNetwork
from physical.opto_electronic import OptoElectronicNode
from physical.shallow_tank import ShallowTank
from physical.tank import WaveTank

__all__ = [
    "WaveTank",
    "Liquid",
    "LIQUIDS",
    "ShallowTank",
    "MackeyGlassDelayLine",
    "OptoElectronicNode",
    "MassSpringNetwork",
]
