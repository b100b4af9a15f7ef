import numpy as np
import pytest
from scipy.optimize import brentq

from millpond.physical import OptoElectronicNode
from millpond.physical.opto_electronic import run_plain
from millpond.reservoir import InputError


@pytest.mark.parametrize("shift", [0, 1, 7, 20])
@pytest.mark.parametrize("n_channels", [1, 4])
def test_kernel_equals_its_plain_twin(rng, shift, n_channels):
    u = rng.normal(size=(15, n_channels))
    loop = OptoElectronicNode(n_units=20, shift=shift, random_state=0).fit(u)
    np.testing.assert_allclose(loop.transform(u), run_plain(loop, u), rtol=0, atol=1e-13)


def test_states_follow_the_formula_node_by_node(rng):
    u = rng.normal(size=(5, 1))
    loop = OptoElectronicNode(n_units=6, shift=2, alpha=0.7, beta=0.4, phi=0.2, random_state=0).fit(u)
    x = loop.transform(u).ravel()
    for n in range(30):
        heard = x[n - 8] if n >= 8 else 0
        assert x[n] == pytest.approx(np.sin(0.7 * heard + 0.4 * loop.mask_[n % 6, 0] * u[n // 6, 0] + 0.2), abs=1e-14)


def test_constant_light_ends_at_the_fixed_point():
    loop = OptoElectronicNode(alpha=0.6, phi=0.4).fit(np.ones((2, 1)))
    x = loop.transform(np.zeros((200, 1)))[-1]
    np.testing.assert_allclose(x, brentq(lambda x: np.sin(0.6 * x + 0.4) - x, 0, 1, xtol=1e-14), rtol=1e-12)


def test_at_working_point_zero_the_loop_is_odd(rng):
    u = rng.normal(size=(9, 2))
    loop = OptoElectronicNode(phi=0.0, random_state=0).fit(u)
    np.testing.assert_array_equal(loop.transform(-u), -loop.transform(u))


def test_only_a_shifted_loop_joins_the_nodes(rng):
    u = rng.normal(size=(8, 1))
    for shift, touched in ((0, [3]), (1, [3, 4, 5, 6, 7])):
        loop = OptoElectronicNode(n_units=12, shift=shift, random_state=0).fit(u)
        changed = loop.mask_.copy()
        changed[3] += 0.1
        other = OptoElectronicNode(mask=changed, shift=shift).fit(u)
        differ = np.flatnonzero((loop.transform(u[:5]) != other.transform(u[:5])).any(0))
        assert list(differ) == touched


def test_without_recurrence_the_sine_of_the_input_is_left(rng):
    u = rng.normal(size=(8, 3))
    loop = OptoElectronicNode(random_state=3).fit(u)
    bare = loop.without_recurrence().fit(u)
    np.testing.assert_allclose(bare.transform(u), np.sin(0.5 * u @ loop.mask_.T + 0.3), rtol=0, atol=1e-14)


def test_a_shift_beyond_a_round_is_refused():
    with pytest.raises(InputError, match="shift is 51, but it can be at most n_units = 50"):
        OptoElectronicNode(shift=51).fit(np.ones((2, 1)))
