"""Neurons and synapses as Brian2 equations: the table of models, and the place for your own.

Every neuron hears three currents (`CURRENTS`). Names that equations may use are those of the column: R, tau_m,
I_background, v_threshold, v_reset. Potentials of the integrate-and-fire models count from rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from millpond.lsm.units import si_each
from millpond.reservoir import checks

CURRENTS = """
dg_exc/dt = -g_exc/tau_exc : amp
dg_inh/dt = -g_inh/tau_inh : amp
dg_in/dt = -g_in/tau_in{drive} : amp
n_refractory : integer (constant)
free_from : integer
"""


@dataclass(frozen=True)
class NeuronModel:
    """A neuron.

    Parameters
    ----------
    equations : str
        Of the potential v (volt) and what else there is, in Brian2's language.
    threshold, reset : str
    constants : dict
        Numbers, Brian2 quantities or texts of numbers and units joined by ``*``, ``/`` and ``**``, such as "281*pF".
    initial : two numbers or quantities (V), optional
        Potentials at the start are uniform between these; those of the preset if left out.
    start : dict
        Other variables at the start, as texts: ``{"u": "b*v"}``.
    refractory : two numbers or quantities (s), optional
        Of excitatory and inhibitory neurons; those of the preset if left out.
    shown : two numbers or quantities (V), optional
        Potentials that stand for 0 and 1 in the state; reset and threshold of the preset if left out.
    method : str
        Of integration.
    papers : tuple of str
    """

    equations: str
    threshold: str = "v > v_threshold"
    reset: str = "v = v_reset"
    constants: dict[str, Any] = field(default_factory=dict)
    initial: Any = None
    start: dict[str, str] = field(default_factory=dict)
    refractory: Any = None
    shown: Any = None
    method: str = "euler"
    papers: tuple[str, ...] = ()


@dataclass(frozen=True)
class SynapseModel:
    """A synapse between neurons.

    Parameters
    ----------
    equations : str
        May declare A (amp), U (1), D and F (second) to be given what the preset draws.
    on_pre : str
        What a spike does when it arrives; ``g_post`` is the current of its sign in the neuron it reaches.
    start : dict
        Variables at the start, as texts.
    papers : tuple of str
    """

    equations: str
    on_pre: str
    start: dict[str, str] = field(default_factory=dict)
    papers: tuple[str, ...] = ()


NEURONS = {
    # leaky integrate-and-fire, driven by currents: the neuron of the paper, and the one numba knows
    "lif": NeuronModel(
        "dv/dt = (-v + R*(g_exc + g_inh + g_in + I_background))/tau_m : volt (unless refractory)",
        method="exact",
    ),
    # the same driven by conductances: g is the current a synapse would send at rest, g/E its conductance
    "lif-conductance": NeuronModel(
        """
        dv/dt = (-v + R*(g_exc*(1 - v/E_exc) + g_inh*(1 - v/E_inh) + g_in + I_background))/tau_m \
                : volt (unless refractory)
        """,
        constants={"E_exc": "70*mV", "E_inh": "-10*mV"},
        method="exponential_euler",
    ),
    # a spike leaves a current behind that holds the neuron back
    "adaptive-lif": NeuronModel(
        """
        dv/dt = (-v + R*(g_exc + g_inh + g_in + I_background - w))/tau_m : volt (unless refractory)
        dw/dt = -w/tau_w : amp
        """,
        reset="v = v_reset; w += b",
        constants={"tau_w": "200*ms", "b": "1*nA"},
        method="exponential_euler",
    ),
    # the two below: synapses move the potential as fast as they do in the paper's neuron, and the background is
    # the same share of the least current that makes the neuron fire for ever (I_rheobase)
    "adex": NeuronModel(
        """
        dv/dt = (g_L*(E_L - v) + g_L*Delta_T*exp((v - V_T)/Delta_T) - w + I_rheobase*R*I_background/v_threshold)/C \
                + (g_exc + g_inh + g_in)*R/tau_m : volt
        dw/dt = (a*(v - E_L) - w)/tau_w : amp
        """,
        threshold="v > V_T + 5*Delta_T",
        reset="v = E_L; w += b",
        constants={
            "C": "281*pF", "g_L": "30*nS", "E_L": "-70.6*mV", "V_T": "-50.4*mV", "Delta_T": "2*mV",
            "tau_w": "144*ms", "a": "4*nS", "b": "80.5*pA", "I_rheobase": "627.2*pA",
        },
        initial=(-70.6e-3, -52e-3), refractory=(0.0, 0.0), shown=(-70.6e-3, -50.4e-3),
        papers=("Brette, Gerstner (2005), Journal of Neurophysiology 94:3637, doi:10.1152/jn.00686.2005",),
    ),
    # regular spiking; other constants make the other types
    "izhikevich": NeuronModel(
        """
        dv/dt = (0.04/mV*v**2 + 5*v + 140*mV - u + I_rheobase*R*I_background/v_threshold)/ms \
                + (g_exc + g_inh + g_in)*R/tau_m : volt
        du/dt = a*(b*v - u)/ms : volt
        """,
        threshold="v > 30*mV",
        reset="v = c; u += d",
        constants={"a": "0.02", "b": "0.2", "c": "-65*mV", "d": "8*mV", "I_rheobase": "3.7975*mV"},
        initial=(-70e-3, -60e-3), start={"u": "b*v"}, refractory=(0.0, 0.0), shown=(-70e-3, -50e-3),
        papers=("Izhikevich (2003), IEEE Transactions on Neural Networks 14:1569, doi:10.1109/TNN.2003.820440",),
    ),
}  # fmt: skip

SYNAPSES = {
    # u and x of the paper, where a spike finds them; a neuron may have its own u and x
    "tsodyks-markram": SynapseModel(
        """
        A : amp (constant)
        U : 1 (constant)
        D : second (constant)
        F : second (constant)
        du_syn/dt = -u_syn/F : 1 (event-driven)
        dx_syn/dt = (1 - x_syn)/D : 1 (event-driven)
        """,
        on_pre="u_syn += U*(1 - u_syn); g_post += A*u_syn*x_syn; x_syn *= 1 - u_syn",
        start={"x_syn": "1"},
        papers=("Markram, Wang, Tsodyks (1998), PNAS 95:5323, doi:10.1073/pnas.95.9.5323",),
    ),
    # A is the drawn A U: what the first spike does through a dynamic synapse
    "static": SynapseModel("A : amp (constant)", on_pre="g_post += A"),
}


def models(neurons: Any, synapses: Any) -> tuple[NeuronModel, SynapseModel]:
    """Return the models that names or models of one's own stand for, all numbers as SI floats or texts.

    Raises
    ------
    InputError
        An unknown name, equations that Brian2 cannot read, none for v in volt, a name that both have, or chance
        that no seed holds.
    """
    cell = neurons if isinstance(neurons, NeuronModel) else NEURONS[checks.option("neurons", neurons, NEURONS)]
    link = synapses if isinstance(synapses, SynapseModel) else SYNAPSES[checks.option("synapses", synapses, SYNAPSES)]
    if isinstance(neurons, str) and isinstance(synapses, str):
        return cell, link
    from brian2 import volt

    of_cell, of_link = _read("neurons", cell.equations), _read("synapses", link.equations)
    if "v" not in of_cell or of_cell["v"].dim is not volt.dim:
        raise checks.InputError("the equations of the neurons have no v in volt; call the potential v")
    _seeded("neurons", cell.equations, cell.threshold, cell.reset, *cell.start.values())
    _seeded("synapses", link.equations, link.on_pre, *link.start.values())
    shared = sorted(set(of_cell) & set(of_link))
    if shared:
        raise checks.InputError(f"neurons and synapses both have a variable {shared[0]}; rename one of them")
    return _bare(cell), link


def _read(whose: str, text: str) -> Any:
    from brian2 import Equations
    from brian2.equations.equations import EquationError

    try:
        return Equations(text)
    except (EquationError, SyntaxError, ValueError) as error:
        raise checks.InputError(
            f"the equations of the {whose} cannot be read ({' '.join(str(error).split())}); write them as for Brian2"
        ) from None


def _seeded(whose: str, *texts: str) -> None:
    """Refuse chance of Brian2's own: it would come from no `random_state`, and differ from engine to engine."""
    found = re.search(r"\b(xi(_\w+)?|rand|randn|poisson|binomial)\b", re.sub("#.*", "", "\n".join(texts)))
    if found:
        raise checks.InputError(
            f"the equations of the {whose} use {found[0]}, which random_state does not control; remove it, and set "
            'constants={"noise": ...} for noise on the potential'
        )


def _bare(given: NeuronModel) -> NeuronModel:
    pairs: dict[str, Any] = {}
    for name, unit in (("initial", "V"), ("refractory", "s"), ("shown", "V")):
        value = getattr(given, name)
        pairs[name] = None if value is None else si_each(name, value, unit, 2)
    return replace(given, constants={name: as_text(value) for name, value in given.constants.items()}, **pairs)


def as_text(value: Any) -> str:
    """Return a number, a Brian2 quantity or a text as a text that Brian2 reads."""
    if isinstance(value, str):
        return value
    units = ("metre", "kilogram", "second", "amp", "kelvin", "mole", "candela")
    powers = getattr(getattr(value, "dim", None), "_dims", (0,) * 7)
    return "*".join([repr(float(value)), *(f"{unit}**{p}" for unit, p in zip(units, powers, strict=True) if p)])
