"""Build a C++ program of a liquid with Brian2, in a process of its own: ``python -m millpond.lsm.building FOLDER``.

A process of its own because Brian2's device is one for the whole process, and belongs to whoever uses it.
The folder holds ``liquid.npz`` and ``build.json``; the program and ``program.json`` are put beside them.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from millpond.lsm.liquid import Liquid
from millpond.lsm.models import NeuronModel, SynapseModel
from millpond.lsm.presets import Preset

NEVER = 1e9  # s
_DESCRIBED = ("constants", "neurons", "synapses", "graded")

HALT = """
double halt(double t, double end) {
    if (t > end) Network::_globally_stopped = true;
    return 0.0;
}
"""


def described(liquid: Liquid, **settings: Any) -> tuple[dict[str, np.ndarray], str]:
    """Return `liquid` and the settings of a build (those of `build`) as arrays and a text."""
    arrays = {f.name: getattr(liquid, f.name) for f in fields(Liquid) if f.name not in _DESCRIBED}
    facts = {name: asdict(getattr(liquid, name)) for name in _DESCRIBED if name != "graded"}
    return arrays, json.dumps({**facts, "graded": liquid.graded, **settings})


def save(folder: Path, arrays: dict[str, np.ndarray], facts: str) -> None:
    """Write what `described` returned to `folder`."""
    np.savez(folder / "liquid.npz", **arrays)  # type: ignore[arg-type]
    (folder / "build.json").write_text(facts)


def load(folder: Path) -> tuple[Liquid, dict[str, Any]]:
    """Return the liquid and the settings that `save` wrote."""
    settings = json.loads((folder / "build.json").read_text())
    described: dict[str, Any] = {"graded": settings.pop("graded")}
    kinds: dict[str, Any] = {"constants": Preset, "neurons": NeuronModel, "synapses": SynapseModel}
    for name, kind in kinds.items():
        values: dict[str, Any] = settings.pop(name)
        described[name] = kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})
    with np.load(folder / "liquid.npz") as arrays:
        return Liquid(**described, **arrays), settings


def seal(folder: Path) -> None:
    """Add the hashes of all files of a program to ``program.json``."""
    path = folder / "program.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sha256": _hashes(folder)}))


def is_whole(folder: Path) -> bool:
    """Return whether there is a program whose files are as they were built."""
    try:
        kept: dict[str, Any] = json.loads((folder / "program.json").read_text())["sha256"]
        return bool(kept) and _hashes(folder) == kept
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in (folder / "code").rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def build(
    folder: Path, liquid: Liquid, dt: float, n_sub: int, n_replicas: int, capacity: int, n_rows: int, membrane: bool
) -> None:
    """Write, compile and describe the program.

    Its input is a table of spike times, each line's in a row and closed by `NEVER`; a line has a pointer to its
    next entry. A graded input is a table of `n_rows` rows in its place. Tables, pointers and the end of the run are
    set on the command line.
    """
    from brian2 import (
        Clock,
        EventMonitor,
        Function,
        Network,
        NeuronGroup,
        SpikeMonitor,
        TimedArray,
        device,
        prefs,
        second,
        set_device,
    )  # fmt: skip

    from millpond.lsm import brian

    set_device("cpp_standalone", build_on_run=False, directory=str(folder / "code"))
    prefs.devices.cpp_standalone.extra_make_args_unix = ["-j2"]
    clock = Clock(dt * second)
    table = TimedArray(np.full(capacity, NEVER) * second, dt=1 * second, name="table")
    source = NeuronGroup(
        liquid.n_lines * n_replicas, "pointer : 1\nnext_spike : second", threshold="t > next_spike - 0.5*dt",
        reset="pointer += 1; next_spike = table(pointer*second)", namespace={"table": table}, clock=clock, name="input",
    )  # fmt: skip
    neurons = brian.neurons(liquid, n_replicas, clock, {"row": f"t_in_timesteps % {n_sub} == 0"} if membrane else {})
    if liquid.graded:
        brian.driven(neurons, np.zeros((n_rows, liquid.n_neurons * n_replicas)), n_sub * dt)
    monitors = [SpikeMonitor(neurons, name="spikes")]
    if membrane:
        neurons.set_event_schedule("row", when="start")
        monitors.append(EventMonitor(neurons, "row", "v", when="start", order=1, name="rows"))
    halt = Function(lambda t, end: 0, arg_units=[second, second], return_unit=1, stateless=False)
    halt.implementations.add_implementation("cpp", HALT)
    end = NeuronGroup(1, "stop_at : second\nstopped : 1", namespace={"halt": halt}, clock=clock, name="end")
    end.run_regularly("stopped = halt(t, stop_at)", when="end")
    network = Network(neurons, source, end, *monitors, *brian.synapses(liquid, neurons, source, n_replicas, clock))
    network.run(NEVER * second, namespace={})
    device.build(run=False, compile=True, directory=str(folder / "code"))
    wanted = {
        "units": monitors[0].variables["i"],
        "times": monitors[0].variables["t"],
        "pointer": source.variables["pointer"],
    }
    if membrane:
        wanted |= {"row_units": monitors[1].variables["i"], "row_potentials": monitors[1].variables["v"]}
    files = {name: Path(device.get_array_filename(variable)).name for name, variable in wanted.items()}
    (folder / "program.json").write_text(json.dumps(files))


if __name__ == "__main__":
    where = Path(sys.argv[1])
    liquid, settings = load(where)
    build(where, liquid, **settings)
