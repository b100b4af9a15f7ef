"""A model and all that stands before it, made again from a recording alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from millpond.rebuild import rebuilt
from millpond.recording import Recording
from millpond.reservoir import ChannelScaler, Reservoir, checks
from millpond.scenarios.speech import audio
from millpond.scenarios.speech.frontends import FRONTENDS

HIGHEST_RATE = 384_000  # Hz, twice what studios record


@dataclass(frozen=True, eq=False)
class Origin:
    """The way from a wave to states that a recording came by.

    Attributes
    ----------
    model : Reservoir
        Fitted on the training part of the recording.
    front_end : str
    rate : int
        At which the front end hears (Hz).
    scaler : ChannelScaler
        As the training part taught it.
    """

    model: Reservoir
    front_end: str
    rate: int
    scaler: ChannelScaler

    def inputs(self, wave: np.ndarray, rate: int) -> np.ndarray:
        """Return what a wave at `rate` (Hz) becomes on its way to the model, (n_steps, n_channels)."""
        prepared = audio.prepare(wave, rate, self.rate)
        return self.scaler.transform(FRONTENDS[self.front_end].compute(prepared, self.rate))


def origin(recording: Recording, known: Iterable[type] = (), trusted: bool = False) -> Origin:
    """Return where the states of a recording of sound come from; its model is a substrate or of a class `known`.

    Equations of the recording are compiled only where it is `trusted`.

    Raises
    ------
    InputError
        A recording that does not say how its inputs were made, that is not of sound, or whose model cannot be made
        again to give the same states.
    """
    told = recording.provenance["preparation"]
    if not {"front_end", "rate", "scaler"} <= told.keys() or recording.split is None:
        raise checks.InputError(
            f"{recording.path} does not describe its sound preparation; make it again with 'millpond compare digits'"
        )
    front_end = checks.option("front_end", told["front_end"], FRONTENDS)
    rate = checks.integer("rate", told["rate"], 1000)
    if rate > HIGHEST_RATE:
        raise checks.InputError(
            f"{recording.path} names a rate of {rate:.3g} Hz, but sound has at most {HIGHEST_RATE}; make it again with "
            "'millpond compare digits'"
        )
    try:
        scaler = ChannelScaler.restored(**told["scaler"])
    except (TypeError, ValueError, KeyError):
        raise checks.InputError(
            f"{recording.path} has no scaling of its inputs; make it again with 'millpond compare digits'"
        ) from None
    return Origin(model_of(recording, known, trusted), front_end, rate, scaler)


def model_of(recording: Recording, known: Iterable[type] = (), trusted: bool = False) -> Reservoir:
    """Return the model of a recording, fitted as it was, after a look whether it gives the states that are there.

    Raises
    ------
    InputError
        A model that cannot be rebuilt, or gives other states than the recorded ones.
    """
    about = recording.provenance["config"]
    model = rebuilt(about, known, trusted, recording.n_units).fit(list(recording.part("train").inputs))
    last = len(recording) - 1
    again = model.transform([recording.inputs[last]])[0].astype(recording.states[last].dtype)
    if not np.allclose(again, recording.states[last], rtol=1e-6, atol=1e-7):
        raise checks.InputError(
            f"the model that {recording.path} describes does not reproduce its states; "
            "it was made by another version or without a seed; make it again"
        )
    return model
