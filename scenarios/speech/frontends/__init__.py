"""Front ends: from a wave to the channels that drive a model, one row every 10 ms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from millpond.reservoir import checks
from millpond.reservoir.sequences import Sequences
from millpond.scenarios.speech import audio
from millpond.scenarios.speech.corpus import Corpus
from millpond.scenarios.speech.frontends.cochleagram import gammatone
from millpond.scenarios.speech.frontends.ear import lyon
from millpond.scenarios.speech.frontends.spectral import bands16, cepstral_weights, logmel, mfcc, rcc

__all__ = ["FRONTENDS", "Frontend", "compute_all", "working_rate"]


@dataclass(frozen=True, eq=False)
class Frontend:
    """One way to turn sound into channels.

    Parameters
    ----------
    compute : function (wave, rate in Hz) -> ndarray (n_frames, n_channels) of float64
        A pure function; `wave` is mono with peak 1.
    citation : str
        Where its equations are from.
    weights : ndarray (n_channels,), optional
        What each channel is worth: multiply after every channel is standardised on the training part.
    period : float
        Time between two rows, in seconds.
    """

    compute: Callable[[np.ndarray, int], np.ndarray]
    citation: str
    weights: np.ndarray | None = None
    period: float = 0.010


_MEL = "S. B. Davis and P. Mermelstein, IEEE Trans. ASSP 28(4), 357-366, 1980"
FRONTENDS: dict[str, Frontend] = {
    "mfcc": Frontend(mfcc, _MEL, weights=cepstral_weights()),
    "rcc": Frontend(rcc, "J. S. Lim, IEEE Trans. ASSP 27(3), 223-233, 1979", weights=cepstral_weights()),
    "logmel": Frontend(logmel, _MEL),
    "bands16": Frontend(bands16, _MEL),
    "gammatone": Frontend(gammatone, "M. Slaney, Apple Computer Technical Report 35, 1993"),
    "lyon": Frontend(
        lyon,
        "R. F. Lyon, Proc. ICASSP, 1282-1285, 1982; M. Slaney, Apple Computer Technical Report 13, 1988",
    ),
}


def working_rate(rate: int) -> int:
    """Return the rate (Hz) to which waves of `rate` are brought: 8 to 16 kHz, whole samples in 10 ms."""
    return min(max(rate // 100 * 100, 8000), 16000)


def compute_all(corpus: Corpus, name: str) -> Sequences:
    """Prepare every wave of a corpus and turn it into channels.

    Waves are resampled, where need be, to a rate from 8 to 16 kHz that has a whole number of samples in 10
    ms: there is no speech above, and every corpus is on the same raster in time. They are trimmed and set
    to one peak by `audio.prepare`. Nothing is standardised: that is fitted on the training part by whoever
    knows it.

    Parameters
    ----------
    corpus : Corpus
        What to compute.
    name : {"mfcc", "rcc", "logmel", "bands16", "gammatone", "lyon"}
        The front end.

    Returns
    -------
    Sequences
        Signals (n_frames, n_channels), period 0.01 s, with the labels, speakers (as groups), split and
        names of the corpus.

    Raises
    ------
    InputError
        An unknown front end, or a wave that is silent.
    """
    frontend = FRONTENDS[checks.option("frontend", name, FRONTENDS)]
    rate = working_rate(corpus.rate)
    signals = [
        frontend.compute(audio.prepare(wave, corpus.rate, rate, f"The wave '{wave_name}'"), rate)
        for wave, wave_name in zip(corpus.waves, corpus.names, strict=True)
    ]
    return Sequences(
        signals,
        period=frontend.period,
        labels=corpus.labels,
        groups=corpus.speakers,
        split=corpus.split,
        names=corpus.names,
    )
