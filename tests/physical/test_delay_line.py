import numpy as np
import pytest
from scipy.integrate import solve_ivp

from millpond.physical import MackeyGlassDelayLine
from millpond.physical.delay_line import run_plain
from millpond.reservoir import InputError


def signal(rng, n=6, n_channels=1):
    return rng.uniform(0, 0.5, (n, n_channels))


@pytest.mark.parametrize("exponent", [1, 2, 7, 6.88])
@pytest.mark.parametrize("substeps", [1, 3])
def test_kernel_equals_its_plain_twin(rng, exponent, substeps):
    u = signal(rng, 20, 3)
    line = MackeyGlassDelayLine(
        n_units=30, exponent=exponent, substeps=substeps, gamma=0.8, eta=0.9, mask_levels=6, random_state=0
    )
    if exponent in (1, 7):
        line.set_params(mask=np.abs(rng.normal(size=(30, 3))))
    line.fit(u)
    np.testing.assert_allclose(line.transform(u), run_plain(line, u), rtol=0, atol=1e-13)


def by_method_of_steps(line, u):
    """Solve x' = -x + eta f(x_tau + gamma J) interval by interval, the last round as a dense solution."""
    theta, eta, gamma, p = line.theta, line.eta, line.gamma, line.exponent
    last = [lambda t: np.zeros(1)] * line.n_units_
    x, states = 0.0, []
    for row in u:
        now = []
        for i in range(line.n_units_):
            J = line.mask_[i] @ row

            def rate(t, x, old=last[i], J=J):
                s = old(t)[0] + gamma * J
                return -x + eta * s / (1 + s**p)

            found = solve_ivp(rate, (0, theta), [x], rtol=1e-12, atol=1e-14, dense_output=True, method="DOP853")
            x = found.y[0, -1]
            now.append(found.sol)
            states.append(x)
        last = now
    return np.reshape(states, (len(u), -1))


@pytest.mark.parametrize(("exponent", "gamma"), [(1, 0.2), (2, 2.0)])
def test_a_general_solver_is_approached_with_order_two(rng, exponent, gamma):
    u = signal(rng)
    line = MackeyGlassDelayLine(n_units=5, theta=0.5, eta=0.8, gamma=gamma, exponent=exponent, random_state=1).fit(u)
    exact = by_method_of_steps(line, u)
    errors = [np.abs(line.set_params(substeps=m).fit(u).transform(u) - exact).max() for m in (4, 8, 16)]
    assert errors[-1] < 1e-4 * np.abs(exact).max()
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    np.testing.assert_allclose(orders, 2, atol=0.15)


def test_constant_drive_ends_at_the_fixed_point():
    """For p = 1, x = eta (x + g) / (1 + x + g) is a quadratic."""
    eta, g = 0.5, 0.3
    line = MackeyGlassDelayLine(mask=np.ones((7, 1)), eta=eta, gamma=g).fit(np.ones((2, 1)))
    x = line.transform(np.ones((200, 1)))[-1]
    b = 1 + g - eta
    np.testing.assert_allclose(x, (-b + np.sqrt(b * b + 4 * eta * g)) / 2, rtol=1e-10)


@pytest.mark.parametrize(("eta", "exponent"), [(0.7, 1), (1.3, 1), (1.3, 2), (1.2, 7), (1.2, 6.5)])
def test_rest_is_where_the_line_stays_and_returns_to(eta, exponent):
    line = MackeyGlassDelayLine(n_units=20, eta=eta, exponent=exponent, random_state=0).fit(np.ones((2, 1)))
    rest = max(eta - 1, 0) ** (1 / exponent)
    np.testing.assert_allclose(line.transform(np.zeros((100, 1))), rest, atol=1e-12)
    pulse = np.zeros((300, 1))
    pulse[0] = 0.1
    states = line.transform(pulse)
    assert np.abs(states[0] - rest).max() > 1e-4
    np.testing.assert_allclose(states[-1], rest, atol=1e-9)


def test_without_feedback_of_the_past_a_node_relaxes_exponentially():
    """The first round hears no past: x(t) = eta f(gamma) (1 - exp(-t)), without error at any theta."""
    line = MackeyGlassDelayLine(mask=np.ones((9, 1)), theta=0.7, gamma=1.0, exponent=2).fit(np.ones((2, 1)))
    t = 0.7 * np.arange(1, 10)
    np.testing.assert_allclose(line.transform(np.ones((1, 1)))[0], 0.25 * (1 - np.exp(-t)), rtol=1e-13)


def test_mask_has_its_levels_and_keeps_the_drive_with_many_channels():
    u = np.ones((2, 16))
    mask = MackeyGlassDelayLine(mask_levels=3, random_state=0).fit(u).mask_
    np.testing.assert_array_equal(np.unique(mask), [-0.25, 0, 0.25])
    binary = MackeyGlassDelayLine(random_state=0).fit(u).mask_
    assert np.unique(np.abs(binary)) == [0.25]
    given = MackeyGlassDelayLine(mask=binary[:7], n_units=99).fit(u)
    assert given.n_units_ == 7
    np.testing.assert_array_equal(given.mask_, binary[:7])


def test_the_pole_of_an_odd_exponent_is_named():
    u = np.array([[0.0], [-30.0]])
    line = MackeyGlassDelayLine(mask=np.ones((4, 1))).fit(u)
    with pytest.raises(InputError, match="at step 1 the input drives.*lower gamma"):
        line.transform(u)
    assert np.isfinite(line.set_params(exponent=2).fit(u).transform(u)).all()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"theta": 0}, "theta is 0"),
        ({"exponent": -1}, "exponent is -1"),
        ({"mask_levels": 1}, "mask_levels is 1"),
        ({"substeps": 0}, "substeps is 0"),
        ({"mask": np.ones((4, 2))}, "mask has shape"),
    ],
)
def test_parameters_outside_their_range_are_named(changes, says):
    with pytest.raises(InputError, match=says):
        MackeyGlassDelayLine(**changes).fit(np.ones((2, 1)))
