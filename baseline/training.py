"""One step of training, and prediction: compiled once for each network, kept for all that come after."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from millpond.baseline.losses import flow, loss
from millpond.baseline.unroll import Net, outputs

OPTIMIZERS: dict[str, Callable[[], optax.GradientTransformation]] = {
    "adam": optax.scale_by_adam,
    "rmsprop": optax.scale_by_rms,
    "sgd": lambda: optax.trace(decay=0.9),
}
"""Kingma and Ba 2015, arXiv:1412.6980; Tieleman and Hinton 2012; momentum 0.9 (Polyak 1964)."""


class Compiled(NamedTuple):
    """What a network needs to be trained and used.

    Attributes
    ----------
    rest : function (params) -> state of the optimiser
    step : function (params, state, batch, rates) -> (params, state, loss before the step)
        ``rates`` are numbers that may change at no cost: ``learning_rate``, ``weight_decay``, ``clip``, ``flow``.
    loss : function (params, batch) -> number
    outputs : function (params, X, lengths) -> Array
    """

    rest: Callable
    step: Callable
    loss: Callable
    outputs: Callable


@lru_cache(maxsize=128)
def compiled(net: Net, task: str, optimizer: str, regularised: bool) -> Compiled:
    """Return the functions of a network; XLA compiles each at the first batch of a shape, and never again.

    Weights decay apart from the gradient (Loshchilov and Hutter 2019, arXiv:1711.05101), biases do not.
    """
    direction = OPTIMIZERS[optimizer]()

    def cost(params: Any, batch: Any, rates: Any) -> Any:
        value = loss(net, task, params, batch)
        return value + rates["flow"] * flow(net, task, params, batch) if regularised else value

    def step(params: Any, state: Any, batch: Any, rates: Any) -> Any:
        value, gradient = jax.value_and_grad(cost)(params, batch, rates)
        gradient = clipped(gradient, rates["clip"])
        change, state = direction.update(gradient, state, params)
        decay = rates["weight_decay"]

        def moved(p: Any, c: Any) -> Any:
            return p - rates["learning_rate"] * (c + decay * p if p.ndim > 1 else c)

        return jax.tree.map(moved, params, change), state, value

    return Compiled(
        direction.init,
        jax.jit(step),
        jax.jit(lambda params, batch: loss(net, task, params, batch)),
        jax.jit(lambda params, X, lengths: outputs(net, params, X, lengths)),
    )


def clipped(gradient: Any, norm: Any) -> Any:
    """Return the gradient, shortened to `norm` where it is longer (Pascanu et al. 2013, arXiv:1211.5063)."""
    length = jnp.sqrt(sum((g**2).sum() for g in jax.tree.leaves(gradient)))
    factor = jnp.minimum(1.0, norm / (length + 1e-12))
    return jax.tree.map(lambda g: g * factor, gradient)


def constant(share: float) -> float:
    """Return 1: the rate as given throughout."""
    return 1.0


def cosine(share: float) -> float:
    """Return half a cosine from 1 to 0 (Loshchilov and Hutter 2017, arXiv:1608.03983)."""
    return 0.5 * (1 + math.cos(math.pi * share))


def one_cycle(share: float) -> float:
    """Return a rise from 0.2 to 1 over the first fifth, then a fall to 0, both by half cosines (arXiv:1708.07120)."""
    return 0.2 + 0.8 * (1 - cosine(share / 0.2)) if share < 0.2 else cosine((share - 0.2) / 0.8)


SCHEDULES = {"constant": constant, "cosine": cosine, "one-cycle": one_cycle}
"""The share of the learning rate to take when a share of the training is over."""
