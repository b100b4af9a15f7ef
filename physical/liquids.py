"""The liquids a tank can hold."""

from __future__ import annotations

from dataclasses import dataclass

from millpond.reservoir import checks


@dataclass(frozen=True)
class Liquid:
    """What of a liquid matters to its waves.

    Attributes
    ----------
    density : float
        kg/m^3.
    surface_tension : float
        Against air, N/m.
    viscosity : float
        Kinematic, m^2/s.
    """

    density: float
    surface_tension: float
    viscosity: float


# At 20 degrees, rounded to what moves no wave by more than a per cent (CRC Handbook of Chemistry and Physics).
LIQUIDS = {
    "water": Liquid(998.2, 0.0728, 1.004e-6),
    "ethanol": Liquid(789.0, 0.0223, 1.52e-6),
    "mercury": Liquid(13546.0, 0.485, 1.15e-7),
    "glycerol-50": Liquid(1126.0, 0.0699, 5.33e-6),  # half glycerol, half water by mass
}


def liquid(given: str | Liquid) -> Liquid:
    """Return the liquid of that name, or `given` itself once its values are seen to be possible."""
    if not isinstance(given, Liquid):
        return LIQUIDS[checks.option("liquid", given, LIQUIDS)]
    checks.number("density", given.density, above=0)
    checks.number("surface_tension", given.surface_tension, 0)
    checks.number("viscosity", given.viscosity, 0)
    return given
