"""The same column in NEST (tsodyks2), for comparison: ``PYTHON -m benchmarks.lsm_nest FOLDER`` in a Python that has it.

It reads ``column.npz``, runs all utterances one after the other in one simulation, which spares NEST all building, and
prints the CPU time of that and the number of spikes. Nothing of ours is imported.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

_MV, _MS, _PA, _PF, _MOHM = 1e3, 1e3, 1e12, 1e12, 1e-6


def run(folder: Path) -> dict[str, float]:
    """Return the CPU seconds of building and of simulating, and the number of spikes."""
    import nest

    c = dict(np.load(folder / "column.npz"))
    start = time.process_time()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.ResetKernel()
    nest.SetKernelStatus({"resolution": float(c["dt"]) * _MS, "local_num_threads": 1})
    n = len(c["v0"])
    neurons = nest.Create("iaf_psc_exp_multisynapse", n, {
        "C_m": float(c["tau_m"] / c["resistance"]) * _PF, "tau_m": float(c["tau_m"]) * _MS, "E_L": 0.0,
        "V_th": float(c["threshold"]) * _MV, "V_reset": float(c["reset"]) * _MV, "I_e": float(c["background"]) * _PA,
        "tau_syn": [float(t) * _MS for t in c["taus"]],
    })  # fmt: skip
    neurons.V_m = (c["v0"] * _MV).tolist()
    neurons.t_ref = ((c["refractory"] - c["dt"]) * _MS).tolist()  # NEST counts the step of the spike, too
    ids = np.array(neurons.tolist())
    for receptor, chosen in ((1, c["weight"] > 0), (2, c["weight"] <= 0)):
        nest.Connect(ids[c["pre"][chosen]], ids[c["post"][chosen]], "one_to_one", {
            "synapse_model": "tsodyks2_synapse", "weight": c["weight"][chosen] * _PA, "delay": c["delay"][chosen] * _MS,
            "U": c["U"][chosen], "u": c["U"][chosen], "x": np.ones(chosen.sum()), "tau_rec": c["D"][chosen] * _MS,
            "tau_fac": c["F"][chosen] * _MS, "receptor_type": np.full(chosen.sum(), receptor),
        })  # fmt: skip
    lines = nest.Create("spike_generator", len(c["W_in"]))
    for k, line in enumerate(lines):
        line.spike_times = np.round(c["times"][c["lines"] == k] * _MS, 1)
        nest.Connect(line, neurons, "all_to_all", {
            "synapse_model": "static_synapse", "weight": c["W_in"][k][:, None] * _PA, "delay": float(c["dt"]) * _MS,
            "receptor_type": 3,
        })  # fmt: skip
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    nest.Prepare()
    built = time.process_time()
    nest.Run(float(c["duration"]) * _MS)
    return {"build": built - start, "simulate": time.process_time() - built, "spikes": int(recorder.n_events)}


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]))))
