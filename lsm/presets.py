"""Networks as numbers, each with where its numbers come from: published columns, and two built for memory.

Everything is in SI units. Four numbers in a row stand for the four kinds of connection EE, EI, IE, II
(from an excitatory or inhibitory neuron, to one); two in a row for excitatory and inhibitory neurons.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from millpond.lsm.units import si_each
from millpond.reservoir import checks

Four = tuple[float, float, float, float]
Two = tuple[float, float]


@dataclass(frozen=True)
class Preset:
    """The constants of a network.

    Attributes
    ----------
    topology : {"column", "random", "chain"}
        How neurons are connected: `millpond.lsm.topology`.
    synapses : str
        The model of synapses that goes with it.
    connection : four floats
        Of a column: C in the probability C exp(-(d / reach)^2) that two neurons a distance d apart are connected.
    reach : float
        Of a column: lambda, in steps of the grid.
    in_degree : int
        Of a random network: connections that reach each neuron.
    groups : int
        Of a chain; other than the preset's, they set `driven` to the first of them unless it is given as well.
    driven : float
        Share of the neurons that receive the input: random ones in a column, the first ones otherwise.
    input_scale : float
        Multiplies the input's amplitudes: a few neurons have to drive the others.
    amplitude : four floats (A)
        Mean A of the absolute synaptic efficacy, with its sign.
    amplitude_spread : float
        Relative standard deviation of A, which is gamma distributed.
    U, D, F : four floats (1, s, s)
        Mean utilisation, recovery and facilitation times; normal with `spread` times the mean.
    spread : float
        Relative standard deviation of U, D and F; a draw that is not positive (or a U above 1) is drawn again.
    delay : four floats (s)
    longest_delay : float (s)
        If longer than `delay`, delays are uniform between the two.
    inhibitory : float
        Share of inhibitory neurons.
    tau_m, resistance, background, threshold, reset : float (s, ohm, A, V, V)
        Membrane; potentials are counted from rest.
    refractory : two floats (s)
    tau_exc, tau_inh : float (s)
        Decay of excitatory and inhibitory synaptic currents.
    noise : float (V)
        Standard deviation of the potential, far from the threshold, under the noise of each neuron.
    initial : two floats (V)
        Potentials at the start are uniform between these.
    papers : tuple of str
    """

    topology: str = "column"
    synapses: str = "tsodyks-markram"
    connection: Four = (0.3, 0.2, 0.4, 0.1)
    reach: float = 2.0
    in_degree: int = 5
    groups: int = 20
    driven: float = 1.0
    input_scale: float = 1.0
    amplitude: Four = (30e-9, 60e-9, -19e-9, -19e-9)
    amplitude_spread: float = 1.0
    U: Four = (0.5, 0.05, 0.25, 0.32)
    D: Four = (1.1, 0.125, 0.7, 0.144)
    F: Four = (0.05, 1.2, 0.02, 0.06)
    spread: float = 0.5
    delay: Four = (1.5e-3, 0.8e-3, 0.8e-3, 0.8e-3)
    longest_delay: float = 0.0
    inhibitory: float = 0.2
    tau_m: float = 30e-3
    resistance: float = 1e6
    background: float = 13.5e-9
    threshold: float = 15e-3
    reset: float = 13.5e-3
    refractory: Two = (3e-3, 2e-3)
    tau_exc: float = 3e-3
    tau_inh: float = 6e-3
    noise: float = 0.0
    initial: Two = (13.5e-3, 15e-3)
    papers: tuple[str, ...] = ()


_MAASS = (
    "Maass, Natschlaeger, Markram (2002), Neural Computation 14:2531, doi:10.1162/089976602760407955",
    "Markram, Wang, Tsodyks (1998), PNAS 95:5323, doi:10.1073/pnas.95.9.5323",
)

_PLAIN: dict[str, Any] = {
    "synapses": "static", "U": (1.0,) * 4, "spread": 0.0, "background": 0.0, "reset": 0.0, "initial": (0.0, 0.0),
    "refractory": (3e-3, 3e-3), "tau_exc": 3e-3, "tau_inh": 3e-3,
}  # fmt: skip

PRESETS = {
    # constants as in Brian2's own example of figure 2 of the paper and in the code of de Azambuja et al.
    "maass2002": Preset(papers=_MAASS),
    # the weak amplitudes of the code that came with the paper: github.com/ricardodeazambuja/IJCNN2017
    "azambuja2017": Preset(
        amplitude=(1.2e-9, 1.6e-9, -3.0e-9, -2.8e-9),
        papers=(
            *_MAASS,
            "de Azambuja et al. (2017), Short-term plasticity in a liquid state machine [...] arm controller, IJCNN",
        ),
    ),
    # ours, for memory: delays of 20 to 120 ms, longer than axons in cortex have
    "delayed": Preset(
        **_PLAIN, topology="random", in_degree=5, driven=0.2, input_scale=8.0,
        amplitude=(30e-9, 30e-9, -120e-9, -120e-9), inhibitory=0.2, delay=(20e-3,) * 4, longest_delay=120e-3,
        tau_m=12e-3,
    ),
    # ours, for memory: what one group fires the next one repeats 100 ms later; nothing comes back
    "chain": Preset(
        **_PLAIN, topology="chain", groups=20, driven=0.05, input_scale=24.0,
        amplitude=(400e-9,) * 4, amplitude_spread=0.0, delay=(100e-3,) * 4, inhibitory=0.0, tau_m=30e-3,
    ),
}  # fmt: skip

_UNITS = {
    "amplitude": "A", "background": "A", "D": "s", "F": "s", "delay": "s", "longest_delay": "s", "tau_m": "s",
    "tau_exc": "s", "tau_inh": "s", "refractory": "s", "resistance": "ohm", "threshold": "V", "reset": "V",
    "noise": "V", "initial": "V",
}  # fmt: skip
_SIZES = {"Four": 4, "Two": 2}
_WHOLE = ("in_degree", "groups")
_POSITIVE = ("reach", "U", "D", "F", "delay", "tau_m", "tau_exc", "tau_inh", "resistance")
_NOT_NEGATIVE = (
    "connection", "spread", "amplitude_spread", "longest_delay", "inhibitory", "driven", "input_scale",
    "refractory", "noise",
)  # fmt: skip
_WORDS = ("topology", "synapses", "papers")


def preset(name: str, constants: dict[str, Any] | None = None) -> Preset:
    """Return the preset called `name` with some of its constants replaced.

    Raises
    ------
    InputError
        An unknown name, or a constant of the wrong unit, number or range.
    """
    found = PRESETS[checks.option("preset", name, PRESETS)]
    sizes = {f.name: _SIZES.get(str(f.type), 1) for f in fields(Preset) if f.name not in _WORDS}
    given: dict[str, Any] = {}
    for key, value in (constants or {}).items():
        checks.option("a key of constants", key, sizes)
        if key in _WHOLE:
            given[key] = checks.integer(key, value, 1)
            continue
        above = 0 if key in _POSITIVE else -1e-300 if key in _NOT_NEGATIVE else None
        entries = si_each(key, value, _UNITS.get(key, ""), sizes[key], above=above)
        given[key] = entries if sizes[key] > 1 else entries[0]
    if found.topology == "chain" and "groups" in given:
        given.setdefault("driven", 1 / given["groups"])  # the first group, whatever its size
    found = replace(found, **given)
    if found.threshold <= found.reset:
        raise checks.InputError(
            f"reset is {found.reset:g} V, but it must be below the threshold of {found.threshold:g} V; lower it"
        )
    for key in ("tau_exc", "tau_inh"):
        if getattr(found, key) == found.tau_m:
            raise checks.InputError(
                f"{key} equals tau_m, which the exact solution does not cover; change either a little"
            )
    if not (0 <= found.inhibitory <= 1 and 0 <= found.driven <= 1 and max(found.U) <= 1):
        raise checks.InputError("inhibitory, driven and U must be between 0 and 1; give such numbers")
    return found
