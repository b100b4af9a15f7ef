"""Ways to the gradient of a recurrent layer: back through time, back a few steps, or forward in real time.

All take one sequence X (n_steps, n_inputs), its targets (n_steps, ...) and ``error(output, target)``, a number
for each step; the gradient is that of the sum of the errors with respect to the parameters of the layer.

==================  ===================  ==============  ====================================
way                 time                 memory          source
==================  ===================  ==============  ====================================
`through_time`      O(n^2 T)             O(n T)          Werbos 1990, doi:10.1109/5.58337
`truncated`         O(n^2 T)             O(n k)          Williams and Peng 1990,
                                                         doi:10.1162/neco.1990.2.4.490
`in_real_time`      O(n^4 T)             O(n^3)          Williams and Zipser 1989,
                                                         doi:10.1162/neco.1989.1.2.270
==================  ===================  ==============  ====================================
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.flatten_util import ravel_pytree

from millpond.baseline.cells import Params
from millpond.baseline.unroll import Net, drive, layer, move, recurrent, rest
from millpond.reservoir import checks

Error = Callable[[Array, Any], Array]


def through_time(net: Net, own: Params, X: Array, targets: Any, error: Error) -> Params:
    """Return the gradient by back-propagation through time."""
    return jax.grad(lambda own: _total(net, own, X, targets, error, None)[0])(own)


def truncated(net: Net, own: Params, X: Array, targets: Any, error: Error, n_steps: int) -> Params:
    """Return the gradient by back-propagation through time that goes back to the last multiple of `n_steps`.

    The state goes on over these borders and errors do not, so that one stretch at a time is kept. `Net.truncate`
    gives the same gradient and keeps all.
    """
    n_steps = checks.integer("n_steps", n_steps, 1)
    n_whole, n = len(X) // n_steps, len(X) // n_steps * n_steps

    def stretch(carry: Any, at: Any) -> tuple[Any, None]:
        (start, gradient), (x, target) = carry, at
        more, end = jax.grad(lambda own: _total(net, own, x, target, error, start), has_aux=True)(own)
        return (end, jax.tree.map(jnp.add, gradient, more)), None

    cut = jax.tree.map(lambda a: a[:n].reshape(n_whole, n_steps, *a.shape[1:]), (X, targets))
    carry, _ = lax.scan(stretch, (rest(net, 1, X.dtype), jax.tree.map(jnp.zeros_like, own)), cut)
    if n < len(X):
        carry, _ = stretch(carry, jax.tree.map(lambda a: a[n:], (X, targets)))
    return carry[1]


def _total(net: Net, own: Params, X: Array, targets: Any, error: Error, start: Any) -> tuple[Array, Any]:
    every, end = layer(net, own, X[:, None], start)
    return jax.vmap(error)(every[0][:, 0], targets).sum(), end


def in_real_time(net: Net, own: Params, X: Array, targets: Any, error: Error) -> Params:
    """Return the gradient by real-time recurrent learning: the state's dependence on each weight runs along.

    With state s, parameters p and step f, P' = (df/ds) P + df/dp, and the gradient grows by (de/ds) P' at each
    step. Nothing of the past is kept.

    Raises
    ------
    InputError
        A network that skips through time, whose state alone does not say how it goes on.
    """
    if net.skip:
        raise checks.InputError(
            f"skip is {net.skip}, but real-time learning needs a state without skipped steps; set skip=0"
        )
    flat, unravel = ravel_pytree(own)
    t, state, past = rest(net, 1, X.dtype)
    s, unravel_state = ravel_pytree(state)

    def f(s: Array, flat: Array, x: Array, t: Array) -> Array:
        p = unravel(flat)
        now = jax.tree.map(lambda d: d[0], drive(net, p, x[None, None]))
        return ravel_pytree(move(net, p, recurrent(net, p), now, t, unravel_state(s), past))[0]

    def step(carry: Any, at: Any) -> tuple[Any, None]:
        t, s, P, gradient = carry
        x, target = at
        in_state, in_weights = jax.jacrev(f, argnums=(0, 1))(s, flat, x, t)
        s, P = f(s, flat, x, t), in_state @ P + in_weights
        n = net.n_units
        return (t + 1, s, P, gradient + jax.grad(error)(s[:n], target) @ P[:n]), None

    start = (t, s, jnp.zeros((s.size, flat.size), flat.dtype), jnp.zeros_like(flat))
    return unravel(lax.scan(step, start, (X, targets))[0][3])


def back_through(net: Net, own: Params, X: Array, direction: Array) -> Array:
    r"""Return how long the error of the last output is at each step before, (n_steps,), 1 at the last.

    The error points along `direction` (n_units,) in the last output; its length at step t is
    :math:`|\partial E / \partial s_t|`, s being the whole state.
    """
    state = rest(net, 1, X.dtype)[1]
    zeros = tuple(jnp.zeros((len(X), *s.shape), X.dtype) for s in state)
    last = jax.grad(lambda z: layer(net, own, X[:, None], nudge=z)[0][0][-1, 0] @ direction)(zeros)
    lengths = jnp.sqrt(sum((d**2).sum((1, 2)) for d in last))
    return lengths / lengths[-1]
