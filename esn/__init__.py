"""The Echo State Network: rate units with fixed connections."""

from esn.feedback import ClosedLoop
from esn.hadamard import HadamardMatrix
from esn.network import EchoStateNetwork
from esn.spectrum import spectral_radius

__all__ = ["ClosedLoop", "EchoStateNetwork", "HadamardMatrix", "spectral_radius"]
