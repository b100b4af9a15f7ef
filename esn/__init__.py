"""The Echo State Network: rate units with fixed connections."""

from esn.bidirectional import Bidirectional
from esn.conversion import from_reservoirpy, to_reservoirpy
from esn.deep import DeepEchoStateNetwork, average_state_entropy
from esn.echo import time_to_agreement
from esn.es2n import ES2N
from esn.feedback import ClosedLoop
from esn.hadamard import HadamardMatrix
from esn.network import EchoStateNetwork
from esn.plasticity import IntrinsicPlasticity
from esn.similarity import StateKernel
from esn.spectrum import spectral_radius

__all__ = [
    "EchoStateNetwork",
    "DeepEchoStateNetwork",
    "Bidirectional",
    "ES2N",
    "IntrinsicPlasticity",
    "ClosedLoop",
    "HadamardMatrix",
    "StateKernel",
    "average_state_entropy",
    "from_reservoirpy",
    "spectral_radius",
    "time_to_agreement",
    "to_reservoirpy",
]
