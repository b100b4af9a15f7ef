"""How a model is set up for a task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from millpond.readout import Pool
from millpond.reservoir import Reservoir


@dataclass(frozen=True)
class Recipe:
    """A model with what stands before and behind it.

    Parameters
    ----------
    front_end : str
    model : Reservoir, or a baseline
        Not fitted.
    pool : Pool, optional
        Where a question is about whole sequences; a baseline, which is trained whole, has none.
    n_tried : int
        Number of settings that were compared on validation groups before one was kept; 0 if none were.
    n_tried_on_test : int
        Number of settings that were compared while their scores on the test groups were visible. Scores of such a
        recipe on these groups are optimistic.
    """

    front_end: str
    model: Reservoir | Any
    pool: Pool | None = None
    n_tried: int = 0
    n_tried_on_test: int = 0
