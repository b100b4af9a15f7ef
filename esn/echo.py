"""Whether a network forgets where it started: the echo state property, tried out on a signal."""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from millpond.reservoir import checks


class Agreement(NamedTuple):
    """What `time_to_agreement` found.

    Attributes
    ----------
    steps : int or None
        Steps of input until all runs agree, for good; None where they do not within the signal.
    distances : ndarray (n_steps,)
        Largest root mean square difference of two runs after each step.
    """

    steps: int | None
    distances: np.ndarray


def time_to_agreement(
    model: Any, X: Any, tolerance: float = 1e-6, n_starts: int = 4, random_state: checks.RandomState = 0
) -> Agreement:
    """Run one signal from rest and from random states; return when the states agree.

    A network has the echo state property for a signal when all runs end up the same (Jaeger 2001, GMD report 148;
    Yildiz, Jaeger and Kiebel 2012, doi:10.1016/j.neunet.2012.07.005: a spectral radius below 1 neither ensures nor
    is needed for it). Runs that agree are no proof for other signals or starts; the steps they take are a washout.

    Parameters
    ----------
    model : EchoStateNetwork, DeepEchoStateNetwork, ES2N or IntrinsicPlasticity, fitted
    X : ndarray (n_steps, n_channels)
    tolerance : float
        Root mean square difference over the units below which two runs agree.
    n_starts : int
        Random states, uniform in plus or minus 1, besides rest.
    random_state : int or numpy.random.Generator, optional

    Returns
    -------
    Agreement

    Examples
    --------
    >>> from millpond.esn import EchoStateNetwork
    >>> u = np.random.default_rng(0).normal(size=(500, 1))
    >>> calm = EchoStateNetwork(n_units=50, spectral_radius=0.5, leak_rate=1.0, random_state=0).fit(u)
    >>> wild = EchoStateNetwork(n_units=50, spectral_radius=9.0, leak_rate=1.0, random_state=0).fit(u)
    >>> time_to_agreement(calm, u).steps < 50, time_to_agreement(wild, u).steps
    (True, None)
    """
    tolerance = checks.number("tolerance", tolerance, 0, above=0)
    model.check_fitted()
    if not hasattr(model, "_somewhere"):
        raise checks.InputError(f"{type(model).__name__} cannot start from random states; give an echo state network")
    U = checks.signal(X, "X", model.n_features_in_, model.state_dtype, type(model).__name__)
    rng = checks.generator(random_state)
    starts = [model.initial_state(), *(model._somewhere(rng) for _ in range(checks.integer("n_starts", n_starts, 1)))]
    runs = [model.advance(U, start)[0] for start in starts]
    pairs = [np.sqrt(((a - b) ** 2).mean(1)) for a, b in combinations(runs, 2)]
    distances = np.max(pairs, axis=0)
    apart = np.flatnonzero(~(distances <= tolerance))
    first = int(apart[-1]) + 1 if len(apart) else 0
    return Agreement(first + 1 if first < len(U) else None, distances)
