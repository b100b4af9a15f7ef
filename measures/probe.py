"""The test signal (probe): one set of sequences for all measures.

Measures use only inputs and states. Therefore the same code measures a live model, a recording of it and a recording of
a laboratory experiment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import clone

from millpond.recording import Recording
from millpond.reservoir import Reservoir, Sequences, checks
from millpond.reservoir.sequences import as_signals

WASHOUT = 100
"""Washout of each stream in rows, and the longest possible delay."""

SIZES = (1e-6, 1e-4, 1e-2, 1.0)
"""Sizes of the difference in the one row in which twins differ."""

START = 40
"""Row in which twins differ; earlier rows are equal."""

SETTLED = 30
"""Washout of noisy copies in rows."""

_STREAMS, _STREAM_STEPS = 12, 500 + WASHOUT
_PAIRS, _TWIN_STEPS = 24, START + 80
_RANK, _RANK_STEPS = 200, SETTLED + 30
_JITTER = 0.05
PARTS = ("streams", "twins", "inputs", "copies")


def probe(random_state: checks.RandomState = 0, period: float = 1.0) -> Sequences:
    """Return the sequences on which a reservoir is measured; ``groups`` names the part each belongs to.

    All have one channel with values uniform on [-1, 1], except for the noise on copies.

    ``streams``
        12 of 600 rows: memory, capacity, dimension, entropy, robustness.
    ``twins``
        24 inputs of 120 rows; of each, 4 more that differ in row 40 alone, by the sizes of `SIZES`, kept
        within [-1, 1]: separation, fading memory, Lyapunov exponent.
    ``inputs``
        200 different inputs of 60 rows: kernel rank, class separation.
    ``copies``
        200 copies of one input of 60 rows, each with Gaussian noise of standard deviation 0.05:
        generalisation rank, consistency, class separation, Fisher memory.

    Parameters
    ----------
    random_state : int or numpy.random.Generator
    period : float
        Sampling period (s), only for recordings.
    """
    streams, twins, inputs, copies = checks.generator(random_state).spawn(4)
    signals = list(streams.uniform(-1, 1, (_STREAMS, _STREAM_STEPS, 1)))
    for base in twins.uniform(-1, 1, (_PAIRS, _TWIN_STEPS, 1)):
        away = -1.0 if base[START, 0] > 0 else 1.0  # towards the far side, so that it stays within [-1, 1]
        signals.append(base)
        for size in SIZES:
            twin = base.copy()
            twin[START] += away * size
            signals.append(twin)
    signals += list(inputs.uniform(-1, 1, (_RANK, _RANK_STEPS, 1)))
    signals += list(copies.uniform(-1, 1, (1, _RANK_STEPS, 1)) + copies.normal(0, _JITTER, (_RANK, _RANK_STEPS, 1)))
    counts = (_STREAMS, _PAIRS * (1 + len(SIZES)), _RANK, _RANK)
    exact = [x.astype(np.float32) for x in signals]  # what a recording keeps of them
    return Sequences(exact, period, groups=np.repeat(PARTS, counts))


@dataclass(frozen=True, eq=False)
class Driven:
    """Inputs and states of each part of the probe.

    Attributes
    ----------
    inputs, states : dict of str to list of ndarray (n_steps, n_channels or n_units)
    name : str
        What was driven.
    model : Reservoir or None
        The fitted model, where the states come from a live one.
    """

    inputs: dict[str, list[np.ndarray]]
    states: dict[str, list[np.ndarray]]
    name: str = "states"
    model: Reservoir | None = None

    @property
    def n_units(self) -> int:
        """Columns of every state."""
        return next(iter(self.states.values()))[0].shape[1]


def driven(source: Any, parts: tuple[str, ...] = PARTS, random_state: checks.RandomState = 0) -> Driven:
    """Return the inputs and states of `source` for the probe.

    Parameters
    ----------
    source : Reservoir, Recording, Driven, or a pair (inputs, states)
        A model is copied, fitted on the whole probe and driven with `parts` of it. A recording must be one of
        the probe (``record(model, probe(...), ...)``). A recording of anything else, or a pair of
        lists of arrays (n_steps, n_channels) and (n_steps, n_units), stands for the part "streams". A pair
        (probe, states) with the `Sequences` that `probe` returns has all its parts.
    parts : tuple of str
    random_state : int or numpy.random.Generator
        Draws the probe of a model.

    Raises
    ------
    InputError
        A part that the source does not have.
    """
    if isinstance(source, Reservoir):
        asked = probe(random_state)
        model = clone(source).fit(asked)
        assert asked.groups is not None
        chosen = asked[np.isin(asked.groups, parts)]
        found = _parted(chosen.signals, model.transform(chosen.signals), chosen.groups, type(source).__name__)
        return replace(found, model=model)
    if isinstance(source, Recording):
        kind = str(source.provenance["config"]["class"]).rpartition(":")[2]
        groups = source.groups
        if groups is None or not set(groups.tolist()) <= set(PARTS):
            groups = np.repeat("streams", len(source))
        _require(parts, groups.tolist())
        wanted = np.flatnonzero(np.isin(groups, parts))
        return _parted(source.inputs[wanted], source.states[wanted], groups[wanted], kind)
    if isinstance(source, Driven):
        _require(parts, source.states)
        return source
    if not isinstance(source, tuple | list) or len(source) != 2:
        raise checks.InputError(
            f"a {type(source).__name__} was given, but a model, a recording or a pair (inputs, states) is needed"
        )
    inputs, states = (as_signals(list(s) if getattr(s, "ndim", 0) == 3 else s) for s in source)
    if [len(x) for x in inputs] != [len(x) for x in states]:
        raise checks.InputError("inputs and states differ in length; give one row of states for each row of input")
    groups = source[0].groups if isinstance(source[0], Sequences) else None
    if groups is None or not set(groups.tolist()) <= set(PARTS):
        groups = np.repeat("streams", len(inputs))
    _require(parts, groups.tolist())
    return _parted(inputs, states, groups, "states")


def _parted(inputs: list[np.ndarray], states: list[np.ndarray], groups: Any, name: str) -> Driven:
    """Sort sequences by the part they belong to."""
    members = {str(part): np.flatnonzero(groups == part) for part in dict.fromkeys(groups.tolist())}
    return Driven(
        {part: [np.asarray(inputs[i], np.float64) for i in chosen] for part, chosen in members.items()},
        {part: [np.asarray(states[i], np.float64) for i in chosen] for part, chosen in members.items()},
        name,
    )


def _require(parts: Iterable[str], held: Iterable[str]) -> None:
    held = dict.fromkeys(held)
    for part in parts:
        if part not in held:
            raise checks.InputError(
                f"the given data contains no '{part}', only {', '.join(held)}; "
                "measure a model, or a recording of measures.probe()"
            )
