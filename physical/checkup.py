"""What a physicist would object to in a set-up, in one sentence each, with the numbers in it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from millpond.physical.modes import Basin, frequency

_STEEP = 0.2  # ka: Stokes's second harmonic of deep gravity waves has ka / 2 of the amplitude
_CAUSTIC = 0.01  # share of pixels
_SLOW = 5  # rows: a beat that lasts longer blurs what the rows have to say


def concerns(basin: Basin, carriers: np.ndarray, hold: float, slope: float, crossed: float) -> Iterator[str]:
    """Yield what speaks against a fitted tank.

    Parameters
    ----------
    basin : Basin
    carriers : ndarray (n_motors,)
        Of the motors that press, Hz; 0 for one that does not swing.
    hold : float
        Seconds for each row.
    slope : float
        Root mean square, of signal and reference together.
    crossed : float
        Share of the pixels whose rays have crossed.
    """
    for hertz in np.unique(carriers[carriers > 0]):
        yield from _beating(float(hertz), hold)
        yield from _too_short(basin, float(hertz))
    if slope > _STEEP:
        yield (
            f"the waves have slopes of {slope:.2g} (root mean square), but the model is linear: at 0.2 the second "
            "harmonic of deep gravity waves has 10 % of the amplitude; lower slope, reference or pressure"
        )
    if crossed > _CAUSTIC:
        yield (
            f"in {100 * crossed:.2g} % of the pixels the light crosses before the screen (beyond a caustic), where its "
            "brightness tells little of the surface; lower slope, reference or distance"
        )


def beat(hertz: float, hold: float) -> float:
    """Return how many rows the beat of a carrier's brightness with the rows lasts; infinite without a beat."""
    cycles = 2 * hertz * hold  # brightness swings twice a period
    away = abs(cycles - round(cycles))
    return np.inf if away < 1e-6 or cycles < 0.5 else 1 / away  # below half a cycle every swing is seen


def _beating(hertz: float, hold: float) -> Iterator[str]:
    rows = beat(hertz, hold)
    if _SLOW + 1e-6 < rows < np.inf:
        yield (
            f"the carrier of {hertz:g} Hz makes {hertz * hold:.4g} periods in the {hold:g} s of a row, so the camera "
            f"sees it beat once in {rows:.3g} rows; take {max(1, round(hertz * hold)) / hold:.4g} Hz for whole periods "
            "or a frequency far from that"
        )


def _too_short(basin: Basin, hertz: float) -> Iterator[str]:
    fastest = min(frequency(basin)[-1, 0], frequency(basin)[0, -1]) / (2 * np.pi)
    if hertz > fastest:
        yield (
            f"the carrier of {hertz:g} Hz makes waves shorter than the shortest mode along a side ({fastest:.3g} Hz); "
            "take more modes or a slower carrier"
        )
