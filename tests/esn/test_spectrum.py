import numpy as np
import pytest
from scipy.sparse import csr_array

from millpond.esn import spectral_radius
from millpond.esn.topologies import recurrent
from millpond.reservoir import InputError


@pytest.mark.parametrize("n", [1, 2, 3, 50])
def test_small_matrices(rng, n):
    W = rng.normal(size=(n, n))
    assert spectral_radius(W) == pytest.approx(np.abs(np.linalg.eigvals(W)).max())
    assert spectral_radius(csr_array(W)) == pytest.approx(spectral_radius(W))


@pytest.mark.parametrize("seed", range(3))
def test_sparse_iteration_agrees_with_all_eigenvalues(seed):
    W = recurrent("random", 1100, 1.0, 10, np.random.default_rng(seed))[0]
    assert np.abs(np.linalg.eigvals(W.toarray())).max() == pytest.approx(1.0, rel=1e-9)


def test_the_way_of_large_matrices_agrees_to_a_thousandth(monkeypatch):
    from millpond.esn import spectrum

    W = recurrent("random", 1500, 1.0, 10, np.random.default_rng(0))[0]
    monkeypatch.setattr(spectrum, "_LARGE", 1000)
    assert spectral_radius(W) == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize("n", [9, 1500, 6000])
def test_matrices_without_a_loop(n):
    line = csr_array((np.ones(n - 1), (np.arange(1, n), np.arange(n - 1))), shape=(n, n))
    assert spectral_radius(line) == 0
    line = line + csr_array(([0.25], ([n // 2], [n // 2])), shape=(n, n))
    assert spectral_radius(line) == pytest.approx(0.25)


def test_the_largest_loop_decides(rng):
    n = 1500
    line = csr_array((np.ones(n - 1), (np.arange(1, n), np.arange(n - 1))), shape=(n, n)).tolil()
    line[0, 2] = 0.5**3  # units 0, 1, 2 form a loop of product 1/8
    assert spectral_radius(line.tocsr()) == pytest.approx(0.5)


def test_no_answer_is_an_error_not_a_guess(monkeypatch):
    from millpond.esn import spectrum

    def stuck(*_, **__):
        raise spectrum.ArpackNoConvergence("stuck", np.array([]), np.array([]))

    monkeypatch.setattr(spectrum, "eigs", stuck)
    monkeypatch.setattr(spectrum, "_DENSE_LIMIT", 1000)
    ring = csr_array((np.ones(1200), (np.arange(1200), np.roll(np.arange(1200), 1))), shape=(1200, 1200))
    with pytest.raises(InputError, match="already scaled"):
        spectral_radius(ring)
