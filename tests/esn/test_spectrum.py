import numpy as np
import pytest
from scipy.sparse import csr_array

from esn import spectral_radius
from esn.weights import recurrent
from reservoir import InputError


@pytest.mark.parametrize("n", [1, 2, 3, 50])
def test_small_matrices(rng, n):
    W = rng.normal(size=(n, n))
    assert spectral_radius(W) == pytest.approx(np.abs(np.linalg.eigvals(W)).max())
    assert spectral_radius(csr_array(W)) == pytest.approx(spectral_radius(W))


@pytest.mark.parametrize("seed", range(3))
def test_sparse_iteration_agrees_with_all_eigenvalues(seed):
    W = recurrent("random", 1100, 1.0, 10, np.random.default_rng(seed))
    assert np.abs(np.linalg.eigvals(W.toarray())).max() == pytest.approx(1.0, rel=1e-9)


def test_nilpotent_matrices_have_radius_zero():
    line = csr_array((np.ones(1500), (np.arange(1, 1501), np.arange(1500))), shape=(1501, 1501))
    assert spectral_radius(line) == pytest.approx(0, abs=1e-2)  # a Jordan block is as badly conditioned as can be
    assert spectral_radius(np.diag(np.ones(9), 1)) == 0


def test_too_large_to_fall_back():
    n = 6000
    line = csr_array((np.ones(n - 1), (np.arange(1, n), np.arange(n - 1))), shape=(n, n))
    try:
        assert spectral_radius(line) == pytest.approx(0, abs=1e-1)
    except InputError as error:
        assert "already scaled" in str(error)
