"""The set-up of a model for a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from millpond.readout import Pool
from millpond.reservoir import Reservoir


@dataclass(frozen=True)
class Recipe:
    """A model with its front end and pooling.

    Parameters
    ----------
    front_end : str
    model : Reservoir, or a baseline
        An unfitted model.
    pool : Pool, optional
        Pooling for questions about whole sequences; a baseline has none.
    n_tried : int
        Number of settings that were compared on validation groups beforehand.
    n_tried_on_test : int
        Number of settings that were compared while their scores on the test groups were visible. Scores of such a
        recipe on these groups are optimistic.
    """

    front_end: str
    model: Reservoir | Any
    pool: Pool | None = None
    n_tried: int = 0
    n_tried_on_test: int = 0
