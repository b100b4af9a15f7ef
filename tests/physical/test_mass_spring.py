import numpy as np
import pytest
from scipy.integrate import solve_ivp

from millpond.physical import MassSpringNetwork, springs
from millpond.reservoir import InputError


def rows_plain(body, u):
    q, v = body.initial_state()
    states = []
    for row in u:
        push = np.column_stack([body.w_in_ @ row, np.zeros(len(q))])
        for _ in range(body._n_steps):
            q, v = springs.step_plain(body.springs_, q, v, push, body._step)
        a, b = body.springs_.ends.T
        states.append(np.hypot(*(q[b] - q[a]).T) - body.springs_.rest)
    return np.array(states)


@pytest.mark.parametrize("n_channels", [1, 3])
def test_kernel_equals_its_plain_twin(rng, n_channels):
    u = rng.normal(size=(12, n_channels))
    body = MassSpringNetwork(n_masses=12, force=3.0, hold=0.02, random_state=0).fit(u)
    states = body.transform(u)
    assert np.abs(states).max() > 1e-3
    np.testing.assert_allclose(states, rows_plain(body, u), rtol=0, atol=1e-12)


def solved(body, u):
    """The lengths at the end of each row by a general solver."""
    n = body.places_.size
    x, states = np.concatenate([body.places_.ravel(), np.zeros(n)]), []
    for row in u:
        push = np.column_stack([body.w_in_ @ row, np.zeros(n // 2)])

        def rate(t, x, push=push):
            q, v = x[:n].reshape(-1, 2), x[n:].reshape(-1, 2)
            return np.concatenate([x[n:], springs.acceleration_plain(body.springs_, q, v, push).ravel()])

        x = solve_ivp(rate, (0, body.hold), x, rtol=1e-12, atol=1e-13, method="DOP853").y[:, -1]
        q = x[:n].reshape(-1, 2)
        a, b = body.springs_.ends.T
        states.append(np.hypot(*(q[b] - q[a]).T) - body.springs_.rest)
    return np.array(states)


def test_a_general_solver_is_approached_with_order_four(rng):
    u = rng.normal(size=(3, 1))
    body = MassSpringNetwork(n_masses=9, force=20.0, hold=0.2, random_state=2).fit(u)
    exact = solved(body, u)
    assert np.abs(exact).max() > 0.1  # far into the nonlinear range: k3 d^2 of the order of k1
    errors = [
        np.abs(body.set_params(max_step=h).fit(u).transform(u) - exact).max() for h in (0.2 / 20, 0.2 / 40, 0.2 / 80)
    ]
    assert errors[-1] < 1e-6
    np.testing.assert_allclose(np.log2(np.divide(errors[:-1], errors[1:])), 4, atol=0.5)


def line_of(n_between, k1, d1, k3=0.0):
    """Masses on a line of unit distances between two that are held."""
    n = n_between + 2
    q = np.column_stack([np.arange(n, dtype=float), np.zeros(n)])
    ends = np.column_stack([np.arange(n - 1), np.arange(1, n)])
    full = np.ones(n - 1)
    inverse_mass = np.ones(n)
    inverse_mass[[0, -1]] = 0
    return springs.Springs(ends, full, k1 * full, k3 * full, d1 * full, 0 * full, inverse_mass), q


def test_one_mass_between_linear_springs_is_the_damped_oscillator():
    k1, d1, force, T = 8.0, 0.5, 0.3, 3.0
    net, q = line_of(1, k1, d1)
    out = np.empty((1, 2))
    springs.run(net, q, np.zeros_like(q), np.array([[0.0, force, 0.0]]), T / 3000, 3000, out)
    decay = d1  # two dampers d1 on 1 kg: x'' + 2 d1 x' + 2 k1 x = force
    w = np.sqrt(2 * k1 - decay**2)
    x = force / (2 * k1) * (1 - np.exp(-decay * T) * (np.cos(w * T) + decay / w * np.sin(w * T)))
    np.testing.assert_allclose(out[0], [x, -x], rtol=1e-9)


def test_energy_stays_without_damping():
    net, q = line_of(5, 8.0, 0.0, k3=150.0)
    v = np.zeros_like(q)
    v[1:-1] = np.random.default_rng(0).normal(size=(5, 2)) * 0.5
    out = np.empty((40, 6))

    def energy():
        d = np.hypot(*np.diff(q, axis=0).T) - 1
        return 0.5 * (v**2).sum() + (net.k1 * d**2 / 2 + net.k3 * d**4 / 4).sum()

    before = energy()
    springs.run(net, q, v, np.zeros((40, 7)), 0.001, 100, out)
    assert np.abs(out).max() > 0.1
    assert energy() == pytest.approx(before, rel=1e-8)


def test_springs_exert_no_force_on_the_whole(rng):
    body = MassSpringNetwork(n_masses=14, random_state=0).fit(np.ones((2, 1)))
    free = body.springs_._replace(inverse_mass=np.ones(14))
    q, v = body.places_ + rng.normal(size=(14, 2)) * 0.1, rng.normal(size=(14, 2))
    a = springs.acceleration_plain(free, q, v, np.zeros((14, 2)))
    np.testing.assert_allclose(a.sum(0), 0, atol=1e-9 * np.abs(a).max())
    torque = q[:, 0] * a[:, 1] - q[:, 1] * a[:, 0]
    np.testing.assert_allclose(torque.sum(), 0, atol=1e-9 * np.abs(torque).max())


def test_the_body_forgets_and_does_not_move_without_push(rng):
    u = np.concatenate([rng.normal(size=(20, 1)), np.zeros((6000, 1))])
    body = MassSpringNetwork(n_masses=12, random_state=0).fit(u)
    states = body.transform(u)
    assert np.abs(states[-1]).max() < 1e-3 * np.abs(states).max()
    assert not body.transform(np.zeros((5, 1))).any()


def test_constants_are_drawn_within_their_ranges():
    body = MassSpringNetwork(n_masses=200, stiffness=(1, 100), random_state=0).fit(np.ones((2, 2)))
    net = body.springs_
    for values, low, high in ((net.k1, 1, 100), (net.k3, 100, 200), (net.d1, 1, 10), (net.d3, 100, 200)):
        assert low <= values.min() < low * 1.1
        assert high / 1.1 < values.max() <= high
    assert np.median(net.k1) == pytest.approx(10, rel=0.3)  # evenly in the logarithm
    free = net.inverse_mass > 0
    assert (np.count_nonzero(body.w_in_, axis=0) == np.ceil(0.2 * free.sum())).all()
    assert not body.w_in_[~free].any()
    assert free[net.ends].any(1).all()


def test_a_push_beyond_the_solver_is_named():
    u = np.ones((50, 1))
    body = MassSpringNetwork(n_masses=12, force=1e5, random_state=0).fit(u)
    with (
        np.errstate(all="ignore"),
        pytest.raises(InputError, match="springs diverge at step .*lower force or max_step"),
    ):
        body.transform(u)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"n_masses": 4}, "n_masses is 4"),
        ({"stiffness": (3, 1)}, r"stiffness\[1\] is 1"),
        ({"damping": (-1, 1)}, r"damping\[0\] is -1"),
        ({"cubic_damping": 3}, "cubic_damping has shape"),
        ({"input_share": 0}, "input_share is 0"),
        ({"hold": 0}, "hold is 0"),
    ],
)
def test_parameters_outside_their_range_are_named(changes, says):
    with pytest.raises(InputError, match=says):
        MassSpringNetwork(**changes).fit(np.ones((2, 1)))
