"""An epoch of training on spoken digits, against PyTorch on the same batches.

2500 sequences of 24 to 60 steps and 48 channels, 128 units, batches of 64 of similar length, Adam with decay and
clipping on both sides; what is compiled is compiled before. The signals are drawn: time does not depend on
what they say.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.measure import Row, in_turns, ratio
from millpond.baseline import RecurrentNetwork

_N_SEQUENCES, _N_CHANNELS, _N_UNITS = 2500, 48, 128


def rows() -> list[Row]:
    """Measure an epoch of the LSTM and of the GRU."""
    if "jax" not in sys.modules:  # it reads this when it begins
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    try:
        torch = importlib.import_module("torch")
        torch.set_num_threads(1)
    except ImportError:
        torch = None
    found = []
    for cell in ("lstm", "gru"):
        here, batches = _epoch(cell)
        seconds = in_turns(here, *([] if torch is None else [_epoch_of_torch(torch, cell, batches)]), rounds=5)
        found.append(Row(f"an epoch of the {cell}", float(np.median(seconds[0])), "s"))
        if torch is None:
            found.append(Row(f"{cell} in PyTorch's time", None, "x", 1.2, True, "PyTorch is not installed"))
        else:
            found.append(Row(f"{cell} in PyTorch's time", ratio(seconds), "x", 1.2, at_most=True))
    return found


def _epoch(cell: str) -> tuple[Callable[[], None], list[dict[str, Any]]]:
    from millpond.baseline import build, fitting
    from millpond.baseline.targets import understood

    rng = np.random.default_rng(0)
    X = [rng.standard_normal((n, _N_CHANNELS), np.float32) for n in rng.integers(24, 61, _N_SEQUENCES)]
    targets = understood(rng.integers(0, 10, _N_SEQUENCES), list(map(len, X)))
    model = RecurrentNetwork(cell=cell, n_units=_N_UNITS, weight_decay=1e-2, random_state=0)
    net, plan = build.net(model, _N_CHANNELS, targets), build.plan(model, 0)
    part, _ = build.parts(model, X, targets, None, 0)
    functions, course = build.start(model, net, plan, targets.task)
    batches = [make() for make in fitting.noisy(net, part, plan, 0)]
    rates = {"learning_rate": 1e-3, "weight_decay": 1e-2, "clip": 1.0, "flow": 0.0}
    single = {name: np.float32(value) for name, value in rates.items()}

    def epoch() -> None:
        for batch in batches:
            course.params, course.optimizer, value = functions.step(course.params, course.optimizer, batch, single)
        value.block_until_ready()

    return epoch, batches


def _epoch_of_torch(torch: Any, cell: str, batches: list[dict[str, Any]]) -> Callable[[], None]:
    layer = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell](_N_CHANNELS, _N_UNITS)
    head = torch.nn.Linear(_N_UNITS, 10)
    weights = [*layer.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(weights, 1e-3, weight_decay=1e-2)
    given = []
    for b in batches:
        share = (np.arange(len(b["X"]))[:, None] < b["lengths"]) / b["lengths"].astype(np.float32)
        arrays = b["X"], share[..., None].astype(np.float32), b["target"].astype(np.int64), b["weight"]
        given.append([torch.from_numpy(a) for a in arrays])

    def epoch() -> None:
        for X, share, target, weight in given:
            optimizer.zero_grad()
            each = torch.nn.functional.cross_entropy(head((layer(X)[0] * share).sum(0)), target, reduction="none")
            ((each * weight).sum() / weight.sum()).backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()

    return epoch
