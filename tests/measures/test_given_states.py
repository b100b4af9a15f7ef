"""Measures of states that were not made here: pairs, drift, thresholds."""

import numpy as np
import pytest

from millpond.esn import EchoStateNetwork
from millpond.measures import MEASURES, Driven, card, consistency, driven, memory_capacity, probe
from millpond.measures.capacity import explained, later, span, threshold
from millpond.reservoir import InputError


@pytest.fixture(scope="module")
def pair():
    u = np.random.default_rng(0).uniform(-1, 1, (3000, 1))
    return [u], [np.column_stack([np.roll(u[:, 0], k) for k in range(5)])]


def test_a_card_of_a_plain_pair_holds_what_a_stream_allows(pair):
    found = card(pair)
    assert found["memory capacity"].value == pytest.approx(4, abs=1e-6)
    assert "kernel rank" in found.omitted
    assert found.results.keys() | found.omitted.keys() == MEASURES.keys()
    assert "not measured: kernel rank, generalisation rank" in str(found)
    assert found.to_dict()["omitted"] == found.omitted


def test_a_card_of_the_probe_and_its_states_is_that_of_the_model():
    model = EchoStateNetwork(n_units=12, random_state=0)
    asked = probe()
    states = model.fit(asked).transform(asked)
    for given in (states, states.signals):
        found = card((asked, given))
        assert not found.omitted
        assert found["memory capacity"].value == pytest.approx(memory_capacity(model).value)


@pytest.mark.parametrize("source", [3, "esn", [np.ones((5, 1))], (np.ones((5, 1)),) * 3])
def test_what_is_no_source_is_named(source):
    with pytest.raises(InputError, match="a model, a recording or a pair"):
        card(source)


def test_drift_is_seen_where_fitting_and_testing_are_apart(pair):
    """Half of the gain is lost on the way: the shared fit hardly sees it, the later rows do."""
    inputs, states = pair
    gain = np.where(np.arange(3000) < 1500, 1, 0.5)[:, None]
    still, moving = memory_capacity(pair), memory_capacity((inputs, [states[0] * gain]))
    assert moving.value > 0.85 * still.value
    assert still.later == pytest.approx(still.value, rel=1e-6)
    assert moving.later < 0.8 * still.later
    assert f"{moving.later:.3g} if fitted on the first half and tested on the second" in str(moving)


def test_later_rows_are_not_fitted(rng):
    """On states that know nothing of the target, rows that are fitted would still be explained in part."""
    states, targets = rng.normal(size=(200, 40)), rng.normal(size=(200, 5))
    assert later(span(states), targets, [100, 100]).max() < 0.05
    basis = span(states)
    assert ((basis.T @ (targets - targets.mean(0))) ** 2).sum() / ((targets - targets.mean(0)) ** 2).sum() > 0.1


@pytest.mark.parametrize(("n_rows", "n_columns"), [(400, 48), (3000, 10), (60, 50)])
def test_the_threshold_divides_what_counts_from_what_does_not(rng, n_rows, n_columns):
    """The video of 400 frames and 48 cells had a capacity of 0 without a reason given."""
    basis = span(rng.normal(size=(n_rows, n_columns)))
    line = threshold(basis, 1)
    seen, hidden = basis[:, 0], rng.normal(size=n_rows)
    hidden = hidden - hidden.mean() - basis @ (basis.T @ (hidden - hidden.mean()))
    hidden /= np.linalg.norm(hidden)
    shares = np.linspace(0, 1, 2001)
    found = explained(basis, np.sqrt(shares) * seen[:, None] + np.sqrt(1 - shares) * hidden[:, None], 1)
    counted = found[found > 0]
    assert (counted.min() if len(counted) else 1.0) == pytest.approx(line, abs=5e-3 * n_rows / (n_rows - n_columns))


def test_the_threshold_is_printed(pair, rng):
    short = memory_capacity(([pair[0][0][:400]], [rng.normal(size=(400, 48))]), max_delay=20)
    assert short.value == 0
    assert f"capacities below {short.threshold:.2g} count as 0" in str(short)
    assert 0.1 < short.threshold < 0.9


def test_consistency_of_units_does_not_depend_on_their_units():
    """Small numbers are no constants; a unit that never changes has no value."""
    model = EchoStateNetwork(n_units=10, random_state=0)
    found = driven(model)
    small = Driven(found.inputs, {k: [1e-13 * x + (np.arange(10) == 3) for x in v] for k, v in found.states.items()})
    still = Driven(found.inputs, {k: [x * (np.arange(10) != 3) + 0.1 for x in v] for k, v in found.states.items()})
    expected = consistency(found).by_unit
    np.testing.assert_allclose(np.delete(consistency(small).by_unit, 3), np.delete(expected, 3), rtol=1e-9)
    assert np.isnan(consistency(still).by_unit[3])
    np.testing.assert_allclose(np.delete(consistency(still).by_unit, 3), np.delete(expected, 3), rtol=1e-9)
