"""The Echo State Network: rate units with fixed connections."""

from millpond.esn.bidirectional import Bidirectional
from millpond.esn.conversion import from_reservoirpy, to_reservoirpy
from millpond.esn.deep import DeepEchoStateNetwork, average_state_entropy
from millpond.esn.echo import time_to_agreement
from millpond.esn.es2n import ES2N
from millpond.esn.feedback import ClosedLoop
from millpond.esn.hadamard import HadamardMatrix
from millpond.esn.network import EchoStateNetwork
from millpond.esn.plasticity import IntrinsicPlasticity
from millpond.esn.similarity import StateKernel
from millpond.esn.spectrum import spectral_radius

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
