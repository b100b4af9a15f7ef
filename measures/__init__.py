"""Measures of a reservoir: memory, capacity, rank, separation, exponents, dimension, consistency, robustness.

Every measure takes a model, a recording of it, or states, and returns a `Result`: a number that can be printed,
plotted and exported.
"""

from millpond.measures.capacity import explained, span
from millpond.measures.card import MEASURES, Card, card
from millpond.measures.copies import class_separation, consistency, fisher_memory
from millpond.measures.lyapunov import lyapunov
from millpond.measures.memory import memory_capacity, product_capacity
from millpond.measures.probe import Driven, driven, probe
from millpond.measures.processing import processing_capacity
from millpond.measures.rank import generalization_rank, kernel_rank
from millpond.measures.result import Result
from millpond.measures.robustness import robustness
from millpond.measures.spread import effective_dimension, entropy
from millpond.measures.sweep import Map, sweep
from millpond.measures.twins import fading_memory, separation

__all__ = [
    "MEASURES", "Card", "Driven", "Map", "Result", "card", "class_separation", "consistency", "driven",
    "effective_dimension", "entropy", "explained", "fading_memory", "fisher_memory", "generalization_rank",
    "kernel_rank", "lyapunov", "memory_capacity", "probe", "processing_capacity", "product_capacity", "robustness",
    "separation", "span", "sweep",
]  # fmt: skip
