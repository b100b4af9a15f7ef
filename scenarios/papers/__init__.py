"""Papers whose figures a reader can check: one module for each, named after its author and year.

A module has ``PAPER`` (`millpond.scenarios.papers.figures.Paper`) and ``run(random_state, quick)``, which returns the
`millpond.scenarios.papers.figures.Check` of each figure. A paper whose result is a curve also has
``draw(ax, random_state)``, which draws it for one seed. A paper about speech also takes ``corpus`` and ``data`` (see
`millpond.scenarios.speech.load`).
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Any

from millpond.reservoir import checks
from millpond.scenarios.papers.figures import Check, Paper


def names() -> list[str]:
    """Return the names of all papers."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name[-4:].isdigit())


def paper(name: str) -> Any:
    """Return the module of the paper called `name`."""
    return importlib.import_module(f"millpond.scenarios.papers.{checks.option('paper', name, names())}")


def reproduce(
    name: str, random_state: int = 0, quick: bool = False, corpus: str | None = None, data: str | None = None
) -> tuple[Paper, list[Check]]:
    """Return the paper called `name` and its figures, computed on one thread: so small products are faster.

    Raises
    ------
    InputError
        An unknown name, or a corpus for a paper that hears none.
    """
    from threadpoolctl import threadpool_limits

    module = paper(name)
    speech = {key: value for key, value in (("corpus", corpus), ("data", data)) if value is not None}
    if speech and "corpus" not in inspect.signature(module.run).parameters:
        raise checks.InputError(f"{next(iter(speech))} is given, but {name} uses no speech; leave it out")
    with threadpool_limits(1):
        return module.PAPER, module.run(random_state=random_state, quick=quick, **speech)
