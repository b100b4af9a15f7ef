"""Matter that computes: simulated physics behind the reservoir's contract."""

from physical.delay_line import MackeyGlassDelayLine
from physical.mass_spring import MassSpringNetwork
from physical.opto_electronic import OptoElectronicNode
from physical.shallow_tank import ShallowTank

__all__ = ["MackeyGlassDelayLine", "MassSpringNetwork", "OptoElectronicNode", "ShallowTank"]
