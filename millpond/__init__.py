"""Reservoir computing with spiking neurons, rate units and water waves behind one interface.

The public names are loaded on first use, so that ``import millpond`` is fast.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from millpond.baseline import RecurrentNetwork
    from millpond.comparison import compare
    from millpond.esn import EchoStateNetwork
    from millpond.lsm import LiquidStateMachine
    from millpond.models import load, save
    from millpond.physical import WaveTank
    from millpond.readout import LMS, RLS, Logistic, Pool, Ridge, RidgeClassifier
    from millpond.recording import Recording, record
    from millpond.reservoir import InputError, Reservoir, Sequences, SpikeTrains

_HOME = {
    "EchoStateNetwork": "esn",
    "LiquidStateMachine": "lsm",
    "WaveTank": "physical",
    "Ridge": "readout",
    "RidgeClassifier": "readout",
    "Logistic": "readout",
    "RLS": "readout",
    "LMS": "readout",
    "Pool": "readout",
    "RecurrentNetwork": "baseline",
    "Recording": "recording",
    "record": "recording",
    "Reservoir": "reservoir",
    "Sequences": "reservoir",
    "SpikeTrains": "reservoir",
    "InputError": "reservoir",
    "compare": "comparison",
    "save": "models",
    "load": "models",
}
"""The module of each public name."""

__all__ = [
    "EchoStateNetwork", "LiquidStateMachine", "WaveTank", "Ridge", "RidgeClassifier", "Logistic", "RLS", "LMS", "Pool",
    "RecurrentNetwork", "Recording", "record", "Reservoir", "Sequences", "SpikeTrains", "InputError", "compare", "save",
    "load",
    "__version__",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.metadata.version("millpond")
    if name not in _HOME:
        raise AttributeError(f"module 'millpond' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"millpond.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
