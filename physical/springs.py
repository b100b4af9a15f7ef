"""Masses in a plane, joined by springs: forces and their integration in time, compiled and plain.

A spring of length l between two masses pulls with k1 d + k3 d^3 + d1 d' + d3 d'^3, where d = l - l0 and d' is the
speed at which it lengthens. One step is the classical Runge-Kutta method of fourth order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from millpond.reservoir.compiled import njit


class Springs(NamedTuple):
    """`n_springs` springs between masses, and what holds and weighs these.

    Parameters
    ----------
    ends : ndarray of int (n_springs, 2)
        The masses a spring joins.
    rest : ndarray (n_springs,)
        Lengths without force, l0 (m).
    k1, k3, d1, d3 : ndarray (n_springs,)
        Stiffness (N/m, N/m^3) and damping (N s/m, N s^3/m^3).
    inverse_mass : ndarray (n_masses,)
        1/kg; 0 for masses that are held.
    """

    ends: np.ndarray
    rest: np.ndarray
    k1: np.ndarray
    k3: np.ndarray
    d1: np.ndarray
    d3: np.ndarray
    inverse_mass: np.ndarray


def acceleration_plain(net: Springs, q: np.ndarray, v: np.ndarray, push: np.ndarray) -> np.ndarray:
    """Return the accelerations (n_masses, 2) at places q, velocities v and outer forces push (n_masses, 2)."""
    a, b = net.ends.T
    along = q[b] - q[a]
    length = np.hypot(*along.T)[:, None]
    along = along / length
    d = length[:, 0] - net.rest
    rate = ((v[b] - v[a]) * along).sum(1)
    pull = ((net.k1 * d + net.k3 * d**3 + net.d1 * rate + net.d3 * rate**3) * along.T).T
    force = push.copy()
    np.add.at(force, a, pull)
    np.add.at(force, b, -pull)
    return force * net.inverse_mass[:, None]


def step_plain(net: Springs, q: np.ndarray, v: np.ndarray, push: np.ndarray, h: float) -> tuple[np.ndarray, np.ndarray]:
    """Return places and velocities a time h later."""
    a1 = acceleration_plain(net, q, v, push)
    v2 = v + h / 2 * a1
    a2 = acceleration_plain(net, q + h / 2 * v, v2, push)
    v3 = v + h / 2 * a2
    a3 = acceleration_plain(net, q + h / 2 * v2, v3, push)
    v4 = v + h * a3
    a4 = acceleration_plain(net, q + h * v3, v4, push)
    return q + h / 6 * (v + 2 * v2 + 2 * v3 + v4), v + h / 6 * (a1 + 2 * a2 + 2 * a3 + a4)


@njit(cache=True, nogil=True, error_model="numpy")
def lengthening(net, q, out):  # type: ignore[no-untyped-def]
    """Write l - l0 of each spring to `out`."""
    for s in range(len(net.ends)):
        a, b = net.ends[s, 0], net.ends[s, 1]
        out[s] = np.sqrt((q[b, 0] - q[a, 0]) ** 2 + (q[b, 1] - q[a, 1]) ** 2) - net.rest[s]


@njit(cache=True, nogil=True, error_model="numpy")
def _acceleration(net, q, v, push, out):  # type: ignore[no-untyped-def]
    out[:] = push
    for s in range(len(net.ends)):
        a, b = net.ends[s, 0], net.ends[s, 1]
        x, y = q[b, 0] - q[a, 0], q[b, 1] - q[a, 1]
        length = np.sqrt(x * x + y * y)
        x, y = x / length, y / length
        d = length - net.rest[s]
        rate = (v[b, 0] - v[a, 0]) * x + (v[b, 1] - v[a, 1]) * y
        pull = (net.k1[s] + net.k3[s] * d * d) * d + (net.d1[s] + net.d3[s] * rate * rate) * rate
        out[a, 0] += pull * x
        out[a, 1] += pull * y
        out[b, 0] -= pull * x
        out[b, 1] -= pull * y
    for i in range(len(out)):
        out[i, 0] *= net.inverse_mass[i]
        out[i, 1] *= net.inverse_mass[i]


@njit(cache=True, nogil=True, error_model="numpy")
def run(net, q, v, pushes, h, n_steps, out):  # type: ignore[no-untyped-def]
    """Carry q and v (n_masses, 2) on in place, `n_steps` of h under each row of outer forces along x.

    pushes : (n_rows, n_masses); out : (n_rows, n_springs), the lengthening at the end of each row
    """
    a1, a2, a3, a4 = np.empty_like(q), np.empty_like(q), np.empty_like(q), np.empty_like(q)
    v2, v3, v4, place = np.empty_like(q), np.empty_like(q), np.empty_like(q), np.empty_like(q)
    push = np.zeros_like(q)
    for t in range(len(pushes)):
        push[:, 0] = pushes[t]
        for _ in range(n_steps):
            _acceleration(net, q, v, push, a1)
            _ahead(v, a1, h / 2, v2)
            _ahead(q, v, h / 2, place)
            _acceleration(net, place, v2, push, a2)
            _ahead(v, a2, h / 2, v3)
            _ahead(q, v2, h / 2, place)
            _acceleration(net, place, v3, push, a3)
            _ahead(v, a3, h, v4)
            _ahead(q, v3, h, place)
            _acceleration(net, place, v4, push, a4)
            for i in range(len(q)):
                for k in range(2):
                    q[i, k] += h / 6 * (v[i, k] + 2 * (v2[i, k] + v3[i, k]) + v4[i, k])
                    v[i, k] += h / 6 * (a1[i, k] + 2 * (a2[i, k] + a3[i, k]) + a4[i, k])
        lengthening(net, q, out[t])


@njit(cache=True, nogil=True, error_model="numpy")
def _ahead(x, rate, h, out):  # type: ignore[no-untyped-def]
    for i in range(len(x)):
        out[i, 0] = x[i, 0] + h * rate[i, 0]
        out[i, 1] = x[i, 1] + h * rate[i, 1]
