"""Matter that computes: the bucket of water, and other simulated physics behind the reservoir's contract."""

from millpond.physical.delay_line import MackeyGlassDelayLine
from millpond.physical.liquids import LIQUIDS, Liquid
from millpond.physical.mass_spring import MassSpringNetwork
from millpond.physical.opto_electronic import OptoElectronicNode
from millpond.physical.shallow_tank import ShallowTank
from millpond.physical.tank import WaveTank

__all__ = [
    "WaveTank",
    "Liquid",
    "LIQUIDS",
    "ShallowTank",
    "MackeyGlassDelayLine",
    "OptoElectronicNode",
    "MassSpringNetwork",
]
