import numpy as np
import pytest

from millpond.esn import drive


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("n_units", [1, 12, 29, 50])
def test_rows_times_a_matrix_are_the_same_bits_one_by_one_and_together(rng, dtype, n_units):
    W, U = rng.normal(size=(n_units, 9)).astype(dtype), rng.normal(size=(11, 9)).astype(dtype)
    start = rng.normal(size=(11, n_units)).astype(dtype)
    panels = drive.panelled(W)
    together = start.copy()
    drive.accumulate(U, panels, together)
    np.testing.assert_allclose(together, start + U @ W.T, rtol=0, atol=1e-13 if dtype == "f8" else 1e-5)
    for n_rows in (1, 2, 4, 7):
        for first in range(0, 11, n_rows):
            part = start[first : first + n_rows].copy()
            drive.accumulate(U[first : first + n_rows], panels, part)
            assert np.array_equal(part, together[first : first + n_rows])


@pytest.mark.parametrize("n_channels", [1, 3, 4])
def test_the_input_part_is_bias_and_product(rng, n_channels):
    W_in, U, bias = rng.normal(size=(30, n_channels)), rng.normal(size=(7, n_channels)), rng.normal(size=30)
    out = np.empty((7, 30))
    drive.drive(U, drive.packed(W_in), bias, out)
    np.testing.assert_allclose(out, bias + U @ W_in.T, rtol=0, atol=1e-14)
