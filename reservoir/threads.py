"""One thread of linear algebra for small problems.

A product of small matrices takes longer on several threads than on one, above all on a busy machine. The number of
threads that the user has set applies again afterwards.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache

from threadpoolctl import ThreadpoolController

SMALL = 1500**2
"""Largest number of elements of a small matrix."""


def few_threads(n_elements: int) -> AbstractContextManager[object]:
    """Return a context in which linear algebra uses one thread if a matrix of `n_elements` is small."""
    return _controller().limit(limits=1, user_api="blas") if n_elements <= SMALL else nullcontext()


@cache
def _controller() -> ThreadpoolController:
    """Return the libraries of linear algebra of this process; finding them takes milliseconds, so it happens once."""
    import scipy.linalg  # noqa: F401  its library must be loaded before it is found

    return ThreadpoolController()
