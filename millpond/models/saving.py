"""Saving and loading of trained models."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from millpond.models.container import packed, unpacked, write
from millpond.reservoir import Reservoir, checks

FORMAT = "millpond model 1"


class Saved(NamedTuple):
    """The content of a model file: the fitted model, and facts about its training (labels, reject option)."""

    model: Any
    about: dict[str, Any]


def save(model: Any, path: str | Path, *, known: Iterable[type] = (), about: dict[str, Any] | None = None) -> None:
    """Write a fitted model to a file.

    Arrays that follow from ``random_state`` are not stored. They are drawn again when the file is loaded, and compared
    with stored checksums. The same model always gives the same bytes.

    Parameters
    ----------
    model : sklearn.pipeline.Pipeline, Reservoir, readout, ChannelScaler, RecurrentNetwork, Ensemble or ClosedLoop
        The steps of a pipeline are those in this list. A `ClosedLoop` is loaded at rest.
    path : path
        File to write; an existing file is replaced.
    known : iterable of type
        Classes of your own that the model contains.
    about : dict, optional
        Facts to store with the model, as JSON data.

    Raises
    ------
    InputError
        A part is not fitted, was fitted without a whole number as random_state, or cannot be saved.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from millpond import EchoStateNetwork, Ridge, load, save
    >>> from sklearn.pipeline import make_pipeline
    >>> u = np.sin(np.arange(60.0))[:, None]
    >>> model = make_pipeline(EchoStateNetwork(n_units=20, random_state=0), Ridge(penalty=1.0)).fit(u, u[:, 0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(model, f"{folder}/sine.mill")
    ...     bool((load(f"{folder}/sine.mill").predict(u) == model.predict(u)).all())
    True
    """
    from sklearn.exceptions import NotFittedError

    from millpond.models.steps import Packer
    from millpond.reservoir.provenance import environment
    from millpond.reservoir.source import code

    packer = Packer(tuple(known))
    try:
        told = packer.step(model)
    except NotFittedError as error:
        raise checks.InputError(f"the model is not fitted ({error}); call fit before save") from None
    parts = [each for each in _parts(model) if isinstance(each, Reservoir)]
    what = {
        "format": FORMAT, "about": about or {}, "versions": environment(),
        "code": {name: value for each in parts for name, value in code(each).items()}, "model": told,
    }  # fmt: skip
    write(path, packed(what, packer.arrays))


def _parts(model: Any) -> list[Any]:
    return [each for _, each in model.steps] if hasattr(model, "steps") else [getattr(model, "_model", model)]


def load(path: str | Path, *, known: Iterable[type] = (), trusted: bool = False) -> Any:
    """Return the fitted model in a file that `save` wrote.

    Nothing in the file is executed: it can only name classes of Millpond, and those in `known`.

    Parameters
    ----------
    path : path
    known : iterable of type
        Classes of your own that the file may name.
    trusted : bool
        Allow equations of neurons and synapses, which are compiled and run.

    Raises
    ------
    InputError
        The file is damaged, names an unknown class, or the seed draws other weights than those that were saved.
    """
    return opened(path, known=known, trusted=trusted).model


def opened(path: str | Path, *, known: Iterable[type] = (), trusted: bool = False) -> Saved:
    """Return the fitted model in a file, and the facts that were stored with it."""
    what, arrays = unpacked(path)
    if what.get("format") != FORMAT:
        raise checks.InputError(
            f"the model file '{path}' has the format {what.get('format')!r:.40}, but this version reads {FORMAT!r}; "
            "use the version of millpond that wrote it"
        )
    from millpond.models.steps import Unpacker
    from millpond.models.values import Rules

    try:
        model = Unpacker(arrays, Rules(tuple(known), trusted)).step(what["model"])
        about = what["about"]
        if not isinstance(about, dict):
            raise checks.InputError("its facts are not a JSON object")
    except checks.InputError as error:
        raise checks.InputError(f"the model file '{path}' cannot be used: {str(error).rstrip('.')}") from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError, MemoryError,
            RecursionError) as error:  # fmt: skip
        raise checks.InputError(
            f"the model file '{path}' cannot be used: its description is not valid ({type(error).__name__}); "
            "save it again"
        ) from None
    return Saved(model, about)
