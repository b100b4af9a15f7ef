"""From the parameters of a `RecurrentNetwork`, here `m`, to what computes; imported at its fit, as it needs JAX."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from millpond.baseline import checkpoint as files
from millpond.baseline.batches import Noise
from millpond.baseline.cells import CELLS
from millpond.baseline.fitting import Course, Part, Plan, train
from millpond.baseline.initial import RECURRENT, initial
from millpond.baseline.targets import Targets
from millpond.baseline.training import OPTIMIZERS, SCHEDULES, Compiled, compiled
from millpond.baseline.unroll import Net, head, layer
from millpond.reservoir import checks

__all__ = ["generated", "keep", "net", "net_of", "parts", "plan", "resumed", "start", "start_params", "train"]


def net(m: Any, n_inputs: int, targets: Targets) -> Net:
    """Return the checked network of `m` for data of this shape."""
    periods = tuple(checks.integer("periods", p, 1) for p in m.periods)
    n_units = checks.integer("n_units", m.n_units, 1)
    if periods and n_units % len(periods):
        raise checks.InputError(
            f"n_units is {n_units}, which {len(periods)} periods do not divide; give a multiple of {len(periods)}"
        )
    n_layers = checks.integer("n_layers", m.n_layers, 1)
    bidirectional = bool(m.bidirectional)
    if m.cell == "jordan" and (n_layers > 1 or bidirectional or (m.pooling == "segments" and targets.task == "label")):
        raise checks.InputError(
            "cell is 'jordan', whose output is fed back into its only layer; set n_layers=1, bidirectional=False "
            "and pooling 'mean' or 'last'"
        )
    if m.flow_penalty and (n_layers > 1 or bidirectional):
        raise checks.InputError(
            f"flow_penalty is {m.flow_penalty}, which needs one layer forward in time; set n_layers=1 and "
            "bidirectional=False, or flow_penalty=0"
        )
    pooling = checks.option("pooling", m.pooling, ("mean", "last", "segments"))
    return Net(
        checks.option("cell", m.cell, CELLS), n_inputs, n_units, targets.n_outputs, n_layers, bidirectional,
        pooling if targets.task == "label" else "none", checks.integer("n_segments", m.n_segments, 1),
        checks.number("leak_rate", m.leak_rate, 0, 1, above=0), periods, checks.integer("skip", m.skip),
        checks.integer("truncate", m.truncate),
    )  # fmt: skip


def net_of(m: Any) -> Net:
    """Return the network of a fitted `m`."""
    return net(m, m.n_features_in_, Targets(m.task_, m.classes_, [], [], np.zeros(0), np.zeros(0), m.n_outputs_))


def plan(m: Any, seed: int) -> Plan:
    """Return the checked course of training of `m`."""
    share = {name: checks.number(name, getattr(m, name), 0, 0.99) for name in ("dropout", "input_dropout")}
    blend = checks.number("blend", m.blend, 0, 1)
    size = {name: checks.number(name, getattr(m, name), 0) for name in ("input_noise", "offset_noise", "stretch")}
    return Plan(
        n_epochs=checks.integer("n_epochs", m.n_epochs, 1),
        batch_size=checks.integer("batch_size", m.batch_size, 1),
        learning_rate=checks.number("learning_rate", m.learning_rate, above=0),
        schedule=checks.option("schedule", m.schedule, SCHEDULES),
        weight_decay=checks.number("weight_decay", m.weight_decay, 0),
        clip=np.inf if m.clip == np.inf else checks.number("clip", m.clip, above=0),
        flow=checks.number("flow_penalty", m.flow_penalty, 0),
        dropout=share["dropout"],
        noise=Noise(size["input_noise"], size["offset_noise"], blend, size["stretch"], share["input_dropout"]),
        patience=None if m.patience is None else checks.integer("patience", m.patience, 1),
        seed=seed,
    )


def parts(m: Any, signals: list[np.ndarray], targets: Targets, groups: Any, seed: int) -> tuple[Part, Part | None]:
    """Return the training part and, where training may stop early, whole groups for validation."""
    if targets.task != "label" and m.stretch:
        raise checks.InputError(
            f"stretch is {m.stretch}, which would shift inputs against the targets of their steps; set stretch=0"
        )
    if targets.task != "label" and m.blend:
        raise checks.InputError(f"blend is {m.blend}, which needs one label for each sequence; set blend=0")
    dtype = np.float32 if targets.task == "values" else np.int32
    whole = Part(targets.task, signals, [np.asarray(t, dtype) for t in targets.each], targets.asked)
    if m.patience is None:
        return whole, None
    n = len(signals)
    names = np.arange(n) if groups is None else checks.per_sequence("groups", groups, n)
    distinct = np.unique(names)
    share = checks.number("validation_share", m.validation_share, 0, 1, above=0)
    n_out = max(1, round(share * len(distinct)))
    if n_out >= len(distinct):
        raise checks.InputError(
            f"{len(distinct)} group(s) leave none to train on besides {n_out} for validation; give more groups, a "
            "smaller validation_share, or patience=None"
        )
    out = np.isin(names, np.random.default_rng([seed, 2**32]).permutation(distinct)[:n_out])

    def part(chosen: np.ndarray) -> Part:
        asked = [whole.asked[i] for i in chosen] if whole.asked else []
        return Part(targets.task, [signals[i] for i in chosen], [whole.targets[i] for i in chosen], asked)

    return part(np.flatnonzero(~out)), part(np.flatnonzero(out))


def start_params(m: Any, net: Net, seed: int) -> Any:
    """Return the weights before training."""
    recurrent = checks.option("recurrent_init", m.recurrent_init, RECURRENT)
    radius = checks.number("spectral_radius", m.spectral_radius, above=0)
    return initial(net, recurrent, radius, np.random.default_rng([seed, 2**32 + 1]))


def start(m: Any, net: Net, plan: Plan, task: str) -> tuple[Compiled, Course]:
    """Return the compiled functions and a training at its beginning."""
    functions = compiled(net, task, checks.option("optimizer", m.optimizer, OPTIMIZERS), plan.flow > 0)
    params = start_params(m, net, plan.seed)
    return functions, Course(params, functions.rest(params), params)


def keep(path: str | Path, name: str, plan: Plan, course: Course) -> None:
    """Write a checkpoint."""
    what = {"training": name, "seed": plan.seed, "epoch": course.epoch, "waited": course.waited,
            "losses": course.losses, "validation_losses": course.validation_losses}  # fmt: skip
    trees = {"params": course.params, "optimizer": course.optimizer, "best": course.best_params}
    files.write(path, what, trees, {})


def resumed(path: str | Path, name: str, plan: Plan, like: Course) -> tuple[Plan, Course]:
    """Return the plan and the course that a checkpoint holds."""
    what, held = files.read(path)
    if what.get("training") != name:
        raise checks.InputError(
            f"{path} is the checkpoint of another training (other parameters or data); delete it or name another file"
        )
    course = Course(
        files.filled("params", like.params, held),
        files.filled("optimizer", like.optimizer, held),
        files.filled("best", like.best_params, held),
        *(what[name] for name in ("epoch", "waited", "losses", "validation_losses")),
    )
    return replace(plan, seed=what["seed"]), course


@lru_cache(maxsize=32)
def _one_step(net: Net) -> Any:
    def one_step(params: Any, x: Any, carried: Any) -> Any:
        after = []
        for (own,), start in zip(params["layers"], carried, strict=True):
            every, end = layer(net, own | params["head"] if net.cell == "jordan" else own, x, start)
            x = every[0]
            after.append(end)
        return head(net, params, x, jnp.ones(1, int))[-1, 0], after

    return jax.jit(one_step)


def generated(m: Any, prompt: np.ndarray, n_steps: int, temperature: float, rng: np.random.Generator) -> np.ndarray:
    """Return what `m` says after `prompt`, fed with its own outputs."""
    from millpond.baseline.unroll import rest

    shape = net_of(m)
    one_step = _one_step(shape)
    carried = [rest(shape, 1, np.float32)] * shape.n_layers
    for x in prompt:
        out, carried = one_step(m.params_, x[None, None], carried)
    said = []
    for _ in range(n_steps):
        given = np.asarray(out)
        if m.task_ == "values":
            said.append(given * m._scale + m._mean)
            x = said[-1].astype(np.float32)
        else:
            # adding Gumbel noise and taking the largest draws from the softmax
            noise = rng.gumbel(size=given.shape) * temperature if temperature else 0.0
            said.append(np.argmax(given + noise))
            x = np.eye(len(given), dtype=np.float32)[said[-1]]
        out, carried = one_step(m.params_, x[None, None], carried)
    return np.array(said) if m.task_ == "values" else m.classes_[np.array(said)]
