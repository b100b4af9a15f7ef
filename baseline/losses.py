"""What training makes small."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array, lax

from millpond.baseline.cells import Params, State
from millpond.baseline.unroll import Net, drive, head, layer, move, outputs, recurrent, rest


def error(task: str, given: Array, target: Array, weight: Array) -> Array:
    """Return the mean over what has weight: cross entropy of labels, or half the squared error of values."""
    if task == "values":
        each = 0.5 * ((given - target) ** 2).sum(-1)
    else:
        each = optax.softmax_cross_entropy_with_integer_labels(given, target)
    return (weight * each).sum() / weight.sum()


def loss(net: Net, task: str, params: Params, batch: dict[str, Any]) -> Array:
    """Return the error of a batch: ``X`` (n_steps, batch, n_inputs), ``lengths``, ``target``, ``weight``, ``keep``."""
    given = outputs(net, params, batch["X"], batch["lengths"], batch.get("keep"))
    return error(task, given, batch["target"], batch["weight"])


def flow(net: Net, task: str, params: Params, batch: dict[str, Any]) -> Array:
    r"""Return how far errors change in length on their way back, (|d J| / |d| - 1)^2 on average over steps.

    The regulariser of Pascanu, Mikolov and Bengio (2013, arXiv:1211.5063, equation 9) for one layer, with
    :math:`d = \partial E / \partial s_{t+1}` and :math:`J = \partial s_{t+1} / \partial s_t`; as there, only the
    immediate dependence of J on the weights counts. s is the whole state: of an LSTM, outputs and cells.
    """
    X, lengths = batch["X"], batch["lengths"]
    own = params["layers"][0][0] | (params["head"] if net.cell == "jordan" else {})

    def error_of(nudge: State) -> tuple[Array, State]:
        every, _ = layer(net, own, X, nudge=nudge)
        given = head(net, params, every[0], lengths, batch.get("keep"))
        return error(task, given, batch["target"], batch["weight"]), every

    zeros = tuple(jnp.zeros((len(X), *s.shape), X.dtype) for s in rest(net, X.shape[1], X.dtype)[1])
    d, every = lax.stop_gradient(jax.grad(error_of, has_aux=True)(zeros))
    R = recurrent(net, own)
    past = jnp.concatenate([jnp.zeros((net.skip, *every[0].shape[1:]), X.dtype), every[0]])

    def lengths_of(now: Any, t: Array, state: State, d_after: State) -> tuple[Array, Array]:
        _, pull = jax.vjp(lambda s: move(net, own, R, now, t, s, past[t][None]), state)
        return _length(pull(d_after)[0]), _length(d_after)

    back, ahead = jax.vmap(lengths_of)(
        jax.tree.map(lambda d: d[1:], drive(net, own, X)),
        jnp.arange(1, len(X)),
        tuple(s[:-1] for s in every),
        tuple(e[1:] for e in d),
    )
    arrives = ahead > 1e-12  # where no error arrives there is none to keep
    change = (jnp.where(arrives, back / jnp.where(arrives, ahead, 1), 1) - 1) ** 2
    return change.sum() / jnp.maximum(arrives.sum(), 1)


def _length(state: State) -> Array:
    return jnp.sqrt(sum((s**2).sum(-1) for s in state) + 1e-30)
