"""The front end of a speech model as a step of a pipeline."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

from millpond.reservoir import checks
from millpond.scenarios.speech import audio
from millpond.scenarios.speech.frontends import FRONTENDS


class FrontEnd(TransformerMixin, BaseEstimator):
    """Turn waves into channels, one row every 10 ms; see `millpond.scenarios.speech.frontends`.

    Parameters
    ----------
    name : str
        The front end, such as "rcc" or "mfcc".
    rate : int
        Sampling rate (Hz) to which every wave is brought.
    """

    def __init__(self, *, name: str = "rcc", rate: int = 8000) -> None:
        self.name = name
        self.rate = rate

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, X: Any, y: Any = None) -> FrontEnd:
        """Check the parameters; nothing is learnt."""
        self._checked()
        return self

    def _checked(self) -> tuple[Any, int]:
        front_end = FRONTENDS[checks.option("name of the front end", self.name, FRONTENDS)]
        return front_end, int(checks.number("rate", checks.integer("rate", self.rate), 8000, 16000))

    def transform(self, X: Any) -> list[np.ndarray]:
        """Return the channels of each word, a list of ndarray (n_frames, n_channels).

        Parameters
        ----------
        X : list of (wave, rate in Hz), or of ndarray (n_samples,) at the sampling rate of this front end
        """
        front_end, rate = self._checked()
        signals = []
        for i, sound in enumerate(X):
            wave, own = sound if isinstance(sound, tuple) else (sound, rate)
            signals.append(front_end.compute(audio.prepare(wave, own, rate, f"sound {i}"), rate))
        return signals
