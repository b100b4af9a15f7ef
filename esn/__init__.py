"""The Echo State Network: rate units with fixed connections."""

from esn.network import EchoStateNetwork
from esn.spectrum import spectral_radius

__all__ = ["EchoStateNetwork", "spectral_radius"]
