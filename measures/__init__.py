"""What a reservoir can do: memory, capacity, rank, separation, exponents, dimension, consistency, robustness.

Every measure takes a model, a recording of it, or states, and returns a `Result`: a number to print, to plot and to
export.
"""

from measures.capacity import explained, span
from measures.card import MEASURES, Card, card
from measures.copies import class_separation, consistency, fisher_memory
from measures.lyapunov import lyapunov
from measures.memory import memory_capacity, product_capacity
from measures.probe import Driven, driven, probe
from measures.processing import processing_capacity
from measures.rank import generalization_rank, kernel_rank
from measures.result import Result
from measures.robustness import robustness
from measures.spread import effective_dimension, entropy
from measures.sweep import Map, sweep
from measures.twins import fading_memory, separation

__all__ = [
    "MEASURES", "Card", "Driven", "Map", "Result", "card", "class_separation", "consistency", "driven",
    "effective_dimension", "entropy", "explained", "fading_memory", "fisher_memory", "generalization_rank",
    "kernel_rank", "lyapunov", "memory_capacity", "probe", "processing_capacity", "product_capacity", "robustness",
    "separation", "span", "sweep",
]  # fmt: skip
