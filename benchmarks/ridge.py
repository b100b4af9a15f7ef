"""Ridge regression: times faster than reservoirpy on the same rows.

1000 columns, 10 outputs, one penalty, an intercept on both sides. Weights have to agree to 1e-8 of the
largest.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.measure import PEER_MISSING, Row, in_turns, peer, ratio
from millpond.readout import Ridge

_N_COLUMNS = 1000
_N_OUTPUTS = 10
_PENALTY = 1e-6


def rows() -> list[Row]:
    """Measure one long series and many short ones."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30000, _N_COLUMNS)) + 0.5
    Y = X @ rng.normal(size=(_N_COLUMNS, _N_OUTPUTS)) + rng.normal(size=(len(X), _N_OUTPUTS)) + 1
    short = [slice(i, i + 60) for i in range(0, len(X), 60)]
    return [
        *_case("one series of 30000 steps", X, Y, 1.1),
        *_case("500 series of 60 steps", [X[s] for s in short], [Y[s] for s in short], 2.3),
    ]


def _case(what: str, X: Any, Y: Any, asked: float) -> list[Row]:
    def ours() -> Ridge:
        return Ridge(penalty=_PENALTY).fit(X, Y)

    nodes = peer()
    if nodes is None:
        seconds = float(np.median(in_turns(ours, rounds=5)))
        return [Row(f"{what}: fit", seconds, "s"), Row(what, None, "x", asked, note=PEER_MISSING)]

    def theirs() -> Any:
        return nodes.Ridge(ridge=_PENALTY).fit(X, Y)

    a, b = ours(), theirs()
    for mine, other in ((a.coef_.T, b.Wout), (a.intercept_, b.bias)):
        difference = np.abs(mine - other).max() / np.abs(other).max()
        assert difference <= 1e-8, f"{what}: weights differ by {difference}"
    seconds = in_turns(theirs, ours, rounds=7)
    return [Row(f"{what}: fit", float(np.median(seconds[1])), "s"), Row(what, ratio(seconds), "x", asked)]
