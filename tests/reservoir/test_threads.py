"""Small problems use one thread of linear algebra, and leave the number that the user set."""

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from millpond.esn import EchoStateNetwork, spectrum
from millpond.readout import Ridge, ridge
from millpond.reservoir.threads import SMALL, few_threads


def n_threads():
    return {info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"}


def test_only_small_problems_are_limited():
    with threadpool_limits(2, user_api="blas"):
        before = n_threads()
        with few_threads(SMALL):
            assert n_threads() == {1}
        assert n_threads() == before
        with few_threads(SMALL + 1):
            assert n_threads() == before


@pytest.mark.parametrize("fit", ["network", "readout"])
def test_fitting_a_small_model_uses_one_thread(fit, rng, monkeypatch):
    seen = []

    def watched(function):
        def run(*args, **more):
            seen.append(n_threads())
            return function(*args, **more)

        return run

    monkeypatch.setattr(spectrum, "_largest", watched(spectrum._largest))
    monkeypatch.setattr(ridge.selection, "losses", watched(ridge.selection.losses))
    spectrum._radii.clear()
    with threadpool_limits(2, user_api="blas"):
        if fit == "network":
            EchoStateNetwork(n_units=30, random_state=0).fit(rng.normal(size=(5, 1)))
        else:
            Ridge(penalty=[0.1, 1.0]).fit(rng.normal(size=(30, 3)), rng.normal(size=30))
    assert seen == [{1}]


def test_a_matrix_that_is_drawn_again_is_not_decomposed_again(rng, monkeypatch):
    spectrum._radii.clear()
    u = rng.normal(size=(5, 1))
    first = EchoStateNetwork(n_units=30, random_state=0).fit(u)
    monkeypatch.setattr(spectrum, "_largest", None)
    again = EchoStateNetwork(n_units=30, random_state=0).fit(u)
    assert abs(first.W_ - again.W_).max() == 0
